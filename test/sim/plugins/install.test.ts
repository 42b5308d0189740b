/** What a plugin adds stands in the registries like what Hearsay has, and nothing of a faulty one does. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as z from "zod";
import { loadPluginFile } from "../../../node/commands/sim/plugin-file.ts";
import { findRule, RULES } from "../../../protocol/aggregate/registry.ts";
import { settled } from "../../../protocol/aggregate/rows/settle.ts";
import { registryOf } from "../../../protocol/base/registry.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { CODECS } from "../../../protocol/codec/registry.ts";
import { parsePartition, partition } from "../../../protocol/learn/data/partition.ts";
import { METRICS } from "../../../protocol/learn/metrics/registry.ts";
import { taskJsonSchema } from "../../../protocol/task/json-schema.ts";
import type { Learner } from "../../../sim/algorithms/algorithm.ts";
import { ALGORITHMS } from "../../../sim/algorithms/registry.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { linksOf, TOPOLOGIES } from "../../../sim/network/topologies/registry.ts";
import { simpleLinks } from "../../../sim/network/topologies/topology.ts";
import { graphName } from "../../../sim/paper/names.ts";
import { installPlugin, originOf } from "../../../sim/plugins/install.ts";
import type { Plugin } from "../../../sim/plugins/plugin.ts";
import { scenarioJsonSchema } from "../../../sim/run/json-schema.ts";
import { parseScenario } from "../../../sim/run/scenario.ts";
import { TOP } from "../../support/docs.ts";

async function example(kind: string): Promise<Plugin> {
  return (await loadPluginFile(join(TOP, "sim/examples", `${kind}.ts`), kind)).plugin as Plugin;
}

const KINDS = ["attack", "codec", "metric", "partition", "rule", "topology", "algorithm"];
const [attack, codec, metric, growing, rule, topology, algorithm] = (await Promise.all(KINDS.map(example))) as [
  ...[Plugin, Plugin, Plugin, Plugin, Plugin, Plugin, Plugin],
];
const EXAMPLES = { ...attack, ...codec, ...metric, ...growing, ...rule, ...topology, ...algorithm };

function withInstalled(plugin: unknown, check: () => void): void {
  const remove = installPlugin(plugin, "mine.ts");
  try {
    check();
  } finally {
    remove();
  }
}

const refused = (plugin: unknown, ...lines: RegExp[]) =>
  assert.throws(
    () => installPlugin(plugin, "mine.ts"),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "ERR_CONFIG");
      assert.match(error.message, /^the plugin mine\.ts has \d+ fault\(s\):\n/);
      for (const line of lines) assert.match(error.message, line);
      return true;
    },
  );

const SCENARIO = { name: "x", data: { set: "digits" } };

describe("a plugin", () => {
  const scenario = {
    ...SCENARIO,
    attack: { kind: "shrink", factor: 0.25 },
    partition: "growing:1.5",
    metrics: { also: ["top2"] },
    network: { topology: { kind: "small-world", degree: 4 } },
    algorithm: "neighbour-mean",
  };

  it("makes its names good in scenarios, tasks and their JSON Schemas, and only as long as it is installed", () => {
    assert.throws(() => parseScenario(scenario), /neighbour-mean.*\n.*shrink.*\n.*small-world.*\n.*growing.*\n.*top2/);
    withInstalled(EXAMPLES, () => {
      const parsed = parseScenario(scenario);
      assert.deepEqual(parsed.attack, { kind: "shrink", share: 0.2, factor: 0.25, noise: 0 });
      assert.deepEqual(parsed.network.topology, { kind: "small-world", degree: 4, rewired: 0.1 });
      assert.deepEqual(parsed.algorithm, { kind: "neighbour-mean", epochs: 0 });
      assert.throws(() => parseScenario({ ...scenario, attack: { kind: "shrink", factor: 2 } }), /attack\.factor/);
      const [schema, task] = [scenarioJsonSchema, taskJsonSchema].map((make) => JSON.stringify(make()));
      for (const name of ["shrink", "growing", "top2", "small-world", "neighbour-mean"])
        assert.ok(schema?.includes(name), name);
      for (const name of ["cautious-mean", "bf16"]) assert.ok(task?.includes(name), name);
      assert.equal(originOf(ATTACKS.get("shrink") as object), "mine.ts");
    });
    assert.throws(() => parseScenario(scenario), /shrink/);
    for (const registry of [ATTACKS, RULES, CODECS, METRICS, TOPOLOGIES, ALGORITHMS])
      for (const name of ["shrink", "cautious-mean", "bf16", "top2", "small-world", "neighbour-mean"])
        assert.ok(!registry.has(name), name);
  });

  it("adds a rule that pre-aggregators may stand before, and nothing of it is kept when it is gone", () => {
    withInstalled(rule, () => assert.equal(findRule("nnm+cautious-mean")?.name, "nnm+cautious-mean"));
    assert.equal(findRule("nnm+cautious-mean"), undefined);
  });

  it("adds a partition whose parts are those that it says", () => {
    withInstalled(growing, () => {
      const data = { inputs: new Float32Array(70), targets: new Float32Array(70), length: 70 };
      const parts = partition(data, parsePartition("growing:2"), 3, 1);
      assert.deepEqual(
        parts.map(({ length }) => length),
        [10, 20, 40],
      );
    });
  });

  it("adds a topology whose links come each once, in order, whatever it gave, and which tables name with its options", () => {
    withInstalled(topology, () => {
      for (const peers of [1, 2, 3, 9, 50]) {
        const links = linksOf({ kind: "small-world", degree: 4, rewired: 0.5 }, peers, createRng(peers));
        assert.deepEqual(links, simpleLinks(links, peers));
        if (peers > 4) assert.ok(links.length > peers && links.length <= 2 * peers, `${links.length} links`);
      }
      const draw = (seed: number) => linksOf({ kind: "small-world", degree: 4, rewired: 0.5 }, 50, createRng(seed));
      assert.deepEqual(draw(1), draw(1));
      assert.equal(graphName(parseScenario({ ...SCENARIO, network: scenario.network })), "small-world degree 4");
    });
  });

  it("with a partition that loses or repeats a row is found out, not believed", () => {
    const data = { inputs: new Float32Array(4), targets: new Float32Array(4), length: 4 };
    const wrong: readonly (readonly [RegExp, number[][]])[] = [
      [/row 3 to nobody/, [[0, 1], [2]]],
      [
        /row 1 twice/,
        [
          [0, 1],
          [1, 2, 3],
        ],
      ],
      [
        /row 4, which is none/,
        [
          [0, 1],
          [2, 3, 4],
        ],
      ],
      [/3 parts for 2 peers/, [[0, 1], [2], [3]]],
    ];
    for (const [message, parts] of wrong)
      withInstalled({ partitions: [{ name: "wrong", about: "wrong", deal: () => parts }] }, () =>
        assert.throws(() => partition(data, { kind: "wrong" }, 2, 1), { code: "ERR_DATA", message }),
      );
  });

  it("that is none is told what it lacks: the field, and what to write", () => {
    refused(undefined, /\(top\): give an object of lists.*no default export/);
    refused([], /give an object of lists/);
    refused({ attack: [] }, /Unrecognized key: "attack"; did you mean attacks\?/);
    refused({ attacks: {} }, /attacks: give a list/);
    refused(
      { attacks: [{ name: "Mine" }] },
      /attacks\.0\.name: a name has 1 to 64 .*\(given: "Mine"\)/,
      /attacks\.0\.join: give/,
    );
    refused({ rules: [{ name: "mine", parameters: {}, settle: () => {} }] }, /rules\.0\.aggregate: .*settled\(\)/);
    refused({ metrics: [{ ...metric.metrics?.[0], name: "loss" }] }, /metrics\.0\.name: is measured already/);
    refused(
      { topologies: [{ name: "x", about: "x", options: z.strictObject({}) }] },
      /topologies\.0\.links: .*defineTopology/,
    );
    refused({ algorithms: [{ name: "x" }] }, /algorithms\.0\.start: .*defineAlgorithm\(\)/);
    refused({ codecs: [{ name: "x" }] }, /codecs\.0\.forLayout: give a function/);
    const options = z.strictObject({ strength: z.number() });
    refused({ attacks: [{ ...attack.attacks?.[0], options }] }, /attacks\.0\.options: strength needs a default/);
  });

  it("that takes a name which is taken is refused whole, and told by whom it is taken", () => {
    const mean = { ...rule.rules?.[0], name: "mean" };
    refused(
      { ...codec, rules: [mean] },
      /rules\.0\.name: "mean" is the name of one of Hearsay's rules: choose another/,
    );
    assert.ok(!CODECS.has("bf16"));
    refused({ rules: [rule.rules?.[0], rule.rules?.[0]] }, /rules\.1\.name: "cautious-mean" is there twice/);
    withInstalled(rule, () => refused(rule, /"cautious-mean" is taken by the plugin mine\.ts/));
  });
});

describe("what a plugin gives while a run goes on", () => {
  const input = { own: new Float32Array(2), candidates: [{ params: new Float32Array(2), weightQ16: 65_536 }] };
  const layout = { tensors: [["w", [2]]] as const, task: "00" };
  const fits = { isLossless: true, minBytes: 8, maxBytes: 8 };
  const body = { ...fits, encode: () => new Uint8Array(8), decode: () => new Float32Array(2) };

  function aggregated(output: unknown): void {
    const wrong = { name: "wrong", parameters: {}, quorum: () => 1, aggregate: () => output };
    withInstalled({ rules: [wrong] }, () => findRule("wrong")?.aggregate(input, {}));
  }

  function settling(outcome: unknown, name = "wrong"): void {
    const wrong = settled({ name: "wrong", parameters: {}, minCandidates: 1, settle: () => outcome as never });
    withInstalled({ rules: [wrong] }, () => findRule(name)?.aggregate(input, { f: 0 }));
  }

  function coded(made: unknown): void {
    const wrong = { name: "wrong", forLayout: () => made };
    withInstalled({ codecs: [wrong] }, () => {
      const codec = CODECS.get("wrong")?.forLayout(layout);
      codec?.encode(new Float32Array(2)); // which tries to decode it: what a decode alone throws, a peer takes for a liar's fault
    });
  }

  function measured(value: unknown): void {
    const wrong = { ...metric.metrics?.[0], name: "wrong", measure: () => value };
    withInstalled({ metrics: [wrong] }, () => METRICS.get("wrong")?.measure({} as never));
  }

  function dealt(parts: unknown): void {
    const data = { inputs: new Float32Array(4), targets: new Float32Array(4), length: 4 };
    const wrong = { name: "wrong", about: "wrong", deal: () => parts };
    withInstalled({ partitions: [wrong] }, () => partition(data, { kind: "wrong" }, 2, 1));
  }

  function joined(disguiseOf: unknown): void {
    const wrong = { ...attack.attacks?.[0], name: "wrong", join: () => disguiseOf };
    withInstalled({ attacks: [wrong] }, () => ATTACKS.get("wrong")?.join({} as never, {}));
  }

  function linked(links: unknown): void {
    const wrong = { ...topology.topologies?.[0], name: "wrong", links: () => links };
    withInstalled({ topologies: [wrong] }, () => linksOf({ kind: "wrong" }, 3, createRng(1)));
  }

  async function started(learners: unknown): Promise<readonly Learner[]> {
    const environment = { participants: [{}], task: { tensors: layout.tensors } };
    const wrong = { ...algorithm.algorithms?.[0], name: "wrong", start: async () => learners };
    const remove = installPlugin({ algorithms: [wrong] }, "mine.ts");
    try {
      return (await ALGORITHMS.get("wrong")?.start(environment as never, {})) ?? [];
    } finally {
      remove();
    }
  }

  it("is told where an algorithm gives other learners than participants, or models of another length", async () => {
    const figures = { cycles: () => 0, bytesOut: () => 0, current: () => new Float32Array(2) };
    const right = { ...figures, model: () => new Float32Array(2) };
    for (const learners of [undefined, [], [figures], [right, right]])
      await assert.rejects(started(learners), {
        code: "ERR_CONFIG",
        message: /start\(\) of wrong in algorithms .*: give 1 learners, one for each participant: site\.learner\(\)/,
      });
    const [short] = await started([{ ...right, model: () => new Float32Array(3) }]);
    assert.throws(() => short?.model(), /start\(\)\.model\(\) of wrong .* 12 bytes: give a Float32Array of 2 numbers/);
    const [learner] = await started([right]);
    assert.deepEqual([learner?.model(), learner?.current().length], [new Float32Array(2), 2]);
  });

  it("is told where an attack gives a disguise of another shape, or its liars a model of another length", async () => {
    const task = { tensors: layout.tensors };
    const trainerOf = (params: Float32Array) => ({
      trainer: (own: object) => ({ ...own, fit: async () => ({ params, loss: 0 }) }),
    });
    const disguised = (disguise: unknown) => {
      const wrong = { ...attack.attacks?.[0], name: "wrong", join: () => () => disguise };
      const remove = installPlugin({ attacks: [wrong] }, "mine.ts");
      try {
        return ATTACKS.get("wrong")?.join({ task } as never, {})({} as never);
      } finally {
        remove();
      }
    };
    assert.throws(() => disguised(3), {
      code: "ERR_CONFIG",
      message: /join\(\) of wrong in attacks .* gives 3: give a disguise/,
    });
    assert.throws(() => disguised({ trianer: () => ({}) }), {
      code: "ERR_CONFIG",
      message: /gives "trianer": give a disguise of data, trainer, transport, aggregator, wantsGateway/,
    });
    const fit = async (length: number) =>
      disguised(trainerOf(new Float32Array(length)))
        ?.trainer?.({ numExamples: 1 } as never)
        .fit({} as never);
    await assert.rejects(fit(3), {
      code: "ERR_CONFIG",
      message:
        /join\(\) of wrong in attacks of the plugin mine\.ts .* 12 bytes: give params, a Float32Array of 2 numbers/,
    });
    assert.deepEqual(await fit(2), { params: new Float32Array(2), loss: 0 });
  });

  it("changes nothing of others where it writes into what it was given", () => {
    const given = { own: Float32Array.of(1, 2), base: Float32Array.of(1, 2), candidates: input.candidates };
    const rule = {
      ...{ name: "greedy", parameters: {}, quorum: () => 1 },
      aggregate({ own, base, candidates }: typeof given) {
        for (const params of [own, base, ...candidates.map((one) => one.params)]) params.fill(7);
        return { params: own, statuses: ["used"], mass: 2 };
      },
    };
    withInstalled({ rules: [rule] }, () => findRule("greedy")?.aggregate(given, {}));
    assert.deepEqual([...given.own, ...given.base, ...(input.candidates[0]?.params ?? [])], [1, 2, 1, 2, 0, 0]);

    const data = { inputs: Float32Array.of(3, 1, 2, 0), targets: Float32Array.of(1, 0, 1, 0), length: 4 };
    const sorting = {
      ...{ name: "sorting", about: "sorts in place" },
      deal(deal: { data: typeof data }) {
        deal.data.inputs.sort();
        deal.data.targets.sort();
        return [
          [0, 1],
          [2, 3],
        ];
      },
    };
    withInstalled({ partitions: [sorting] }, () => partition(data, { kind: "sorting" }, 2, 1));
    assert.deepEqual([...data.inputs, ...data.targets], [3, 1, 2, 0, 1, 0, 1, 0]);
  });

  it("is told where it has another shape: whose it is, what it is, and what to give", () => {
    const right = { params: new Float32Array(2), statuses: ["used"], mass: 2 };
    const wrong: readonly (readonly [() => void, RegExp])[] = [
      [
        () => aggregated(undefined),
        /aggregate\(\) of wrong in rules of the plugin mine\.ts gives undefined: give \{ params/,
      ],
      [
        () => aggregated({ ...right, params: new Float32Array(3) }),
        /gives a Float32Array of 12 bytes: give params.* of 2/,
      ],
      [() => aggregated({ ...right, params: [0, 0] }), /gives \[0,0\]: give params, a Float32Array of 2/],
      [
        () => aggregated({ ...right, statuses: [] }),
        /gives a list of 0: give statuses, one of used, .* for each candidate/,
      ],
      [() => aggregated({ ...right, statuses: ["maybe"] }), /give statuses/],
      [
        () => aggregated({ ...right, params: Float32Array.of(0, Number.NaN) }),
        /aggregate\(\) of wrong .* gives NaN: give params that are finite/,
      ],
      [() => settling(undefined), /settle\(\) of wrong in rules .* gives undefined: give \{ kind: "linear"/],
      [() => settling({ kind: "linear", coefficients: [1] }), /gives \[1\]: give coefficients, a Float64Array of 2/],
      [() => settling({ kind: "linear", coefficients: Float64Array.of(0, Number.NaN) }), /of 2 finite numbers/],
      [() => settling({ kind: "linear", coefficients: new Float64Array(3) }, "nnm+wrong"), /Float64Array of 2 finite/],
      [() => settling({ kind: "mean" }), /give \{ kind: "linear"/],
      [() => coded(undefined), /forLayout\(\) of wrong in codecs .* gives undefined: give \{ isLossless/],
      [() => coded({ ...body, minBytes: 9 }), /minBytes at most maxBytes/],
      [
        () => coded({ ...body, encode: () => new Uint8Array(9) }),
        /encode\(\) .* 9 bytes: give a Uint8Array of 8 to 8 bytes/,
      ],
      [() => coded({ ...body, decode: () => new Float32Array(1) }), /decode\(\) .*: give a Float32Array of 2 numbers/],
      [
        () => coded({ ...body, decode: () => Float32Array.of(1, Number.NaN) }),
        /decode\(\) of wrong .* gives NaN: give finite numbers for a body that encode\(\) made/,
      ],
      [
        () => coded({ ...body, decode: () => Float32Array.of(0, 0.5) }),
        /decode\(\) of wrong .* gives 0\.5: give back 0, or isLossless: false/,
      ],
      [() => measured("high"), /measure\(\) of wrong in metrics .* gives "high": give a number that is finite/],
      [() => measured("0.5"), /gives "0\.5": give a number/],
      [() => measured(Number.NaN), /gives NaN: give a number/],
      [() => dealt(undefined), /deal\(\) of wrong in partitions .* gives undefined: give a list with a list of rows/],
      [() => dealt([0, 1]), /gives \[0,1\]: give a list with a list of rows/],
      [() => linked(undefined), /links\(\) of wrong in topologies .* gives undefined: give a list of links \[a, b\]/],
      [() => linked([[0, 3]]), /gives \[0,3\]: give a list of links \[a, b\], numbers of two peers, from 0 to 2/],
      [() => linked([[0, 1], [1]]), /gives \[1\]: give a list of links/],
      [() => linked([["0", "1"]]), /gives \["0","1"\]: give a list of links/],
      [() => linked([[2, 2]]), /gives \[2,2\]: give .*: two, not one/],
      [() => joined({}), /join\(\) of wrong in attacks .* gives an object of another shape: give a function/],
    ];
    for (const [call, message] of wrong) assert.throws(call, { code: "ERR_CONFIG", message });
    aggregated(right);
    settling({ kind: "linear", coefficients: new Float64Array(2) });
    settling({ kind: "coordinates", reduction: { kind: "trimmed-mean", n: 2, trim: 0 } });
    coded(body);
    measured(0.5);
    joined(() => ({}));
    linked([
      [2, 0],
      [0, 2],
    ]);
  });
});

it("a registry keeps the order in which things came, and refuses a name twice", () => {
  const registry = registryOf([{ name: "b" }, { name: "a" }]);
  const remove = registry.add({ name: "c" });
  assert.deepEqual([...registry.keys()], ["b", "a", "c"]);
  assert.throws(() => registry.add({ name: "a" }), RangeError);
  remove();
  assert.deepEqual([...registry.keys()], ["b", "a"]);
});
