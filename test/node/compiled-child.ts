/** Calls a function a thousand times under the flags of a peer, and another under those of TensorFlow.js: which compiler had them last. Node has to allow natives. */
import { setTimeout as sleep } from "node:timers/promises";
import { compileInSteps, keepHeapSmall } from "../../node/little-memory.ts";

const CALLS = 1000;
/** Of the status that V8 gives. */
const [MAGLEV, TURBOFAN] = [1 << 5, 1 << 6];

/** A function that nobody has called yet, with the question for its status: syntax of V8, which TypeScript does not know. */
function make(): { call(x: number): number; status(): number } {
  return new Function(
    "const call = (x) => 3 * x + (x % 7); return { call, status: () => %GetOptimizationStatus(call) };",
  )();
}

/** The compilers work beside this thread, and are done when they are. */
async function compilerOf({ call, status }: ReturnType<typeof make>): Promise<string> {
  for (let i = 0; i < CALLS; i++) {
    call(i);
    if (i % 50 === 0) await sleep(1);
  }
  for (;;) {
    call(0);
    if ((status() & (MAGLEV | TURBOFAN)) !== 0) return (status() & TURBOFAN) === 0 ? "maglev" : "turbofan";
    await sleep(10);
  }
}

keepHeapSmall();
const once = await compilerOf(make());
compileInSteps();
const inSteps = await compilerOf(make());
process.stdout.write(JSON.stringify({ once, inSteps }));
