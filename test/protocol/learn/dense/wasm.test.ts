import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRng, type Rng } from "../../../../protocol/base/rng.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { createReferenceModel } from "../../../../protocol/learn/dense/model.ts";
import type { DenseModel, DenseShape } from "../../../../protocol/learn/dense/shape.ts";
import { createWasmModel } from "../../../../protocol/learn/dense/wasm.ts";
import type { Optimiser } from "../../../../protocol/learn/optimisers/optimiser.ts";
import { optimiserOf } from "../../../../protocol/learn/optimisers/registry.ts";
import { stepScalars } from "../../../../protocol/learn/optimisers/step-scalars.ts";
import { learningTask, randomData } from "../../../support/learning.ts";

/** Inputs, hidden units, outputs. */
function shapeOf(
  widths: readonly number[],
  activation: DenseShape["activation"],
  loss: DenseShape["loss"],
): { shape: DenseShape; numParams: number } {
  let numParams = 0;
  const layers = widths.slice(1).map((outputs, l) => {
    const inputs = widths[l] as number;
    const kernel = numParams;
    const bias = kernel + inputs * outputs;
    numParams = bias + outputs;
    return { inputs, outputs, kernel, bias };
  });
  return { shape: { layers, activation, loss }, numParams };
}

/** Zeros of both signs, denormals, small and large numbers of both signs. */
function someNumber(rng: Rng): number {
  const kind = rng.below(10);
  if (kind < 3) return kind === 0 ? -0 : 0;
  if (kind === 3) return 1e-41 * rng.normal();
  return rng.normal() * (kind === 4 ? 30 : 1);
}

interface Case {
  readonly widths: readonly number[];
  readonly activation: DenseShape["activation"];
  readonly loss: DenseShape["loss"];
  readonly length: number;
  readonly rows: number;
  readonly steps: number;
  readonly optimiser: Optimiser;
  readonly scale: number;
  readonly seed: number;
  readonly maxGradientNorm?: number | undefined;
}

const OPTIMISERS = [
  optimiserOf({ momentum: 0 }),
  optimiserOf({ momentum: 0.9 }),
  optimiserOf({ optimiser: "adam", momentum: 0 }),
];

function wasm(shape: DenseShape, optimiser: Optimiser, maxGradientNorm?: number): DenseModel {
  const model = createWasmModel(shape, optimiser, maxGradientNorm);
  assert.ok(model !== undefined, "this host has SIMD");
  return model;
}

/** Fits and predicts both ways; NaN counts as equal to NaN, whose bits WebAssembly leaves open. */
function assertSameBits(given: Case): void {
  const { widths, activation, loss, length, rows, steps, optimiser, scale, seed, maxGradientNorm } = given;
  const { shape, numParams } = shapeOf(widths, activation, loss);
  const outputs = widths.at(-1) as number;
  const rng = createRng(seed);
  const inputs = Float32Array.from({ length: length * (widths[0] as number) }, () => someNumber(rng));
  const targets =
    loss === "cross-entropy"
      ? Float32Array.from({ length }, () => rng.below(outputs))
      : Float32Array.from({ length: length * outputs }, () => rng.normal());
  const params = Float32Array.from({ length: numParams }, () => scale * someNumber(rng));
  const order = Uint32Array.from({ length: rows * steps }, () => rng.below(length));
  const scalars = stepScalars(
    optimiser,
    { learningRate: 0.1, schedule: { kind: "step", every: 2, factor: 0.5 } },
    1,
    steps,
  );
  const descent = { scalars, order, rows };
  const [before, data] = [params.slice(), { inputs, targets, length }];
  const [expected, found] = [
    createReferenceModel(shape, optimiser, maxGradientNorm),
    wasm(shape, optimiser, maxGradientNorm),
  ].map((model) => {
    const { params: after, loss: mean } = model.fit(params, data, descent);
    return [[...after], mean, [...model.predict(params, inputs)]];
  });
  assert.deepEqual(found, expected);
  assert.deepEqual(params, before);
}

const losses = ["cross-entropy", "squared-error"] as const;

test("kernels and TypeScript give the same bits, for every number of outputs", () => {
  for (let outputs = 1; outputs <= 40; outputs++)
    for (const loss of losses)
      for (const [optimiser, maxGradientNorm] of OPTIMISERS.flatMap((one) => [[one], [one, 0.05]] as const))
        assertSameBits({
          widths: [1 + (outputs % 7), outputs],
          activation: "relu",
          loss,
          length: 9,
          rows: 4,
          steps: 3,
          optimiser,
          scale: 0.5,
          seed: outputs,
          maxGradientNorm,
        });
});

test("kernels and TypeScript give the same bits, whatever the layers, rows, steps and numbers", () => {
  const width = (max: number) => fc.integer({ min: 1, max });
  fc.assert(
    fc.property(
      fc.record({
        widths: fc
          .tuple(width(40), fc.array(width(40), { maxLength: 2 }), width(20))
          .map(([inputs, hidden, outputs]) => [inputs, ...hidden, outputs]),
        activation: fc.constantFrom("relu" as const, "tanh" as const),
        loss: fc.constantFrom(...losses),
        length: width(40),
        rows: width(33),
        steps: width(4),
        optimiser: fc.constantFrom(...OPTIMISERS),
        scale: fc.constantFrom(0.1, 1, 1e4, 1e30),
        seed: fc.nat(),
        maxGradientNorm: fc.constantFrom(undefined, 1e-3, 0.1, 1),
      }),
      assertSameBits,
    ),
    { numRuns: 150 },
  );
});

test("kernels and TypeScript give the same bits where layers are wider than the registers", () => {
  for (const widths of [
    [70, 130, 5],
    [5, 33, 67, 131],
    [3, 64, 32],
  ])
    for (const activation of ["relu", "tanh"] as const)
      assertSameBits({
        widths,
        activation,
        loss: "cross-entropy",
        length: 12,
        rows: 5,
        steps: 3,
        optimiser: optimiserOf({ momentum: 0.9 }),
        scale: 0.3,
        seed: 1,
      });
});

test("data too large to lie in memory at once are trained on and predicted for as others are", () => {
  const optimiser = optimiserOf({ momentum: 0.9 });
  const common = { activation: "relu", loss: "cross-entropy", optimiser, scale: 0.1, seed: 3 } as const;
  assertSameBits({ ...common, widths: [1000, 3], length: 150, rows: 32, steps: 7 });
  assertSameBits({ ...common, widths: [70_000, 2], length: 3, rows: 2, steps: 2 });
});

test("models of other shapes in between change nothing, though all share one memory", () => {
  const shapes = [
    [9, 4],
    [30, 20, 10],
    [500, 100, 3],
    [4, 3, 2, 1],
  ].map((widths) => shapeOf(widths, "tanh", "squared-error"));
  const run = () =>
    shapes.map(({ shape, numParams }) => {
      const { inputs, outputs } = { inputs: shape.layers[0]?.inputs ?? 0, outputs: shape.layers.at(-1)?.outputs ?? 0 };
      const data = {
        inputs: new Float32Array(5 * inputs).fill(0.5),
        targets: new Float32Array(5 * outputs).fill(1),
        length: 5,
      };
      const order = Uint32Array.of(0, 1, 2, 3, 4, 0);
      const params = new Float32Array(numParams).map((_, i) => Math.sin(i));
      const optimiser = optimiserOf({ momentum: 0.5 });
      const scalars = stepScalars(optimiser, { learningRate: 0.1 }, 0, 3);
      return wasm(shape, optimiser).fit(params, data, { scalars, order, rows: 2 });
    });
  assert.deepEqual(run(), run());
});

test("a trainer takes the kernels or, if told so, TypeScript, and gives the same", async () => {
  for (const model of [{ kind: "softmax" }, { kind: "mlp", hidden: [6], activation: "tanh" }] as const) {
    const task = learningTask(model, { training: { momentum: 0.9, batch: 7 } });
    const [train, holdout] = [randomData(task, 30, "train"), randomData(task, 300, "holdout")];
    const params = new Float32Array(task.tensors.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b), 0));
    const results = await Promise.all(
      [false, true].map(async (plain) => {
        const trainer = createDenseTrainer({ task, train, holdout, plain });
        const fitted = await trainer.fit({ params, steps: 9, seed: "s" });
        return { fitted, metrics: await trainer.evaluate(fitted.params, "holdout") };
      }),
    );
    assert.deepEqual(results[0], results[1]);
  }
});

test("a call neither keeps what it was given nor returns what the next one changes", () => {
  const { shape, numParams } = shapeOf([6, 5, 4], "relu", "cross-entropy");
  const model = wasm(shape, optimiserOf({ momentum: 0 }));
  const params = new Float32Array(numParams).fill(0.25);
  const inputs = new Float32Array(12).fill(1);
  const first = model.predict(params, inputs);
  const kept = first.slice();
  model.predict(params.fill(-1), inputs.fill(3));
  assert.deepEqual(first, kept);
  assert.equal(model.predict(params, new Float32Array(0)).length, 0);
});
