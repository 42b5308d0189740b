/**
 * How V8 collects garbage while thousands of peers are simulated. Changes no result.
 *
 * A model is an ArrayBuffer, which V8 counts as memory outside its heap, and it marks the whole heap once for every 64 MB of that: with
 * 10,000 peers once in 1,800 cycles of one peer, so that a cycle cost five times what it costs among 100. Counted in with the heap,
 * the pause between two markings grows with what there is to mark.
 */
import { setFlagsFromString } from "node:v8";

/** Marked anew when memory has grown by so much: for twice the live memory of 10,000 peers, a third of the time of marking. */
const GROWTH_PERCENT = 100;

/**
 * For a worker (`resourceLimits.maxYoungGenerationSizeMb`); of a process, `--max-semi-space-size` is a third. With V8's own 48 MB the
 * messages on their way among thousands of peers are moved to the old generation before they arrive.
 */
export const YOUNG_GENERATION_MB = 384;

/** For the whole process and all its threads; call it before much is in memory. */
export function tuneHeap(): void {
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
