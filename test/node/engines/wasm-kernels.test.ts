import assert from "node:assert/strict";
import { test } from "node:test";
import { type Backend, selectBackend, useBackend } from "../../../node/engines/backend.ts";
import type { Tensor, Tf } from "../../../node/engines/tf.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { distance } from "../../support/learning.ts";

type Operation = (tf: Tf, ...inputs: Tensor[]) => Tensor;
type Case = readonly [name: string, operation: Operation, ...shapes: (readonly number[])[]];

const [wasm, cpu] = [await selectBackend("wasm"), await selectBackend("cpu")];
const rng = createRng("wasm-kernels");

/** sum(cos(1.3 i) f(inputs)_i): the number whose gradients are looked at. */
function weigh(tf: Tf, value: Tensor): Tensor {
  const weights = Float32Array.from({ length: value.size }, (_, i) => Math.cos(1.3 * i));
  return tf.sum(tf.mul(value, tf.tensor(weights, value.shape)));
}

/** The value of the operation and the gradients of `weigh`, in this order. */
function run(backend: Backend, [, operation, ...shapes]: Case, data: readonly Float32Array[]): Float32Array[] {
  useBackend(backend);
  const { tf } = backend;
  const leaves = tf.memory().numTensors;
  const results = tf.tidy(() => {
    const inputs = data.map((values, i) => tf.tensor(values.slice(), [...(shapes[i] as number[])]));
    const gradients = tf.grads((...xs: Tensor[]) => weigh(tf, operation(tf, ...xs)))(inputs);
    return [operation(tf, ...inputs), ...gradients].map((tensor) => Float32Array.from(tensor.dataSync()));
  });
  assert.equal(tf.memory().numTensors, leaves, `${backend.name} leaks tensors`);
  return results;
}

function randomInputs([, , ...shapes]: Case): Float32Array[] {
  // mostly negative, so that whole windows are
  return shapes.map((shape) =>
    Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, () => rng.uniform() - 0.9),
  );
}

/** Values and gradients on wasm are those of the cpu backend, to 1e-5 of the greatest of each. */
function assertAgree(...cases: readonly Case[]): void {
  for (const each of cases) {
    const data = randomInputs(each);
    const [ours, reference] = [run(wasm, each, data), run(cpu, each, data)];
    for (const [i, wanted] of reference.entries()) {
      const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      const worst = distance(ours[i] as Float32Array, wanted);
      const what = i === 0 ? "value" : `gradient ${i}`;
      assert.ok(worst <= 1e-5 * scale, `${each[0]}: ${what} is off by ${worst}, of ${scale}`);
    }
  }
}

/**
 * For operations that are linear in each input, where the cpu backend is no reference: the gradient with respect to
 * x[j] is the weighed value at the j-th unit vector.
 */
function assertAdjoint(...cases: readonly Case[]): void {
  for (const each of cases) {
    const [name, operation, ...shapes] = each;
    const [, gradient] = run(wasm, each, randomInputs(each));
    const { tf } = wasm;
    const units = Float32Array.from(gradient ?? [], (_, j) =>
      tf.tidy(() => {
        const unit = new Float32Array(gradient?.length ?? 0);
        unit[j] = 1;
        return weigh(tf, operation(tf, tf.tensor(unit, [...(shapes[0] as number[])]))).dataSync()[0] as number;
      }),
    );
    assert.ok(distance(gradient ?? [], units) < 1e-5, `${name}: off by ${distance(gradient ?? [], units)}`);
  }
}

const image = [2, 9, 8, 3] as const;
const windows = [1, 2, 3].flatMap((size) =>
  [1, 2, 3].flatMap((stride) => (["same", "valid"] as const).map((pad) => ({ size, stride, pad }))),
);
const named = ({ size, stride, pad }: (typeof windows)[number]) => `size ${size}, stride ${stride}, ${pad}`;
const four = (x: Tensor) => x as ReturnType<Tf["tensor4d"]>;

test("2-D convolution has the right value and gradients for all kernel sizes, strides and paddings", () => {
  assertAgree(
    ...windows.map(
      (window): Case => [
        named(window),
        (tf, x, w) => tf.conv2d(four(x), four(w), window.stride, window.pad),
        image,
        [window.size, window.size, 3, 4],
      ],
    ),
    ["even kernel", (tf, x, w) => tf.conv2d(four(x), four(w), 1, "same"), image, [4, 2, 3, 5]],
    ["padding by number", (tf, x, w) => tf.conv2d(four(x), four(w), 2, 1), image, [3, 3, 3, 4]],
    ["padding wider than the kernel", (tf, x, w) => tf.conv2d(four(x), four(w), 1, 3), image, [3, 3, 3, 4]],
    ["kernel as large as the image", (tf, x, w) => tf.conv2d(four(x), four(w), 1, "valid"), image, [9, 8, 3, 2]],
    ["one example, one channel", (tf, x, w) => tf.conv2d(four(x), four(w), 1, "same"), [1, 5, 5, 1], [3, 3, 1, 1]],
    [
      "transposed",
      (tf, x, w) => tf.conv2dTranspose(four(x), four(w), [2, 10, 8, 4], 2, "same"),
      [2, 5, 4, 3],
      [3, 3, 4, 3],
    ],
    [
      "transposed, stride 1",
      (tf, x, w) => tf.conv2dTranspose(four(x), four(w), [2, 5, 4, 4], 1, "same"),
      [2, 5, 4, 3],
      [3, 3, 4, 3],
    ],
  );
});

test("depthwise convolution has the right value and gradients, with and without a channel multiplier", () => {
  assertAgree(
    ...[1, 2].flatMap((multiplier) =>
      windows.map(
        (window): Case => [
          `${named(window)}, multiplier ${multiplier}`,
          (tf, x, w) => tf.depthwiseConv2d(four(x), four(w), window.stride, window.pad),
          image,
          [window.size, window.size, 3, multiplier],
        ],
      ),
    ),
  );
});

test("fused convolutions, as in evaluation, have the right value where the kernel is smaller than the stride", () => {
  for (const [stride, size] of [
    [3, 2],
    [4, 2],
    [4, 3],
  ] as const) {
    const data = [image, [size, size, 3, 2], [6]].map((shape) =>
      new Float32Array(shape.reduce((p, n) => p * n, 1)).map(() => rng.normal()),
    );
    const values = [wasm, cpu].map((backend) => {
      useBackend(backend);
      const { tf } = backend;
      return tf.tidy(() => {
        const [x, w, b] = [
          tf.tensor4d(data[0]?.slice() ?? [], [...image]),
          tf.tensor4d(data[1]?.slice() ?? [], [size, size, 3, 2]),
          tf.tensor1d(data[2]?.slice() ?? []),
        ];
        const options = { x, strides: stride, pad: "same", activation: "relu" } as const;
        const plain = tf.fused.conv2d({ ...options, filter: w, bias: tf.slice(b, 0, 2) });
        const depthwise = tf.fused.depthwiseConv2d({ ...options, filter: w, bias: b });
        return [...plain.dataSync(), ...depthwise.dataSync()];
      });
    });
    const worst = values[0]?.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (values[1]?.[i] ?? Number.NaN))),
      0,
    );
    assert.ok(worst !== undefined && worst < 1e-5, `stride ${stride}, size ${size}: off by ${worst}`);
  }
});

test("max pooling has the right value and gradient, also where a whole window is negative or windows overlap", () => {
  assertAgree(
    ...windows.map(
      (window): Case => [named(window), (tf, x) => tf.maxPool(four(x), window.size, window.stride, window.pad), image],
    ),
  );
});

test("average pooling and nearest-neighbour upsampling have the gradient that their forward pass implies", () => {
  assertAdjoint(
    ...windows.map(
      (window): Case => [
        named(window),
        (tf, x) => tf.avgPool(four(x), window.size, window.stride, window.pad),
        [2, 5, 4, 2],
      ],
    ),
    ["upsampling", (tf, x) => tf.image.resizeNearestNeighbor(four(x), [8, 6]), [3, 4, 3, 2]],
  );
});

test("the gradient of max pooling goes to the first of equal values", () => {
  useBackend(wasm);
  const { tf } = wasm;
  tf.tidy(() => {
    const gradient = tf.grad((x: Tensor) => tf.sum(tf.maxPool(four(x), 2, 2, "valid")))(tf.fill([1, 2, 4, 1], -7));
    assert.deepEqual([...gradient.dataSync()], [1, 0, 1, 0, 0, 0, 0, 0]);
  });
});

test("gather, and so an embedding, has the right gradient where an index stands twice and where it never does", () => {
  assertAgree(
    ["rows", (tf, x) => tf.gather(x, tf.tensor1d([3, 1, 3, 0], "int32")), [5, 4]],
    ["columns", (tf, x) => tf.gather(x, tf.tensor1d([1, 2, 1], "int32"), 1), [4, 3, 2]],
    ["a table of indices", (tf, x) => tf.gather(x, tf.tensor2d([1, 2, 1, 0], [2, 2], "int32")), [4, 3]],
  );
});

test("the operations of dense layers, activations, normalisation and losses have the right gradients", () => {
  const pointwise = ["relu", "tanh", "sigmoid", "elu", "selu", "softplus", "softmax", "exp", "square"] as const;
  assertAgree(
    ["matrix product", (tf, x, w) => tf.matMul(x, w), [5, 4], [4, 3]],
    ["batched matrix product", (tf, x, w) => tf.matMul(x, w, false, true), [2, 5, 4], [2, 3, 4]],
    ["bias", (tf, x, b) => tf.add(x, b), [5, 4], [4]],
    ...pointwise.map((name): Case => [name, (tf, x) => tf[name](x), [5, 4]]),
    ["ln sum exp", (tf, x) => tf.logSumExp(x, 1), [5, 4]],
    ["ln of clipped", (tf, x) => tf.log(tf.clipByValue(tf.softmax(x), 1e-30, 1)), [5, 4]],
    ["moments", (tf, x) => tf.sqrt(tf.moments(x, [0, 1]).variance), [5, 6, 4]],
    ["concatenation", (tf, x, y) => tf.square(tf.concat([x, y], 1)), [5, 4], [5, 2]],
    [
      "padding",
      (tf, x) =>
        tf.square(
          tf.pad(x, [
            [1, 2],
            [0, 1],
          ]),
        ),
      [5, 4],
    ],
    ["slices", (tf, x) => tf.square(tf.stack(tf.split(x, 2, 1))), [5, 4]],
    ["bilinear resizing", (tf, x) => tf.image.resizeBilinear(four(x), [8, 6]), [2, 4, 4, 2]],
  );
});

test("operations that a backend gets wrong are taken away rather than trusted", () => {
  const { tf } = wasm;
  useBackend(wasm);
  assert.throws(
    () => tf.tidy(() => tf.maxPool3d(tf.tensor5d(new Float32Array(8), [1, 2, 2, 2, 1]), 2, 2, "valid")),
    /not registered/,
  );
  useBackend(cpu);
  const upsample = (x: Tensor) => tf.sum(tf.image.resizeNearestNeighbor(four(x), [4, 4]));
  assert.throws(() => tf.tidy(() => tf.grad(upsample)(tf.zeros([1, 2, 2, 1]))), /not registered/);
});
