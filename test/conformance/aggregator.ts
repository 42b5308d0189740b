/** What every Aggregator does: to the bit what the rule of the registry gives where it is called. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RULES, ruleNamed, ruleParameters } from "../../protocol/aggregate/registry.ts";
import type { Aggregator, RuleInput, RuleOutput } from "../../protocol/base/learning-seams.ts";
import { createRng } from "../../protocol/base/rng.ts";
import { COMPOSITIONS, crowd } from "../protocol/aggregate/inputs.ts";

export interface TestAggregator {
  readonly aggregator: Aggregator;
  close(): Promise<void>;
}

/** @param d parameters of the models: as many as make the aggregator do what it does with large ones. */
export function aggregatorConformance(kind: string, d: number, make: () => Promise<TestAggregator>): void {
  describe(`${kind} aggregator`, () => {
    let made: TestAggregator;
    before(async () => {
      made = await make();
    });
    after(() => made.close());

    const input = { ...crowd(1, 6, d), age: 40 };
    const names = [...RULES.keys(), ...COMPOSITIONS];
    const parametersOf = (name: string) => ruleParameters(ruleNamed(name), {}).parameters;
    const aggregate = (name: string, given: RuleInput) => made.aggregator.aggregate(name, parametersOf(name), given);
    const direct = (name: string, given: RuleInput) => ruleNamed(name).aggregate(given, parametersOf(name));

    function same(actual: RuleOutput, expected: RuleOutput, name: string): void {
      const bits = ({ params }: RuleOutput) => Buffer.from(params.buffer, params.byteOffset, params.byteLength);
      assert.ok(bits(actual).equals(bits(expected)), `${name}: other bits`);
      assert.deepEqual({ ...actual, params: 0 }, { ...expected, params: 0 }, name);
    }

    it("gives the bits of every rule, with pre-aggregators too, again and again", async () => {
      for (const name of names)
        for (let time = 0; time < 2; time++) same(await aggregate(name, input), direct(name, input), name);
    });

    it("gives one status for each candidate, in order, the mass of all that is in it, and an explanation where it is asked for one", async () => {
      for (const name of names) {
        const { statuses, mass, explanation, params } = await aggregate(name, { ...input, explain: true });
        assert.equal(params.length, d);
        assert.equal(statuses.length, 6);
        assert.equal(mass, 1 + statuses.filter((status) => status !== "removed").length, name);
        assert.equal(explanation?.length, 6, name);
        const influence = explanation.reduce((sum, one) => sum + one.influence, 0);
        assert.ok(influence >= 0 && influence <= 1 + 1e-6, `${name}: ${influence}`);
        assert.equal((await aggregate(name, input)).explanation, undefined, name);
      }
    });

    it("changes and detaches nothing that it is given, and gives an array of its own", async () => {
      const copies = [input.own, ...input.candidates.map(({ params }) => params)].map((params) => params.slice());
      for (const name of ["mean", "median", "guarded-median", "krum"]) {
        const { params } = await aggregate(name, input);
        params.fill(7);
        const again = (await aggregate(name, input)).params;
        assert.notEqual(again[0], 7, name);
      }
      assert.deepEqual([input.own, ...input.candidates.map(({ params }) => params)], copies);
    });

    it("reads views of larger buffers, and nothing around them", async () => {
      const rng = createRng("wide");
      const view = (params: Float32Array) => {
        const wide = Float32Array.from({ length: params.length + 8 }, () => rng.normal());
        wide.set(params, 4);
        return wide.subarray(4, 4 + params.length);
      };
      const candidates = input.candidates.map((one) => ({ ...one, params: view(one.params) }));
      const viewed = { ...input, own: view(input.own), candidates };
      for (const name of ["mean", "guarded-median"]) same(await aggregate(name, viewed), direct(name, input), name);
    });

    it("answers calls that are made at once each with its own result", async () => {
      const inputs = [2, 3, 4].map((seed) => crowd(seed, 3, d));
      const calls = inputs.flatMap((given) => ["median", "mean"].map((name) => ({ name, given })));
      const results = await Promise.all(calls.map(({ name, given }) => aggregate(name, given)));
      for (const [i, { name, given }] of calls.entries()) same(results[i] as RuleOutput, direct(name, given), name);
    });

    it("gives the own model where nobody else is", async () => {
      for (const name of ["mean", "median", "guarded-median"]) {
        const { params, statuses, mass } = await aggregate(name, { own: input.own, candidates: [] });
        assert.deepEqual([params, statuses, mass], [input.own, [], 1], name);
        assert.notEqual(params, input.own);
      }
    });

    it("rejects a rule that there is not, and vectors of other lengths, with RangeError, and goes on", async () => {
      await assert.rejects(made.aggregator.aggregate("no-such-rule", {}, input), RangeError);
      const short = { params: new Float32Array(d - 1), weightQ16: 65536 };
      for (const name of ["mean", "median", "guarded-median"])
        await assert.rejects(aggregate(name, { own: input.own, candidates: [short] }), RangeError, name);
      same(await aggregate("mean", input), direct("mean", input), "mean");
    });
  });
}
