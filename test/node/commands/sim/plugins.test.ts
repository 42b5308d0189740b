/** Files of plugins: found, loaded, named with their hash, and told what is wrong; by the command, by its threads and by the library. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import { installPlugins, withPlugins } from "../../../../node/commands/sim/plugins.ts";
import { definePlugin, simulate } from "../../../../node/simulator.ts";
import { TOP } from "../../../support/docs.ts";
import { CLI, createLab, type Lab } from "../../../support/process.ts";

const KINDS = ["attack", "rule", "partition", "metric", "codec", "topology", "algorithm"];
const SCENARIO = {
  name: "mine",
  data: { set: "digits", rows: 200 },
  plugins: KINDS.map((kind) => `${kind}.ts`),
  partition: "growing:1.2",
  task: {
    model: { kind: "softmax" },
    codec: "bf16",
    aggregation: { rule: "nnm+cautious-mean", inboxSize: 3, quorum: 2 },
  },
  peers: 5,
  cycles: 3,
  attack: { kind: "shrink", share: 0.2 },
  network: { topology: { kind: "small-world", degree: 2 } },
  metrics: { points: 1, rows: 30, also: ["top2", "macroF1"], curves: true },
};

const FAILING = `import { defineAttack } from "hearsay/sim";
import * as z from "zod";
const fail = defineAttack({
  name: "fail",
  about: "fails",
  source: "a test",
  options: z.strictObject({ at: z.number().default(7) }),
  join: (_, { at }) => { throw new Error(\`no \${at}\`); },
});
export default { attacks: [fail] };
`;

let lab: Lab;
before(async () => {
  lab = await createLab("plugins", { cli: CLI }); // a plugin imports the package, which the bundle of a test is no part of
  for (const kind of KINDS) cpSync(join(TOP, "sim/examples", `${kind}.ts`), lab.path(`${kind}.ts`));
});
after(() => lab?.close());

const load = (file: string, sha256?: string) => installPlugins([{ file, sha256 }], lab.path(""));
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

describe("the file of a plugin", () => {
  it("is named with the SHA-256 that other programs give it, and that of all files that it imports by their paths", async () => {
    const alone = await load("rule.ts");
    alone.remove();
    assert.deepEqual(alone.refs, [{ file: "rule.ts", sha256: sha256(lab.path("rule.ts")) }]);
    await lab.write("part.ts", "export const name: string = 'apart';\n");
    await lab.write(
      "two.ts",
      'import { name } from "./part.ts";\nexport default { codecs: [{ name, forLayout() {} }] };\n',
    );
    const two = await load("two.ts");
    two.remove();
    const list = `${sha256(lab.path("two.ts"))}  two.ts\n${sha256(lab.path("part.ts"))}  part.ts\n`;
    assert.equal(two.refs[0]?.sha256, createHash("sha256").update(list).digest("hex"));
  });

  it("is taken once, however often it is named, and refused where it is not the one that was run", async () => {
    const twice = await installPlugins([{ file: "rule.ts" }, { file: "./rule.ts" }], lab.path(""));
    twice.remove();
    assert.equal(twice.refs.length, 1);
    const message =
      /the plugin rule\.ts is not the one that the scenario names: its SHA-256 is [0-9a-f]{64}, not a{64}; /;
    await assert.rejects(load("rule.ts", "a".repeat(64)), { code: "ERR_CONFIG", message });
  });

  it("that is missing, no code, or throws is told with its name, the reason and the place", async () => {
    const wrong: readonly (readonly [file: string, text: string | undefined, message: RegExp])[] = [
      ["gone.ts", undefined, /the plugin gone\.ts: there is no such file beside the scenario or here; name a \.ts/],
      ["throws.ts", "\nthrow new Error('no');\n", /the plugin throws\.ts cannot be loaded: no \(throws\.ts:2:7\)/],
      ["far.ts", 'import "./nowhere.ts";\n', /the plugin far\.ts cannot be loaded: Cannot find module .*nowhere\.ts/],
      ["open.ts", "export default {\n", /the plugin open\.ts cannot be loaded: /],
      ["enum.ts", "enum A { B }\nexport default {};\n", /the plugin enum\.ts cannot be loaded: .*enum/],
      ["empty.ts", "export const a = 1;\n", /the plugin empty\.ts has 1 fault.*\n.*no default export/],
    ];
    for (const [file, text, message] of wrong) {
      if (text !== undefined) await lab.write(file, text);
      await assert.rejects(load(file), { code: "ERR_CONFIG", message });
    }
  });

  it("is a module where its folder's package.json, as npm init writes it, makes CommonJS of .ts and .js files", async () => {
    mkdirSync(lab.path("fresh"));
    await lab.write("fresh/package.json", '{ "type": "commonjs" }');
    const text = 'import { definePlugin } from "hearsay/sim";\nexport default definePlugin({});\n';
    await lab.write("fresh/mine.ts", text);
    await lab.write("fresh/mine.js", text);
    await lab.write("fresh/old.js", "module.exports = { metrics: [] };\n");
    for (const file of ["fresh/mine.ts", "fresh/mine.js", "fresh/old.js"]) (await load(file)).remove();
  });

  it("leaves nothing behind where a later one is wrong", async () => {
    await assert.rejects(installPlugins([{ file: "rule.ts" }, { file: "gone.ts" }], lab.path("")), /gone/);
    (await load("rule.ts")).remove(); // its names are free
  });
});

describe("hearsay sim", () => {
  const run = async (status: number, ...args: string[]) => {
    const finished = await lab.run(args);
    assert.equal(finished.code, status, `${args.join(" ")}\n${finished.stdout}${finished.stderr}`);
    assert.doesNotMatch(finished.stderr, /\n {4}at /, "a stack trace where a sentence would do");
    return finished;
  };

  it("runs every kind, in a run and in the threads of a sweep, to the same figures; the report names every plugin and its hash", async () => {
    const file = await lab.write("mine.yaml", stringify(SCENARIO));
    const out = lab.path("sweep");
    const algorithms = "algorithm=hearsay,neighbour-mean";
    await run(
      0,
      "sim",
      "sweep",
      file,
      "--grid",
      "attack=null,shrink",
      "--grid",
      algorithms,
      "--seeds",
      "1,2",
      "--workers",
      "2",
      "-o",
      out,
    );
    const table = readFileSync(join(out, "results.csv"), "utf8");
    assert.match(table.split("\r\n")[0] ?? "", /top2Mean,top2Worst,top2Std,macroF1Mean/);
    const again = await run(0, "sim", "run", file, "-o", lab.path("once"));
    assert.match(again.stdout, /top2 +0\.\d+ mean/);
    const scenario = parse(readFileSync(lab.path("once/scenario.yaml"), "utf8")) as { plugins: object[] };
    assert.deepEqual(
      scenario.plugins,
      KINDS.map((kind) => ({ file: `${kind}.ts`, sha256: sha256(lab.path(`${kind}.ts`)) })),
    );
    const compared = await run(0, "sim", "compare", out, "--json");
    assert.match(compared.stdout, /"top2, worst peer"/);
    const lines = readFileSync(lab.path("once/curves.jsonl"), "utf8").trimEnd().split("\n");
    assert.equal(lines.length, 2 * 4, "two measurements of four honest peers");
    assert.ok(lines.every((line) => JSON.parse(line).metrics.top2 >= 0));
  });

  it("takes --plugin wherever names are told, and tells of a plugin that fails in the middle of a run", async () => {
    const codec = lab.path("codec.ts");
    assert.match((await run(0, "sim", "list", "--plugin", codec)).stdout, /bf16 +\(.*codec\.ts\)/);
    const rules = (await run(0, "sim", "list", "--plugin", lab.path("rule.ts"))).stdout;
    assert.match(rules, /cautious-mean {2}a step from the own model to the mean of the others +\(.*rule\.ts\)/);
    assert.match((await run(0, "schema", "task", "--plugin", codec)).stdout, /"bf16"/);
    const bad = await lab.write("bad.ts", FAILING);
    const file = await lab.write("bad.yaml", stringify({ ...SCENARIO, attack: "fail" }));
    const { stderr } = await run(2, "sim", "run", file, "--plugin", bad, "--no-out");
    assert.match(stderr, /the plugin .*bad\.ts failed: no 7 \(bad\.ts:8:\d+\)/);
    const training = '=> () => ({ trainer: (trainer) => ({ ...trainer, fit() { throw new Error("no " + at); } }) }),';
    const later = await lab.write("later.ts", FAILING.replace(/=> \{ throw.*/, training));
    const late = await run(2, "sim", "run", file, "--plugin", later, "--no-out");
    assert.match(late.stderr, /the plugin .*later\.ts failed: no 7 \(later\.ts:8:\d+\)/);
    const rule =
      '{ name: "short", parameters: {}, quorum: () => 1, aggregate: () => ({ params: new Float32Array(1) }) }';
    const short = await lab.write("short.mjs", `export default { rules: [${rule}] };\n`);
    const grid = ["--set", "task.aggregation.rule=short", "--set", "attack=null"];
    const { stderr: told } = await run(2, "sim", "run", lab.path("mine.yaml"), "--plugin", short, "--no-out", ...grid);
    assert.match(
      told,
      /aggregate\(\) of short in rules of the plugin .*short\.mjs gives a Float32Array of 4 bytes: give/,
    );
  });

  it("lets no sweep vary the plugins", async () => {
    const file = await lab.write("mine.yaml", stringify(SCENARIO));
    const { stderr } = await run(2, "sim", "sweep", file, "--grid", "plugins=[rule.ts]");
    assert.match(stderr, /plugins cannot vary in a sweep/);
  });
});

describe("the simulator as a library", () => {
  it("runs a document with plugins that are files and plugins that are values, and takes them out again", async () => {
    const { plugins, attack, ...rest } = SCENARIO;
    const own = definePlugin({
      metrics: [{ name: "rows", label: "rows", kind: "classification", measure: ({ rows }) => rows, format: String }],
    });
    const scenario = { ...rest, plugins, metrics: { ...SCENARIO.metrics, also: ["rows"] } };
    const { summary, scenario: complete } = await simulate(scenario, { folder: lab.path(""), plugins: [own], seed: 3 });
    assert.equal(summary.final.metrics?.rows?.mean, 30);
    assert.equal(summary.seed, 3);
    assert.equal(complete.plugins?.length, KINDS.length);
    await assert.rejects(simulate(scenario, { folder: lab.path("") }), /"rows" is unknown/);
    assert.equal(attack.kind, "shrink");
  });

  it("runs a file with the figures of the command", async () => {
    const file = await lab.write("tiny.yaml", stringify({ ...SCENARIO, attack: undefined }));
    const [one, two] = [await simulate(file), await simulate(file)];
    assert.deepEqual(one, two);
  });
});

it("a scenario's hash covers what a plugin is, and not where it lies", async () => {
  const { nodeCrypto } = await import("../../../../node/crypto.ts");
  const { parseScenario, scenarioHash } = await import("../../../../sim/run/scenario.ts");
  mkdirSync(lab.path("elsewhere"), { recursive: true });
  cpSync(lab.path("rule.ts"), lab.path("elsewhere/mine.ts"));
  const plain = { name: "x", data: { set: "digits" } };
  const hashOf = async (file: string) => {
    const tree = await withPlugins({ ...plain, plugins: [file] }, [], lab.path(""));
    return scenarioHash(parseScenario(tree), nodeCrypto);
  };
  const first = await installAndRemove(() => hashOf("rule.ts"));
  assert.equal(await installAndRemove(() => hashOf("elsewhere/mine.ts")), first);
  assert.notEqual(scenarioHash(parseScenario(plain), nodeCrypto), first);
});

/** `withPlugins` leaves them installed: a command ends after its run. */
async function installAndRemove<T>(run: () => Promise<T>): Promise<T> {
  const { RULES } = await import("../../../../protocol/aggregate/registry.ts");
  try {
    return await run();
  } finally {
    (RULES as unknown as Map<string, unknown>).delete("cautious-mean");
  }
}
