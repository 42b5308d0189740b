/** `hearsay schema`: what it prints describes what the parsers take, by the word of another validator. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { parse } from "yaml";
import { SCHEMA_NAMES, SCHEMAS } from "../../../../node/commands/config/schemas.ts";
import { TEMPLATES } from "../../../../node/data/templates.ts";
import { policySchema } from "../../../../node/policy/policy-schema.ts";
import { configSchema } from "../../../../node/settings/table.ts";
import { findRule, PRE_AGGREGATORS, RULES } from "../../../../protocol/aggregate/registry.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { ALGORITHMS } from "../../../../sim/algorithms/registry.ts";
import { ATTACKS } from "../../../../sim/attacks/registry.ts";
import { parseScenario } from "../../../../sim/run/scenario.ts";
import { bundledCli } from "../../../support/bundled-cli.ts";
import { TOP } from "../../../support/docs.ts";

const CLI = await bundledCli();

const validators = new Map<string, ValidateFunction>();
before(async () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false });
  for (const [name, load] of SCHEMAS) validators.set(name, ajv.compile(await load()));
});

type Json = { [key: string]: unknown };

function isValid(name: string, document: unknown): boolean {
  return (validators.get(name) as ValidateFunction)(document) === true;
}

/** Why a document is not valid, for messages. */
function why(name: string): string {
  return JSON.stringify(validators.get(name)?.errors?.slice(0, 3));
}

/** Whether the parser takes it. */
const PARSERS: Readonly<Record<string, (document: unknown) => boolean>> = {
  task: (document) => succeeds(() => parseTask(document)),
  config: (document) => configSchema.safeParse(document).success,
  policy: (document) => policySchema.safeParse(document).success,
  scenario: (document) => succeeds(() => parseScenario(document)),
};

function succeeds(parseIt: () => unknown): boolean {
  try {
    parseIt();
    return true;
  } catch {
    return false;
  }
}

const layers = { kind: "layers", topology: "{}" };
const taskOf = (changes: Json): Json => ({ ...(parse(TEMPLATES.digits.yaml) as Json), ...changes });
const scenarioOf = (changes: Json): Json => ({ name: "x", data: { set: "digits" }, ...changes });

/** Documents that are right. */
const RIGHT: Readonly<Record<string, readonly Json[]>> = {
  task: [
    ...Object.values(TEMPLATES).map(({ yaml }) => parse(yaml) as Json),
    JSON.parse(JSON.stringify(parseTask(parse(TEMPLATES.regression.yaml)))) as Json,
    JSON.parse(JSON.stringify(parseTask(parse(TEMPLATES.motes.yaml)))) as Json,
    taskOf({
      model: layers,
      tensors: [
        ["w", [64, 10]],
        ["b", []],
      ],
    }),
    taskOf({ output: { kind: "classification", classes: [0, 1, true, null] } }),
    taskOf({ aggregation: { rule: "arc+nnm+median", parameters: { f: 0.1 }, quorum: 4, inboxSize: 8 } }),
  ],
  config: [
    {},
    { preset: "wan", listen: ["/ip4/0.0.0.0/tcp/4001", "/dns4/peer.example/tcp/1/p2p/12D3KooW"], data: {} },
    { data: { path: "a.csv", delimiter: "tab", drop: ["a, b", 2019, true], missing: -9999, share: "2/8" } },
    { retention: { hours: 0.5 }, data: { partition: "dirichlet:0.5", dataset: "motes" } },
  ],
  policy: [
    {},
    { tasks: ["ab".repeat(32)], data: { minimumRows: 50, columns: ["age"] }, predict: false },
    { privacy: { mechanisms: ["dp-sgd", "cohort"], maxEpsilon: 8 }, vertical: true },
    { traffic: { budget: "20MB/day", quietHours: ["22:00-06:00", "Mon-Fri 08:00-18:00"], timeZone: "Europe/Berlin" } },
  ],
  scenario: [
    scenarioOf({}),
    scenarioOf({ algorithm: "gossip", attack: "alie", churn: { kind: "vehicles", blocks: 5 } }),
    scenarioOf({ churn: { kind: "encounters", contacts: [[0, 1, 0, 1]] }, partition: "shards:2" }),
    ...[...ALGORITHMS.keys()].map((kind) => scenarioOf({ algorithm: { kind } })),
    ...[...ATTACKS.keys()].map((kind) => scenarioOf({ attack: { kind, share: 0.1 } })),
    ...globSync("sim/scenarios/*.yaml", { cwd: TOP }).map((path) => scenarioIn(path)),
  ],
};

/** The scenario of a sweep. */
function scenarioIn(path: string): Json {
  const document = parse(readFileSync(join(TOP, path), "utf8"), { maxAliasCount: -1 }) as Json;
  return (document.scenario ?? document) as Json;
}

/** Documents with one field that is wrong. */
const WRONG: Readonly<Record<string, readonly Json[]>> = {
  task: [
    taskOf({ name: "Digits" }),
    taskOf({ colour: "red" }),
    taskOf({ codec: "f16" }),
    taskOf({ input: { shape: [] } }),
    taskOf({ input: { shape: [8, 8.5] } }),
    taskOf({ input: { shape: [8, 8, 1], std: 0 } }),
    taskOf({ output: { kind: "classification", classes: ["a"] } }),
    taskOf({ output: { kind: "ranking" } }),
    taskOf({ model: { kind: "mlp", hidden: [0] } }),
    taskOf({ model: { kind: "softmax", hidden: [2] } }),
    taskOf({ training: { momentum: 1 } }),
    taskOf({ aggregation: { rule: "best" } }),
    taskOf({ aggregation: { rule: "nnm+arc+median" } }),
    taskOf({ aggregation: { rule: "nnm+guarded-median" } }),
    taskOf({ model: layers, tensors: [["w", [1], 2]] }),
    taskOf({ seed: -1 }),
  ],
  config: [
    { preset: "moon" },
    { listen: [] },
    { listen: ["here"] },
    { engine: "gpu" },
    { minCycleMs: 1.5 },
    { retention: { megabyte: 1 } },
    { data: { delimiter: "::" } },
    { data: { dataset: "cifar" } },
    { data: { path: "a.csv", dataset: "digits" } },
    { data: { partition: "dirichlet" } },
    { data: { share: "2 of 8" } },
  ],
  policy: [
    { tasks: ["digits"] },
    { tasks: [] },
    { data: { minimumRows: 0 } },
    { privacy: { mechanisms: ["magic"] } },
    { privacy: { maxEpsilon: 0 } },
    { predict: "no" },
    { colour: "red" },
  ],
  scenario: [
    { data: { set: "digits" } },
    scenarioOf({ algorithm: "magic" }),
    scenarioOf({ algorithm: { kind: "gossip", magic: 1 } }),
    scenarioOf({ attack: { kind: "alie", share: 2 } }),
    scenarioOf({ attack: { kind: "alie", z: "much" } }),
    scenarioOf({ partition: "dirichlet" }),
    scenarioOf({ network: { topology: { kind: "ring", degree: 3 } } }),
    scenarioOf({ churn: { kind: "trace", sessions: [[0, 1]] } }),
    scenarioOf({ peers: 0 }),
  ],
};

for (const name of SCHEMA_NAMES) {
  describe(`the JSON Schema of a ${name}`, () => {
    it("takes what the parser takes: templates, shipped scenarios, complete documents", () => {
      for (const document of RIGHT[name] as readonly Json[]) {
        assert.ok(isValid(name, document), `${why(name)} ${JSON.stringify(document).slice(0, 300)}`);
        if (document.model !== undefined && (document.model as Json).kind === "layers") continue; // topology is no model
        assert.ok(PARSERS[name]?.(document), JSON.stringify(document).slice(0, 300));
      }
    });

    it("refuses a wrong value, as the parser does", () => {
      for (const document of WRONG[name] as readonly Json[]) {
        assert.ok(!isValid(name, document), JSON.stringify(document));
        assert.ok(!PARSERS[name]?.(document), JSON.stringify(document));
      }
    });

    it("is never stricter than the parser, whatever single value is put in or taken out", () => {
      const right = RIGHT[name] as readonly Json[];
      const documents = fc.constantFrom(...right);
      fc.assert(
        fc.property(
          documents,
          fc.nat(),
          fc.option(fc.jsonValue({ maxDepth: 1 }), { freq: 4 }),
          (document, at, value) => {
            const changed = structuredClone(document);
            changeAt(changed, at, value);
            if (PARSERS[name]?.(changed))
              assert.ok(isValid(name, changed), `${why(name)} ${JSON.stringify(changed).slice(0, 500)}`);
          },
        ),
        { numRuns: 400, seed: 1 },
      );
    });

    it("is what the command prints, and says what every field is", () => {
      const { status, stdout } = spawnSync(process.execPath, [CLI, "schema", name], { encoding: "utf8" });
      const schema = JSON.parse(stdout) as { $schema: string; properties: Readonly<Record<string, Json>> };
      assert.equal(status, 0);
      assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
      assert.ok(Object.keys(schema.properties).length > 5);
    });
  });
}

/** Puts a value in place of the one that comes at this place in a walk through the document; null takes it out. */
function changeAt(document: Json, at: number, value: unknown): void {
  const places: [parent: Json, key: string][] = [];
  const walk = (parent: Json) => {
    for (const key of Object.keys(parent).slice(0, 20)) {
      places.push([parent, key]);
      const child = parent[key];
      if (typeof child === "object" && child !== null) walk(child as Json);
    }
  };
  walk(document);
  if (places.length === 0) return;
  const [parent, key] = places[at % places.length] as [Json, string];
  if (Array.isArray(parent) && value === null) parent.splice(Number(key), 1);
  else if (value === null) delete parent[key];
  else parent[key] = value;
}

describe("the pattern of rules", () => {
  it("takes the names that are found, alone and composed, and no others", () => {
    const stages = [...PRE_AGGREGATORS.keys(), "zzz"];
    const rules = [...RULES.keys(), "zzz"];
    for (const rule of rules)
      for (const first of ["", ...stages])
        for (const second of ["", ...stages]) {
          const name = [first, second, rule].filter((part) => part !== "").join("+");
          const valid = isValid("task", taskOf({ aggregation: { rule: name } }));
          assert.equal(valid, findRule(name) !== undefined, name);
        }
  });
});

it("a schema that there is not is refused with the names that there are", () => {
  const { status, stderr } = spawnSync(process.execPath, [CLI, "schema", "house"], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /there are task, config, policy, scenario/);
});

it("scenarios in files may name files in place of traces", () => {
  for (const changes of [
    { churn: { kind: "trace", sessions: { file: "a.csv" } } },
    { churn: { kind: "encounters", contacts: { file: "a.csv" } } },
    { network: { latency: { kind: "matrix", ms: { file: "m.csv" } } } },
    { network: { topology: { kind: "edges", links: { file: "e.csv" } } } },
    { devices: { trainings: { file: "t.csv" } } },
  ])
    assert.ok(isValid("scenario", scenarioOf(changes)), why("scenario"));
  assert.ok(!isValid("scenario", scenarioOf({ churn: { kind: "trace", sessions: { path: "a.csv" } } })));
});
