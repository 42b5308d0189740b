/**
 * Aggregation: ms for each rule of the registry, with the parameters that are its defaults, over 8 or 16 candidates, one's own model and
 * its base, each of d parameters (normal around a common model, as models of one task are). One thread. The sizes: a
 * softmax regression and an MLP on 8x8 digits, as the simulator merges them by the hundred thousand, and models of real peers.
 *
 * Compared with a plain mean pass: one loop that adds up the same vectors and divides, the least that any rule could do. Rules that
 * have kernels are run without them too.
 */
import { Bench } from "tinybench";
import { RULES, ruleParameters } from "../../protocol/aggregate/registry.ts";
import { PLAIN } from "../../protocol/aggregate/rows/plain.ts";
import type { RuleInput } from "../../protocol/base/learning-seams.ts";
import { createRng } from "../../protocol/base/rng.ts";
import { UNIT_WEIGHT } from "../../protocol/base/weight.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { figure } from "./statistics.ts";

const SIZES = [
  { d: 650, candidates: 8 },
  { d: 2410, candidates: 8 },
  { d: 2410, candidates: 16 },
  { d: 100_000, candidates: 16 },
  { d: 1_000_000, candidates: 16 },
];

export const benchmark: Benchmark = {
  title: "aggregating candidates of d parameters, in one thread; ratio to a plain mean pass over the same vectors",
  async run() {
    const rows: Row[] = [];
    for (const { d, candidates } of SIZES) {
      const input = randomInput(d, candidates);
      const bench = new Bench({ time: 300, iterations: 3, warmupTime: 100, warmupIterations: 1 });
      bench.add("plain mean pass", () => void plainMean(input));
      for (const [name, rule] of RULES) {
        const { parameters } = ruleParameters(rule, {});
        bench.add(name, () => void rule.aggregate(input, parameters));
        if (name === "median" || name === "guarded-median")
          bench.add(`${name}, no kernel`, () => void rule.aggregate(input, parameters, PLAIN));
      }
      const medians = (await bench.run()).map(({ name, result }) => {
        if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
        return { name, ms: result.latency.p50, runs: result.latency.samplesCount };
      });
      const baseline = medians[0]?.ms ?? Number.NaN;
      for (const { name, ms, runs } of medians)
        rows.push({ d, candidates, rule: name, runs, ms: figure(ms), toPlainMean: figure(ms / baseline) });
    }
    return { rows, notes: [] };
  },
};

function randomInput(d: number, count: number): RuleInput {
  const rng = createRng(`bench/${d}`);
  const centre = Float32Array.from({ length: d }, () => rng.normal());
  const near = () => centre.map((value) => value + 0.1 * rng.normal());
  const candidates = Array.from({ length: count }, (_, j) => ({
    params: near(),
    weightQ16: UNIT_WEIGHT - 512 * j,
  }));
  return { own: near(), base: centre, candidates };
}

/** In float64, a block at a time: reads each number once, and adds. */
function plainMean({ own, candidates }: RuleInput): Float32Array {
  const block = new Float64Array(4096);
  const result = new Float32Array(own.length);
  for (let start = 0; start < own.length; start += block.length) {
    const size = Math.min(block.length, own.length - start);
    for (let c = 0; c < size; c++) block[c] = own[start + c] as number;
    for (const { params } of candidates)
      for (let c = 0; c < size; c++) block[c] = (block[c] as number) + (params[start + c] as number);
    for (let c = 0; c < size; c++) result[start + c] = (block[c] as number) / (candidates.length + 1);
  }
  return result;
}
