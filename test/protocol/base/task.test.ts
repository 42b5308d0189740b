import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import * as z from "zod";
import { nodeCrypto } from "../../../node/crypto.ts";
import { floatsToBytes, toHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { type Fault, list } from "../../../protocol/base/faults.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { inputSize, numParams, outputSize } from "../../../protocol/base/task.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { decodeTask, encodeTask, parseTask } from "../../../protocol/task/manifest.ts";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";

const DIGITS = `
name: digits
input: { shape: [8, 8, 1], std: 16 }
output: { kind: classification, classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }
model: { kind: softmax }
`;

/** The same, with every key in another order and some defaults written out. */
const DIGITS_SHUFFLED = `
model: { kind: softmax }
training: { batch: 32, momentum: 0, steps: 10, learningRate: 0.1, optimiser: sgd }
output:
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
  kind: classification
codec: f32
seed: 1
input:
  std: [16]
  mean: 0
  shape: [8, 8, 1]
name: digits
`;

/** SHA-256 of the initial parameters (float32, little-endian) of digits tasks. Made by this code, version 0.1.0. */
const INITIAL: readonly { name: string; changes: Record<string, unknown>; length: number; digest: string }[] = [
  {
    name: "softmax",
    changes: {},
    length: 650,
    digest: "90367e24dccba06e5fafa4b7fe1dc8b6213e2780ae1f6285919833dabb5c9a5a",
  },
  {
    name: "mlp",
    changes: { model: { kind: "mlp", hidden: [16, 8] } },
    length: 1266,
    digest: "d043fbabb7f457b0e1fd120e1c5e99f597a9a0e1480e78cb6ecd1fa8dba0c136",
  },
  {
    name: "cnn",
    changes: { model: { kind: "cnn", filters: [4, 8], hidden: [16] } },
    length: 1034,
    digest: "4d1c156231a2b8983f2c3a3340d1903c34cc1054b05352921c0e8769213a6f91",
  },
  {
    name: "listed tensors, normalisation and the largest seed",
    changes: {
      seed: 2 ** 32 - 1,
      model: { kind: "layers", topology: "{}" },
      tensors: [
        ["conv/kernel", [3, 3, 1, 4]],
        ["norm/gamma", [4]],
        ["norm/moving_variance", [4]],
        ["norm/beta", [4]],
        ["scale", []],
      ],
    },
    length: 49,
    digest: "e0b821ab1f5cdca35b06c63be58831a3ef140217e4bc441f34d00108582fdea9",
  },
];

const base = () => parse(DIGITS) as Record<string, unknown>;
const taskId = (source: unknown) => toHex(nodeCrypto.sha256(encodeTask(parseTask(source))));

/** The faults of a source, which must have some. */
function faultsOf(source: unknown): readonly Fault[] {
  try {
    parseTask(source);
  } catch (error) {
    assert.ok(isHearsayError(error, "ERR_TASK"));
    const faults = error.details.faults as readonly Fault[];
    for (const { path, message } of faults) assert.ok(error.message.includes(`${path}: ${message}`));
    return faults;
  }
  return assert.fail("no fault was found");
}

/** Asserts that a change of the digits task has exactly one fault, at a path and with a message. */
function fault(changes: Record<string, unknown>, path: string, message: RegExp): void {
  const faults = faultsOf({ ...base(), ...changes });
  assert.deepEqual(
    faults.map((found) => found.path),
    [path],
    JSON.stringify(faults),
  );
  assert.match(faults[0]?.message ?? "", message);
}

describe("a task's id", () => {
  it("is the same in every version", () => {
    assert.equal(taskId(parse(DIGITS)), "f7b00d65842179b61605569c82cb6137075e179d004ba351ce5b2728ca00c1ce");
  });

  it("does not depend on the order of keys, nor on whether defaults are written out", () => {
    assert.equal(taskId(parse(DIGITS_SHUFFLED)), taskId(parse(DIGITS)));
  });

  it("changes with every field that peers must agree on", () => {
    const changes: Record<string, unknown>[] = [
      {},
      { name: "other" },
      { seed: 2 },
      { model: { kind: "mlp", hidden: [4] } },
      { model: { kind: "mlp", hidden: [4], activation: "tanh" } },
      { training: { steps: 11 } },
      { aggregation: { rule: "median" } },
      { aggregation: { quorum: 4 } },
      { staleness: { floor: 0.7 } },
      { input: { shape: [8, 8, 1], std: 15 } },
      { input: { shape: [64], std: 16 } },
      { limits: { maxModelBytes: 1_000_000 } },
    ];
    assert.equal(new Set(changes.map((change) => taskId({ ...base(), ...change }))).size, changes.length);
  });
});

describe("the canonical bytes of a task", () => {
  it("decode to the task, and to the same bytes again", () => {
    for (const changes of [
      {},
      { model: { kind: "mlp", hidden: [5, 3] } },
      { model: { kind: "cnn", filters: [4] } },
      { output: { kind: "regression", targets: ["t", "u"], mean: [1, 2], std: 3 } },
      {
        model: { kind: "layers", topology: "{}" },
        tensors: [
          ["a/kernel", [64, 10]],
          ["scale", []],
        ],
      },
      { staleness: { function: "hinge", a: 1 }, training: { learningRate: 1e-5, momentum: 0.9 } },
      { training: { optimiser: "adam", schedule: { kind: "cosine", steps: 1000 } } },
      { training: { schedule: { kind: "cosine", steps: 1000, floor: 0.1, peak: 1.9 }, runningMean: 0 } },
      { training: { maxGradientNorm: 0.5 } },
    ]) {
      const task = parseTask({ ...base(), ...changes });
      const bytes = encodeTask(task);
      assert.deepEqual(decodeTask(bytes), task);
      assert.deepEqual(encodeTask(decodeTask(bytes)), bytes);
    }
  });

  it("are refused where a field with a default is left out, so that a task has one id", () => {
    const { seed: _, ...incomplete } = parseTask(base());
    assert.throws(() => decodeTask(encodeCanonical(incomplete)), { code: "ERR_NOT_CANONICAL" });
    const { tensors: __, ...implied } = parseTask(base());
    assert.throws(() => decodeTask(encodeCanonical(implied)), { code: "ERR_NOT_CANONICAL" });
    const short = { ...parseTask(base()), input: { ...parseTask(base()).input, std: 16 } };
    assert.throws(() => decodeTask(encodeCanonical(short)), { code: "ERR_NOT_CANONICAL" });
  });

  it("are refused with a code where they are no task, too long, or no DAG-CBOR", () => {
    assert.throws(() => decodeTask(encodeCanonical({ name: "x" })), { code: "ERR_TASK" });
    assert.throws(() => decodeTask(encodeCanonical({ ...parseTask(base()), more: 1 })), { code: "ERR_TASK" });
    assert.throws(() => decodeTask(encodeCanonical({ ...parseTask(base()), version: 2 })), { code: "ERR_TASK" });
    assert.throws(() => decodeTask(new Uint8Array(LIMITS.maxManifestBytes + 1)), { code: "ERR_TOO_LARGE" });
    assert.throws(() => decodeTask(Uint8Array.of(0xff)), { code: "ERR_DECODE" });
  });
});

describe("a manifest of strangers, however long and wrong, costs no more than its bytes:", () => {
  const many = <T>(length: number, of: (i: number) => T) => Array.from({ length }, (_, i) => of(i));
  const fields = (length: number) => Object.fromEntries(many(length, (i) => [`k${i}`, "x"]));
  const input = { shape: [64] };
  const wrong: readonly [what: string, changes: Record<string, unknown>, path: string][] = [
    ["a million integers as columns", { input: { ...input, features: many(1e6, (i) => i % 24) } }, "input.features"],
    [
      "integers as columns, as many as may be",
      { input: { ...input, features: many(262_144, () => 1) } },
      "features.19",
    ],
    ["a million texts as means", { input: { ...input, mean: many(1e6, () => "") } }, "input.mean"],
    ["texts as spreads, as many as may be", { input: { ...input, std: many(262_144, () => "") } }, "input.std"],
    ["a million layers", { model: { kind: "mlp", hidden: many(1e6, () => 0) } }, "model.hidden"],
    ["a million filters", { model: { kind: "cnn", filters: many(1e6, () => 0) } }, "model.filters"],
    ["a million classes", { output: { kind: "classification", classes: many(1e6, () => []) } }, "output.classes"],
    ["a million targets", { output: { kind: "regression", targets: many(1e6, () => 0) } }, "output.targets"],
    ["a million dimensions", { input: { shape: many(1e6, () => 0) } }, "input.shape"],
    ["a million tensors", { tensors: many(1e6, () => 0) }, "tensors"],
    ["a tensor of a million dimensions", { tensors: [["a", many(1e6, () => 0)]] }, "tensors.0.1"],
    ["200,000 fields", fields(200_000), "(top)"],
    ["200,000 parameters of a rule", { aggregation: { parameters: fields(200_000) } }, "aggregation"],
    ["a name of a million letters", { name: "N".repeat(1e6) }, "name"],
    [
      "a class of a million letters",
      { output: { kind: "classification", classes: ["a", "b".repeat(1e6)] } },
      "classes.1",
    ],
    [
      "an example of 10^30 numbers",
      { input: { shape: [1e10, 1e10, 1e10] }, model: { kind: "cnn", filters: [1] } },
      "shape",
    ],
    ["an example of 2^25 numbers", { input: { shape: [2 ** 25] } }, "input.shape"],
  ];
  for (const [what, changes, path] of wrong)
    it(`${what}: a few faults, few words`, () => {
      const source = { ...base(), ...changes };
      const faults = faultsOf(source);
      assert.ok(faults.length <= 20, `${faults.length} faults`);
      assert.ok(
        faults.some((fault) => fault.path.includes(path)),
        JSON.stringify(faults.slice(0, 3)),
      );
      assert.ok(JSON.stringify(faults).length < 10_000);
      assert.throws(
        () => parseTask(source),
        ({ message }: Error) => message.length < 10_000,
      );
    });

  const texts = (length: number) => many(length, (i) => `c${i}`);
  const bounded: readonly [path: string, max: number, changes: (length: number) => Record<string, unknown>][] = [
    ["input.features", LIMITS.maxFeatures, (n) => ({ input: { ...input, features: texts(n) } })],
    ["input.mean", LIMITS.maxFeatures, (n) => ({ input: { ...input, mean: many(n, (i) => i) } })],
    ["input.std", LIMITS.maxFeatures, (n) => ({ input: { ...input, std: many(n, () => 1) } })],
    ["input.missing", LIMITS.maxMissingValues, (n) => ({ input: { ...input, missing: texts(n) } })],
    ["output.classes", LIMITS.maxClasses, (n) => ({ output: { kind: "classification", classes: texts(n) } })],
    ["output.targets", LIMITS.maxTargets, (n) => ({ output: { kind: "regression", targets: texts(n) } })],
    ["tensors", LIMITS.maxTensors, (n) => ({ tensors: many(n, (i) => [`t${i}`, [1]]) })],
    ["input.shape", LIMITS.maxInputs, (n) => ({ input: { shape: [n] } })],
    ["output.classes.1", LIMITS.maxNameCharacters, (n) => classNamed("b".repeat(n))],
    ["input.features.0", LIMITS.maxNameCharacters, (n) => ({ input: { shape: [1], features: ["c".repeat(n)] } })],
  ];
  const classNamed = (text: string) => ({ output: { kind: "classification", classes: ["a", text] } });
  const TOO_MANY = /entries; give|numbers; at most|give a (?:number|list)|characters; shorten/;
  for (const [path, max, changes] of bounded)
    it(`${path}: ${max} are no fault, and one more is`, () => {
      const isTooLong = (length: number) => {
        try {
          parseTask({ ...base(), ...changes(length) });
          return false;
        } catch (error) {
          if (!isHearsayError(error, "ERR_TASK")) throw error;
          const faults = error.details.faults as readonly Fault[];
          return faults.some((fault) => fault.path === path && TOO_MANY.test(fault.message));
        }
      };
      assert.equal(isTooLong(max + 1), true);
      if (max < LIMITS.maxFeatures) assert.equal(isTooLong(max), false); // longer ones: below
    });

  it("a list of wrong entries is not looked at beyond as many faults as are told", () => {
    let looked = 0;
    const wrong = z.unknown().refine(() => ++looked < 0);
    assert.equal(list(wrong, 0, 1e6).safeParse(many(1000, () => 1)).success, false);
    assert.equal(looked, 20);
  });

  it("and one with as many columns as may be is read", () => {
    const width = LIMITS.maxFeatures;
    const task = parseTask({
      ...base(),
      input: { shape: [width], features: many(width, (i) => `c${i}`), mean: many(width, (i) => i) },
      limits: { maxModelBytes: 2 ** 29 },
    });
    assert.equal(decodeTask(encodeTask(task)).input.features.length, width);
  });
});

describe("two peers that are built apart", () => {
  for (const { name, changes, length, digest } of INITIAL) {
    it(`start from the same parameters to the bit: ${name}`, () => {
      const mine = parseTask({ ...base(), ...changes });
      const theirs = decodeTask(encodeTask(mine));
      const params = initialParams(mine.tensors, mine.seed);
      assert.deepEqual(initialParams(theirs.tensors, theirs.seed), params);
      assert.equal(params.length, length);
      assert.equal(numParams(mine), length);
      assert.equal(toHex(nodeCrypto.sha256(floatsToBytes(params))), digest);
    });
  }

  it("start elsewhere with another seed", () => {
    const { tensors } = parseTask(base());
    assert.notDeepEqual(initialParams(tensors, 1), initialParams(tensors, 2));
  });
});

describe("a task as people write it", () => {
  it("needs no more than name, input, output and model; the rest has defaults", () => {
    const task = parseTask(base());
    assert.deepEqual(task.tensors, [
      ["dense0/kernel", [64, 10]],
      ["dense0/bias", [10]],
    ]);
    assert.deepEqual([inputSize(task), outputSize(task)], [64, 10]);
    assert.equal(task.aggregation.rule, "guarded-median");
    assert.ok(Object.keys(task.aggregation.parameters).length > 0, "the rule's parameters are filled in");
  });

  it("is told all its faults at once, each with its path and the value that was given", () => {
    const faults = faultsOf({
      name: "No Capitals",
      input: { shape: [0] },
      output: { kind: "classification", classes: ["a"] },
      model: { kind: "mlp", hidden: [], activation: "gelu" },
      training: { learningRate: -1, momentum: 1 },
      colour: "red",
    });
    const text = faults.map(({ path, message }) => `${path}: ${message}`).join("\n");
    for (const path of [
      "name",
      "input.shape.0",
      "output.classes",
      "model.hidden",
      "model.activation",
      "training.learningRate",
      "training.momentum",
    ])
      assert.ok(
        faults.some((found) => found.path === path),
        `${path} is missing in\n${text}`,
      );
    for (const value of ['"No Capitals"', '"gelu"', "given: -1", "given: 0", '"colour"'])
      assert.ok(text.includes(value), `${value}\n${text}`);
  });

  it("is told of a number that is none as it was written", () => {
    const [fault] = faultsOf({ ...base(), training: { learningRate: Number.POSITIVE_INFINITY } });
    assert.match(fault?.message ?? "", /\(given: Infinity\)/);
  });

  it("that is no map is told so", () => {
    for (const source of [null, 5, "digits", [], undefined]) assert.equal(faultsOf(source)[0]?.path, "(top)");
  });

  it("is told what its shapes do not fit, and what would", () => {
    fault({ input: { shape: [8], mean: [1, 2] } }, "input.mean", /has 2 entries; give 1 or 8/);
    fault({ input: { shape: [2], features: ["a"] } }, "input.features", /names 1 column; the shape needs 2/);
    fault({ input: { shape: [2], features: ["a", "a"] } }, "input.features", /twice/);
    fault({ output: { kind: "classification", classes: ["a", "a"] } }, "output.classes", /twice/);
    fault({ output: { kind: "regression", targets: ["t", "u"], std: [1, 2, 3] } }, "output.std", /give 1 or 2/);
    fault({ aggregation: { quorum: 9 } }, "aggregation.quorum", /above inboxSize 8/);
    fault({ aggregation: { rule: "best" } }, "aggregation.rule", /"best" is unknown; there are .*guarded-median/);
    fault({ aggregation: { rule: "nnm+arc+mean" } }, "aggregation.rule", /may stand any of balance.arc.bucketing.nnm/);
    fault(
      { aggregation: { rule: "bucketing+mean", parameters: { colour: 1 } } },
      "aggregation.parameters",
      /bucket \(/,
    );
    const threes = { rule: "bucketing+krum", quorum: 7, parameters: { bucket: 3 } };
    fault({ aggregation: threes }, "aggregation.quorum", /is 7; rule bucketing\+krum needs at least 10/);
    fault({ aggregation: { rule: "multi-krum" } }, "aggregation.quorum", /is 3; rule multi-krum needs at least 4/);
    fault({ aggregation: { parameters: { colour: 1 } } }, "aggregation.parameters", /colour/);
    fault({ codec: "zip" }, "codec", /"zip" is unknown; one of f32/);
    fault(
      { model: { kind: "cnn", filters: [2] }, input: { shape: [64] } },
      "input.shape",
      /\[height, width, channels\]/,
    );
    fault({ model: { kind: "cnn", filters: [2, 2, 2, 2] } }, "model", /used up/);
    fault({ model: { kind: "layers", topology: "{}" } }, "tensors", /hearsay init/);
    fault({ tensors: [["dense0/kernel", [64, 9]]] }, "tensors", /leave them out/);
    fault({ limits: { maxModelBytes: 100 } }, "limits.maxModelBytes", /is 100, the model alone has 2600 bytes/);
  });

  it("with tensors that fit into no model body is refused: a name twice, a reserved one, names too long in all", () => {
    const listed = (tensors: unknown) => ({ model: { kind: "layers", topology: "{}" }, tensors });
    const twice = [
      ["a", [1]],
      ["a", [2]],
    ];
    fault(listed(twice), "tensors", /"a" is taken/);
    fault(listed([["__metadata__", [1]]]), "tensors", /"__metadata__" is taken/);
    const long = Array.from({ length: 4096 }, (_, i) => [`${i}/`.padEnd(256, "x"), [1]]);
    fault(listed(long), "tensors", /header of \d+ bytes is too long/);
  });

  it("never asks for more than this program bounds", () => {
    fault({ aggregation: { inboxSize: LIMITS.maxInboxSize + 1 } }, "aggregation.inboxSize", /32/);
    fault({ aggregation: { memory: LIMITS.maxMemory + 1 } }, "aggregation.memory", /32/);
    fault({ limits: { maxModelBytes: LIMITS.maxModelBytes + 1 } }, "limits.maxModelBytes", /536870912/);
  });

  it("with tensors beyond all bounds is refused before any is allocated", () => {
    const huge = { model: { kind: "layers", topology: "{}" }, tensors: [["a", [2 ** 53 - 1, 2 ** 53 - 1]]] };
    fault(huge, "limits.maxModelBytes", /the model alone/);
    fault({ model: { kind: "mlp", hidden: new Array(16).fill(65536) } }, "limits.maxModelBytes", /the model alone/);
  });
});
