/** The privacy of a task: what it fills in, and what it refuses. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { RATE_ONE } from "../../../protocol/base/spent.ts";
import { cohortOf, termsOf } from "../../../protocol/base/task.ts";
import { MECHANISMS, mechanismOf } from "../../../protocol/privacy/registry.ts";
import { decodeTask, encodeTask, parseTask } from "../../../protocol/task/manifest.ts";

const frame = {
  name: "private",
  input: { shape: [4] },
  output: { kind: "classification", classes: ["a", "b"] },
  model: { kind: "softmax" },
};

const task = (privacy: object, more: object = {}) => parseTask({ ...frame, privacy, ...more });
const dpSgd = { mechanism: "dp-sgd", clipNorm: 1 };

function faultOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (isHearsayError(error, "ERR_TASK")) return error.message;
    throw error;
  }
  return "none";
}

describe("the privacy of a task", () => {
  it("is left out where nobody asks for it: such tasks keep their bytes and ids", () => {
    const plain = parseTask(frame);
    assert.ok(!("privacy" in plain));
    assert.equal(mechanismOf(plain).name, "none");
  });

  it("is complete: a target says how many epochs it is for, and how much is spent at most", () => {
    const { privacy } = task({ ...dpSgd, targetEpsilon: 4 });
    assert.deepEqual(privacy, { ...dpSgd, targetEpsilon: 4, epochs: 20, delta: 1e-5, maxEpsilon: 4 });
    const whole = task({ ...dpSgd, noiseMultiplier: 1.1, maxEpsilon: 8 });
    assert.deepEqual(decodeTask(encodeTask(whole)), whole);
  });

  for (const [what, privacy, message] of [
    ["both a noise and a target", { noiseMultiplier: 1, targetEpsilon: 4 }, /give one of the two/],
    ["neither a noise nor a target", { maxEpsilon: 8 }, /give one of the two/],
    ["a noise that the accountant tells much too high", { noiseMultiplier: 0.5, maxEpsilon: 8 }, /noiseMultiplier/],
    ["a noise between thousandths", { noiseMultiplier: 1.0005, maxEpsilon: 8 }, /three decimals/],
    ["no end of the budget", { noiseMultiplier: 1 }, /maxEpsilon: is missing/],
    ["a target beyond the budget", { targetEpsilon: 9, maxEpsilon: 8 }, /above maxEpsilon 8/],
    ["epochs without a target", { noiseMultiplier: 1, maxEpsilon: 8, epochs: 3 }, /of targetEpsilon/],
    [
      "a mechanism that there is not",
      { mechanism: "dp-sdg", noiseMultiplier: 1, maxEpsilon: 8 },
      /one of dp-sgd, gaussian-update/,
    ],
    ["none by name", { mechanism: "none", noiseMultiplier: 1, maxEpsilon: 8 }, /one of dp-sgd, gaussian-update/],
    ["an unknown field", { noiseMultiplier: 1, maxEpsilon: 8, sigma: 1 }, /sigma/],
  ] as const)
    it(`is refused with ${what}`, () =>
      assert.match(
        faultOf(() => task({ ...dpSgd, ...privacy })),
        message,
      ));

  it("refuses what looks at the data beside the trainings", () => {
    const privacy = { ...dpSgd, noiseMultiplier: 1, maxEpsilon: 8 };
    assert.match(
      faultOf(() => task(privacy, { aggregation: { mostLoss: 1 } })),
      /aggregation\.mostLoss: lets losses on the data/,
    );
    assert.match(
      faultOf(() => task(privacy, { training: { absentClasses: 4 } })),
      /training\.absentClasses: changes all gradients/,
    );
  });

  it("refuses to clip gradients of batches where those of single records are clipped, and only there", () => {
    const privacy = { ...dpSgd, noiseMultiplier: 1, maxEpsilon: 8 };
    const clipped = { training: { maxGradientNorm: 1 } };
    assert.match(
      faultOf(() => task(privacy, clipped)),
      /training\.maxGradientNorm: shortens the gradient of a batch, and dp-sgd/,
    );
    assert.equal(task({ ...privacy, mechanism: "gaussian-update" }, clipped).training.maxGradientNorm, 1);
  });

  it("refuses batch normalisation where examples must be told apart, with the reason, and only there", () => {
    const layers = {
      model: { kind: "layers", topology: "{}" },
      tensors: [
        ["dense/kernel", [4, 2]],
        ["bn/moving_mean", [2]],
      ],
    };
    const noise = { noiseMultiplier: 1, maxEpsilon: 8 };
    assert.match(
      faultOf(() => task({ ...dpSgd, ...noise }, layers)),
      /batch normalisation \(tensor bn\/moving_mean\)/,
    );
    assert.equal(
      faultOf(() => task({ ...dpSgd, ...noise, mechanism: "gaussian-update" }, layers)),
      "none",
    );
  });
});

describe("the cohorts of a task", () => {
  it("need none of the fields of a mechanism, and have three members where nothing else is said", () => {
    const named = task({ cohort: {} });
    assert.deepEqual(cohortOf(named), { size: 3, minimum: 3 });
    assert.equal(termsOf(named), undefined);
    assert.equal(mechanismOf(named).name, "none");
    assert.deepEqual(decodeTask(encodeTask(named)), named);
  });

  it("have three to five members, and no minimum above the size", () => {
    for (const [cohort, said] of [
      [{ size: 2 }, /privacy\.cohort\.size/],
      [{ size: 6 }, /privacy\.cohort\.size/],
      [{ size: 4, minimum: 2 }, /privacy\.cohort\.minimum/],
      [{ size: 3, minimum: 4 }, /privacy\.cohort\.minimum.*above size/],
    ] as const)
      assert.match(
        faultOf(() => task({ cohort })),
        said,
      );
    assert.deepEqual(cohortOf(task({ cohort: { size: 5, minimum: 4 } })), { size: 5, minimum: 4 });
  });

  it("may stand beside a mechanism, and not beside fields of one that is not named", () => {
    const both = task({ ...dpSgd, targetEpsilon: 8, cohort: {} });
    assert.deepEqual(cohortOf(both), { size: 3, minimum: 3 });
    assert.equal(termsOf(both)?.maxEpsilon, 8);
    assert.deepEqual(decodeTask(encodeTask(both)), both);
    assert.match(
      faultOf(() => task({ cohort: {}, clipNorm: 1 })),
      /privacy\.clipNorm.*is of a mechanism/,
    );
    assert.match(
      faultOf(() => task({})),
      /privacy\.mechanism.*or give a cohort/,
    );
    assert.match(
      faultOf(() => task({ mechanism: "dp-sgd", targetEpsilon: 8 })),
      /privacy\.clipNorm.*is missing/,
    );
  });
});

describe("the noise of a peer", () => {
  const holding = { rows: 1437, training: { batch: 32, steps: 10 } };

  it("follows from the task's target and its own records", () => {
    const named = task({ ...dpSgd, targetEpsilon: 8 });
    const kindOf = (rows: number) =>
      mechanismOf(named).budget?.kindFor(termsOf(named) ?? never(), { ...holding, rows });
    assert.equal(kindOf(1437)?.noise, 788);
    assert.ok((kindOf(100)?.noise ?? 0) > 1200, "fewer records need more noise");
    assert.equal(kindOf(16)?.rate, RATE_ONE);
  });

  it("is refused where none is enough, with what to do", () => {
    for (const name of ["dp-sgd", "gaussian-update"]) {
      const terms = termsOf(task({ ...dpSgd, mechanism: name, targetEpsilon: 1e-4, epochs: 1e6 }));
      const { budget } = MECHANISMS.get(name) ?? never();
      assert.match(
        faultOf(() => budget?.kindFor(terms ?? never(), { ...holding, rows: 40 })),
        /no noise up to 1000 .*fewer epochs/,
      );
    }
  });
});

function never(): never {
  throw new Error("it is there");
}
