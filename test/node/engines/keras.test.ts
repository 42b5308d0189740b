/** Models as Keras 3, Keras 2 and tfjs write them (test/fixtures/models), and texts that are none. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { selectBackend, useBackend } from "../../../node/engines/backend.ts";
import { tensorsOfTopology } from "../../../node/engines/tensorflow.ts";
import type { Tensor } from "../../../node/engines/tf.ts";
import { inputShapeOf, loadTopology, readTopology, weightsOf } from "../../../node/engines/topology.ts";
import { checkDepth } from "../../../node/engines/topology-check.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { distance, learningTask } from "../../support/learning.ts";

const fixture = (name: string) => readFile(new URL(`../../fixtures/models/${name}.json`, import.meta.url), "utf8");
const frame = (shape: readonly number[] = [5]) => learningTask({ kind: "softmax" }, { input: { shape } });

const size = (shape: readonly (number | null)[]) => shape.reduce<number>((product, n) => product * (n ?? 1), 1);

async function tensorNames(text: string): Promise<string[]> {
  const tensors = await tensorsOfTopology(text, frame(inputShapeOf(readTopology(text))));
  return tensors.map(([name, shape]) => `${name} ${shape.join("x")}`);
}

test("Sequential models and graphs of Keras 3 are read, nested ones too, with the tensors of Keras", async () => {
  const dense = ["dense/kernel 5x8", "dense/bias 8", "batch_normalization/gamma 8", "batch_normalization/beta 8"];
  const statistics = ["batch_normalization/moving_mean 8", "batch_normalization/moving_variance 8"];
  assert.deepEqual(await tensorNames(await fixture("keras3-dense")), [
    ...dense,
    ...statistics,
    "dense_1/kernel 8x3",
    "dense_1/bias 3",
  ]);
  const sizes = {
    "keras3-conv": [3 * 3 * 4, 4, 3 * 3 * 4, 4, 12, 3],
    "keras3-graph": [20, 4, 20, 4, 24, 3],
    "keras3-lstm": [32, 64, 16, 12, 3],
    "keras3-embedding": [40, 60, 3],
    "keras3-nested": [20, 4, 12, 3],
    "keras3-nested-graph": [20, 4, 12, 3],
  };
  for (const [name, wanted] of Object.entries(sizes)) {
    const text = await fixture(name);
    const tensors = await tensorsOfTopology(text, frame(inputShapeOf(readTopology(text))));
    const products = tensors.map(([, shape]) => shape.reduce((product, n) => product * n, 1));
    assert.deepEqual(products, wanted, name);
  }
});

test("a model of Keras 3 puts out what Keras 3 puts out, on wasm and cpu", async () => {
  const wanted = JSON.parse(await fixture("outputs")) as Record<string, number[]>;
  for (const name of ["wasm", "cpu"] as const) {
    const backend = await selectBackend(name);
    useBackend(backend);
    const { tf } = backend;
    for (const [file, outputs] of Object.entries(wanted)) {
      const text = await fixture(file);
      const shape = inputShapeOf(readTopology(text)) ?? [];
      const model = await loadTopology(tf, text, frame(shape));
      const given = tf.tidy(() => {
        let k = 0;
        for (const weight of weightsOf(model)) {
          const values = Float32Array.from({ length: size(weight.shape) }, () => 0.31 + 0.3 * Math.cos(k++));
          weight.write(tf.tensor(values, weight.shape as number[]));
        }
        const numbers = (_: unknown, i: number) => (file.endsWith("embedding") ? i % 10 : Math.sin(i));
        const example = tf.tensor(Float32Array.from({ length: size(shape) }, numbers), [1, ...shape]);
        return [...(model.apply(example, { training: false }) as Tensor).dataSync()];
      });
      model.dispose();
      assert.ok(distance(given, outputs) < 1e-4, `${file} on ${name}: ${given}, Keras ${outputs}`);
    }
  }
});

test("what tfjs cannot compute is refused with the layer, who wrote it and what to do", async () => {
  const faults = {
    "keras3-activations": /"hard" \(Dense, written by Keras 3\).*hard_sigmoid.*take sigmoid/,
    "keras3-custom": /"scale" \(Scale, written by Keras 3\) is a class of your own.*Keras' own layers/,
    "keras3-gru": /"memory" \(GRU\).*reset_after=False/,
    "keras3-lambda": /"twice" \(Lambda, written by Keras 3\).*never run/,
    "keras3-mixed": /"half".*"mixed_float16".*set_dtype_policy\("float32"\)/,
    "keras3-ops": /"multiply".*operation of Python/,
    "keras3-two-heads": /2 outputs.*Concatenate/,
  };
  for (const [name, message] of Object.entries(faults))
    await assert.rejects(tensorNames(await fixture(name)), { code: "ERR_TASK", message }, name);
});

test("LeakyReLU and ReLU of Keras 3 keep their slope and bound", async () => {
  const json = JSON.parse(await fixture("keras3-activations"));
  json.config.layers.at(-1).config.activation = "softmax";
  const model = readTopology(JSON.stringify(json));
  const config = (name: string) => model.config.layers.find((layer) => layer.config.name === name)?.config;
  assert.equal(config("leaky")?.alpha, 0.2);
  assert.equal(config("six")?.max_value, 6);
  assert.equal((await tensorNames(JSON.stringify(json))).length, 4);
});

test("files of Keras 2 and tfjs give the tensors that they gave before", async () => {
  for (const name of ["keras2-dense", "keras2-graph", "tfjs-dense"])
    assert.deepEqual(
      await tensorNames(await fixture(name)),
      ["first/kernel 5x4", "first/bias 4", "last/kernel 4x3", "last/bias 3"],
      name,
    );
});

test("a model that has been read once is read again as it is", async () => {
  for (const name of ["keras3-dense", "keras3-nested-graph", "keras3-lstm", "keras2-graph", "tfjs-dense"]) {
    const once = readTopology(await fixture(name));
    assert.deepEqual(readTopology(JSON.stringify(once)), once, name);
  }
});

const layer = (class_name: string, config: Record<string, unknown>) => ({ class_name, config });
const from5 = { batch_input_shape: [null, 5] };
const row = (...layers: object[]) => JSON.stringify({ class_name: "Sequential", config: { name: "net", layers } });
const last = layer("Dense", { name: "last", units: 3 });

/** A graph in - a - b - out, whose edges may be changed. */
function graph(
  change: (layers: Record<string, { inbound_nodes: unknown[]; config: Record<string, unknown> }>) => void,
): string {
  const call = (name: string) => [[[name, 0, 0, {}]]];
  const layers = {
    in: { ...layer("InputLayer", { ...from5, name: "in" }), name: "in", inbound_nodes: [] as unknown[] },
    a: { ...layer("Dense", { name: "a", units: 4 }), name: "a", inbound_nodes: call("in") },
    b: { ...layer("Dense", { name: "b", units: 4 }), name: "b", inbound_nodes: call("a") },
    out: { ...layer("Dense", { name: "out", units: 3 }), name: "out", inbound_nodes: call("b") },
  };
  change(layers);
  const config = {
    name: "g",
    layers: Object.values(layers),
    input_layers: [["in", 0, 0]],
    output_layers: [["out", 0, 0]],
  };
  return JSON.stringify({ class_name: "Functional", config });
}

test("fields that tfjs would leave out, and layers and activations that it lacks, are refused by name", async () => {
  const image = { batch_input_shape: [null, 8, 8, 2] };
  const pool = layer("GlobalAveragePooling2D", { name: "p", keepdims: true, ...image });
  const keras = (text: string) => text.replace("{", '{"keras_version":"2.15.0",');
  const wide = layer("UpSampling2D", { name: "u", size: [2, 2], interpolation: "bilinear", ...image });
  const lambda = { class_name: "__lambda__", config: { value: ["4wEAAAAA"] } };
  const faults: readonly (readonly [text: string, message: RegExp, shape?: readonly number[]])[] = [
    [row(last), /names no input shape.*keras\.Input/],
    [row(pool, last), /"p" \(GlobalAveragePooling2D\) has keepdims=True/, [8, 8, 2]],
    [
      keras(row(wide, layer("Flatten", { name: "f" }), last)),
      /"u" \(UpSampling2D, written by Keras 2\.15\.0\).*nearest/,
      [8, 8, 2],
    ],
    [
      row(layer("Resizing", { name: "z", height: 4, width: 4, ...image }), last),
      /"z" \(Resizing\).*before they come in/,
      [8, 8, 2],
    ],
    [
      row(layer("Dense", { name: "d", units: 4, activation: lambda, ...from5 }), last),
      /"d".*__lambda__.*function of Python/,
    ],
    [
      row(
        layer("Conv2D", { name: "c", filters: 4, kernel_size: 3, groups: 2, ...image }),
        layer("Flatten", { name: "f" }),
        last,
      ),
      /"c" \(Conv2D\) has groups=2/,
      [8, 8, 2],
    ],
    [row(layer("ReLU", { name: "r", negative_slope: 0.5, ...from5 }), last), /"r" \(ReLU\) has negative_slope=0.5/],
    [row(layer("Normalization", { name: "n", ...from5 }), last), /"n" \(Normalization\); leave it out.*input\.mean/],
    [row(layer("constructor", { name: "x", ...from5 }), last), /no such layer as layer "x"/],
    [row(layer("Adam", { name: "x", ...from5 }), last), /no such layer as layer "x"/],
    [
      row(layer("Dense", { name: "d", units: 4, activation: "leaky_relu", ...from5 }), last),
      /"d" \(Dense\) has activation "leaky_relu".*LeakyReLU/,
    ],
    [
      row(layer("Dense", { name: "d", units: 4, activation: "toString", ...from5 }), last),
      /"d" \(Dense\) has activation "toString"/,
    ],
    [row(layer("Dense", { name: "d", units: 4, dtype: "float16", ...from5 }), last), /"float16"/],
    [
      row(layer("Dense", { name: "d", units: 1, activation: "sigmoid", ...from5 })),
      /classifier of 3 classes ends in Dense\(3, activation="softmax"\)/,
    ],
    [row(layer("LSTM", { name: "l", units: 4, batch_input_shape: [null, 4, 2] }), last), /input\.shape: \[4, 2\]/, [8]],
  ];
  for (const [text, message, shape] of faults)
    await assert.rejects(tensorsOfTopology(text, frame(shape)), { code: "ERR_TASK", message }, text);
});

test("settings that change nothing are no reason to refuse: transposed and separable convolutions of Keras", async () => {
  const image = { batch_input_shape: [null, 8, 8, 2] };
  const ends = [layer("Flatten", { name: "f" }), last];
  const more = {
    filters: 3,
    kernel_size: [3, 3],
    groups: 1,
    dilation_rate: [1, 1],
    data_format: "channels_last",
    ...image,
  };
  for (const [kind, count] of Object.entries({ Conv2DTranspose: 4, SeparableConv2D: 5 })) {
    const text = row(layer(kind, { name: "c", depth_multiplier: 1, output_padding: null, ...more }), ...ends);
    assert.equal((await tensorsOfTopology(text, frame([8, 8, 2]))).length, count, kind);
  }
});

test("a layer of a graph has one name: that of its entry, where its config has another", async () => {
  const text = graph((layers) => Object.assign(layers.b?.config ?? {}, { name: "a" }));
  assert.deepEqual((await tensorNames(text)).slice(2, 4), ["b/kernel 4x4", "b/bias 4"]);
});

test("a layer that is called twice, and cannot be trained, is named", async () => {
  const text = graph((layers) => {
    Object.assign(layers.b ?? {}, { ...layer("ThresholdedReLU", { name: "b", theta: 1 }) });
    layers.b?.inbound_nodes.push([["b", 0, 0, {}]]);
  });
  await assert.rejects(tensorNames(text), { code: "ERR_TASK", message: /cannot train layer "b" \(ThresholdedReLU\)/ });
});

test("hostile topologies end in ERR_TASK, within bounds: cycles, names, counts, depth, layers, outputs", async () => {
  const faults: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ["cut short", row(last).slice(0, 60), /cut short/],
    [
      "a cycle",
      graph((layers) => layers.a?.inbound_nodes.splice(0, 1, [["b", 0, 0, {}]])),
      /wait for each other: a, b/,
    ],
    ["a layer that is not called", graph((layers) => layers.a?.inbound_nodes.splice(0, 1)), /wait for each other: b/],
    [
      "a call without inputs",
      graph((layers) => layers.a?.inbound_nodes.splice(0, 1, [])),
      /a is called without an input/,
    ],
    ["itself", graph((layers) => layers.a?.inbound_nodes.splice(0, 1, [["a", 0, 0, {}]])), /wait for each other/],
    [
      "a layer that is not there",
      graph((layers) => layers.a?.inbound_nodes.splice(0, 1, [["z", 0, 0, {}]])),
      /z, which is not there/,
    ],
    [
      "a call that is not there",
      graph((layers) => layers.b?.inbound_nodes.splice(0, 1, [["a", 7, 0, {}]])),
      /wait for each other/,
    ],
    [
      "an output that is not there",
      graph((layers) => layers.b?.inbound_nodes.splice(0, 1, [["a", 0, 9, {}]])),
      /usable layers model/,
    ],
    ["one name twice", row(layer("Dense", { name: "last", units: 3, ...from5 }), last), /two layers are named "last"/],
    ["a name of Object", row(layer("Dense", { name: "toString", units: 3, ...from5 })), /is named "toString"/],
    ["units -3", row(layer("Dense", { name: "d", units: -3, ...from5 })), /units -3/],
    ["units 1e9", row(layer("Dense", { name: "d", units: 1e9, ...from5 }), last), /units 1000000000/],
    ["units 2.5", row(layer("Dense", { name: "d", units: 2.5, ...from5 })), /units 2\.5/],
    ["units many", row(layer("Dense", { name: "d", units: "many", ...from5 })), /units "many"/],
    ["an input of -5", row(layer("Dense", { name: "d", units: 3, batch_input_shape: [null, -5] })), /input shape/],
    [
      "many bytes out",
      row(
        layer("RepeatVector", { name: "r", n: 1.6e7, ...from5 }),
        layer("GlobalAveragePooling1D", { name: "g" }),
        last,
      ),
      /more than 268435456 bytes/,
    ],
    ["depth", `${'{"class_name":"Sequential","config":'.repeat(40_000)}1${"}".repeat(40_000)}`, /levels deep/],
    ["lists in lists", "[".repeat(1e6) + "]".repeat(1e6), /levels deep/],
    [
      "3,000 layers",
      row(...Array.from({ length: 3000 }, (_, i) => layer("Dropout", { name: `d${i}`, rate: 0, ...from5 }))),
      /more than 2048 layers/,
    ],
    ["no layers", '{"class_name":"Functional","config":{}}', /"layers"/],
    ["layers of numbers", '{"class_name":"Sequential","config":{"layers":[1]}}', /class_name/],
  ];
  for (const [what, text, message] of faults)
    await assert.rejects(tensorsOfTopology(text, frame()), { code: "ERR_TASK", message }, what);
});

test("a model is read up to the bytes that its layers may put out, and refused beyond them, nested layers included", async () => {
  const putsOut = (n: number, nested = false) => {
    const repeat = layer("RepeatVector", { name: "r", n, ...from5 });
    const rest = [layer("GlobalAveragePooling1D", { name: "g" }), last];
    if (!nested) return row(repeat, ...rest);
    return row(layer("Sequential", { name: "inner", layers: [repeat, rest[0]] }), last);
  };
  const { tf } = await selectBackend();
  const load = (text: string) => loadTopology(tf, text, frame()); // as a peer that joins does it: nothing is computed
  const most = Math.floor(LIMITS.maxActivationBytes / 20); // 5 float32 each
  for (const nested of [false, true]) {
    (await load(putsOut(most - 5, nested))).dispose();
    const refused = { code: "ERR_TASK", message: /more than 268435456 bytes/ };
    await assert.rejects(load(putsOut(most + 1, nested)), refused);
  }
});

test("a topology may have so many levels, and no more", () => {
  const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown;
  checkDepth(nested(LIMITS.maxTopologyDepth));
  assert.throws(() => checkDepth(nested(LIMITS.maxTopologyDepth + 2)), { code: "ERR_TASK", message: /64 levels deep/ });
});
