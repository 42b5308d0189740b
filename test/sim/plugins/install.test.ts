/** What a plugin adds stands in the registries like what Hearsay has, and nothing of a faulty one does. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as z from "zod";
import { loadPluginFile } from "../../../node/commands/sim/plugin-file.ts";
import { findRule, RULES } from "../../../protocol/aggregate/registry.ts";
import { registryOf } from "../../../protocol/base/registry.ts";
import { CODECS } from "../../../protocol/codec/registry.ts";
import { parsePartition, partition } from "../../../protocol/learn/data/partition.ts";
import { METRICS } from "../../../protocol/learn/metrics/registry.ts";
import { taskJsonSchema } from "../../../protocol/task/json-schema.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { installPlugin, originOf } from "../../../sim/plugins/install.ts";
import type { Plugin } from "../../../sim/plugins/plugin.ts";
import { scenarioJsonSchema } from "../../../sim/run/json-schema.ts";
import { parseScenario } from "../../../sim/run/scenario.ts";
import { TOP } from "../../support/docs.ts";

async function example(kind: string): Promise<Plugin> {
  return (await loadPluginFile(join(TOP, "sim/examples", `${kind}.ts`), kind)).plugin as Plugin;
}

const KINDS = ["attack", "codec", "metric", "partition", "rule"];
const [attack, codec, metric, growing, rule] = (await Promise.all(KINDS.map(example))) as [
  ...[Plugin, Plugin, Plugin, Plugin, Plugin],
];
const EXAMPLES = { ...attack, ...codec, ...metric, ...growing, ...rule };

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

describe("a plugin", () => {
  const scenario = {
    name: "x",
    data: { set: "digits" },
    attack: { kind: "shrink", factor: 0.25 },
    partition: "growing:1.5",
    metrics: { also: ["top2"] },
  };

  it("makes its names good in scenarios, tasks and their JSON Schemas, and only as long as it is installed", () => {
    assert.throws(() => parseScenario(scenario), /shrink.*\n.*growing.*\n.*top2/);
    withInstalled(EXAMPLES, () => {
      const { attack: chosen } = parseScenario(scenario);
      assert.deepEqual(chosen, { kind: "shrink", share: 0.2, factor: 0.25, noise: 0 });
      assert.throws(() => parseScenario({ ...scenario, attack: { kind: "shrink", factor: 2 } }), /attack\.factor/);
      const [schema, task] = [scenarioJsonSchema, taskJsonSchema].map((make) => JSON.stringify(make()));
      for (const name of ["shrink", "growing", "top2"]) assert.ok(schema?.includes(name), name);
      for (const name of ["cautious-mean", "bf16"]) assert.ok(task?.includes(name), name);
      assert.equal(originOf(ATTACKS.get("shrink") as object), "mine.ts");
    });
    assert.throws(() => parseScenario(scenario), /shrink/);
    for (const registry of [ATTACKS, RULES, CODECS, METRICS])
      for (const name of ["shrink", "cautious-mean", "bf16", "top2"]) assert.ok(!registry.has(name), name);
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

  function coded(made: unknown): void {
    const wrong = { name: "wrong", forLayout: () => made };
    withInstalled({ codecs: [wrong] }, () => {
      const codec = CODECS.get("wrong")?.forLayout(layout);
      codec?.encode(new Float32Array(2));
      codec?.decode(new Uint8Array(8));
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
      [() => aggregated({ ...right, params: [0, 0] }), /gives a list of 2: give params, a Float32Array of 2/],
      [
        () => aggregated({ ...right, statuses: [] }),
        /gives a list of 0: give statuses, one of used, .* for each candidate/,
      ],
      [() => aggregated({ ...right, statuses: ["maybe"] }), /give statuses/],
      [() => coded(undefined), /forLayout\(\) of wrong in codecs .* gives undefined: give \{ isLossless/],
      [() => coded({ ...body, minBytes: 9 }), /minBytes at most maxBytes/],
      [
        () => coded({ ...body, encode: () => new Uint8Array(9) }),
        /encode\(\) .* 9 bytes: give a Uint8Array of 8 to 8 bytes/,
      ],
      [() => coded({ ...body, decode: () => new Float32Array(1) }), /decode\(\) .*: give a Float32Array of 2 numbers/],
      [() => measured("high"), /measure\(\) of wrong in metrics .* gives high: give a number that is finite/],
      [() => measured(Number.NaN), /gives NaN: give a number/],
      [() => dealt(undefined), /deal\(\) of wrong in partitions .* gives undefined: give a list with a list of rows/],
      [() => dealt([0, 1]), /gives a list of 2: give a list with a list of rows/],
      [() => joined({}), /join\(\) of wrong in attacks .* gives an object of another shape: give a function/],
    ];
    for (const [call, message] of wrong) assert.throws(call, { code: "ERR_CONFIG", message });
    aggregated(right);
    coded(body);
    measured(0.5);
    joined(() => ({}));
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
