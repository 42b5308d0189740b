/** How V8 grows the heap of a simulation of thousands of peers. */
import { setFlagsFromString } from "node:v8";

/** Below this a run fits into a laptop whatever V8 leaves lying. */
const MANY_PEERS = 5000;

/**
 * Has V8 look for garbage when its heap has grown by half. By itself it waits until the heap of a large run has doubled and more: two fifths of its memory are
 * garbage then. Costs a fifth more CPU time. It holds for the whole process from now on.
 */
export function growInSmallSteps(peers: number): void {
  if (peers >= MANY_PEERS) setFlagsFromString("--heap-growing-percent=50");
}
