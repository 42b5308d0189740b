/**
 * `node test/bench/random-access.ts`: ns of one access to a random place of a memory of 1 to 256 MB, as CPU time. Each place, 64 bytes apart, names the next,
 * so that no two accesses overlap. What a simulation of thousands of peers costs on a machine follows from it (README.md, the simulator).
 */
import { createRng } from "../../protocol/base/rng.ts";
import { cpuMs } from "./statistics.ts";

const STEPS = 1_000_000;
/** 32-bit words between two places: a line of the cache. */
const STRIDE = 16;

function nsOfAccess(megabytes: number): number {
  const places = (megabytes * 2 ** 20) / (4 * STRIDE);
  const next = new Uint32Array(places * STRIDE);
  const order = createRng("random-access").permutation(places); // one circle through all
  for (let i = 0; i < places; i++) next[(order[i] as number) * STRIDE] = (order[(i + 1) % places] as number) * STRIDE;
  const startedMs = cpuMs();
  let at = 0;
  for (let i = 0; i < STEPS; i++) at = next[at] as number;
  const ms = cpuMs() - startedMs;
  if (at % STRIDE !== 0) throw new RangeError("the chain is broken");
  return (1e6 * ms) / STEPS;
}

for (const megabytes of [1, 4, 16, 64, 256])
  process.stdout.write(`${megabytes} MB: ${nsOfAccess(megabytes).toFixed(0)} ns\n`);
