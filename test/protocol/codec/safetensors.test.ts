import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { packageRoot } from "../../../node/disk/package-root.ts";
import { concatBytes, floatsToBytes, utf8 } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  MAX_HEADER_BYTES,
  type ReadTensor,
  type Tensor,
  tensorValues,
} from "../../../protocol/codec/safetensors.ts";

const fixture = new Uint8Array(readFileSync(join(packageRoot(), "test/fixtures/data/pypi.safetensors")));

/** A file with this header, whatever it says. */
function file(header: string, dataBytes = 0, padding = 0): Uint8Array {
  const text = utf8(header + " ".repeat(padding));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return concatBytes(length, text, new Uint8Array(dataBytes));
}

function refused(bytes: Uint8Array, message: RegExp): void {
  assert.throws(() => decodeSafetensors(bytes), { name: "HearsayError", code: "ERR_DECODE", message });
}

const f32 = (name: string, shape: number[], ...values: number[]): Tensor => ({
  name,
  shape,
  dtype: "F32",
  data: floatsToBytes(Float32Array.from(values)),
});

test("a file has the layout of the format: length, metadata first, keys in order, spaces to 8 bytes, data without holes", () => {
  const bytes = encodeSafetensors([f32("b", [2], 1, 2), f32("a", [], 3)], { task: "t" });
  const json =
    '{"__metadata__":{"task":"t"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}';
  const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
  assert.deepEqual(bytes, concatBytes(file(padded), floatsToBytes(Float32Array.of(1, 2, 3))));
});

test("a file that the Python package wrote decodes to the tensors it was given", () => {
  const { tensors, metadata } = decodeSafetensors(fixture);
  assert.deepEqual(metadata, { "made by": "safetensors.numpy", é: "ü" });
  const values = (name: string) => {
    const tensor = tensors.find((each) => each.name === name) as Tensor;
    return [tensor.dtype, tensor.shape, [...tensorValues(tensor)]];
  };
  const x = Array.from({ length: 12 }, (_, i) => i * 1.5 - 4);
  assert.deepEqual(values("x"), ["F32", [4, 3], x]);
  assert.deepEqual(values("y"), ["I64", [4], [0, 1, 1, 0]]);
  assert.deepEqual(values("wide"), ["F64", [1, 3], x.slice(0, 3)]);
  assert.deepEqual(values("s"), ["I32", [], [7]]);
  assert.deepEqual(values("b"), ["BOOL", [2], [1, 0]]);
  assert.deepEqual(values("none"), ["F32", [0, 3], []]);
});

test("any tensors decode to what was encoded, and encode to the same bytes again", () => {
  const sizes = { F64: 8, F32: 4, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 } as const;
  const dtypes = Object.keys(sizes) as (keyof typeof sizes)[];
  const tensor = fc
    .record({
      name: fc.oneof(
        fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__"),
        fc.constantFrom("__proto__", "constructor", "toString", "0", '"', "\\"),
      ),
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.nat(3), { maxLength: 3 }),
    })
    .chain(({ name, dtype, shape }) => {
      const length = shape.reduce((product, n) => product * n, sizes[dtype]);
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((data): Tensor => ({ name, dtype, shape, data }));
    });
  const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (given, metadata) => {
      const bytes = encodeSafetensors(given, metadata);
      const decoded = decodeSafetensors(bytes);
      const sorted = (list: readonly ReadTensor[]) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(sorted(decoded.tensors), sorted(given));
      assert.deepEqual({ ...decoded.metadata }, { ...metadata });
      assert.deepEqual(encodeSafetensors(decoded.tensors as readonly Tensor[], decoded.metadata), bytes);
      for (const each of decoded.tensors)
        assert.equal(
          tensorValues(each).length,
          each.shape.reduce((a, b) => a * b, 1),
        );
    }),
    { numRuns: 500 },
  );
});

test("values of every dtype read as numbers, little-endian and unaligned", () => {
  const read = (dtype: Tensor["dtype"], write: (view: DataView) => void, size: number) => {
    const padded = new Uint8Array(1 + size);
    write(new DataView(padded.buffer, 1));
    return tensorValues({ name: "v", dtype, shape: [], data: padded.subarray(1) })[0];
  };
  assert.equal(
    read("F64", (v) => v.setFloat64(0, 0.1, true), 8),
    0.1,
  );
  assert.equal(
    read("F16", (v) => v.setUint16(0, 0x3555, true), 2),
    0.333251953125,
  );
  assert.equal(
    read("BF16", (v) => v.setUint16(0, 0xc049, true), 2),
    -3.140625,
  );
  assert.equal(
    read("F32", (v) => v.setFloat32(0, -1.5, true), 4),
    -1.5,
  );
  assert.equal(
    read("I64", (v) => v.setBigInt64(0, -3n, true), 8),
    -3,
  );
  assert.equal(
    read("I32", (v) => v.setInt32(0, -70000, true), 4),
    -70000,
  );
  assert.equal(
    read("I16", (v) => v.setInt16(0, -300, true), 2),
    -300,
  );
  assert.equal(
    read("I8", (v) => v.setInt8(0, -3), 1),
    -3,
  );
  assert.equal(
    read("U64", (v) => v.setBigUint64(0, 2n ** 40n, true), 8),
    2 ** 40,
  );
  assert.equal(
    read("U32", (v) => v.setUint32(0, 2 ** 31, true), 4),
    2 ** 31,
  );
  assert.equal(
    read("U16", (v) => v.setUint16(0, 65535, true), 2),
    65535,
  );
  assert.equal(
    read("U8", (v) => v.setUint8(0, 200), 1),
    200,
  );
  assert.throws(() => tensorValues({ name: "v", dtype: "F32", shape: [2], data: new Uint8Array(4) }), TypeError);
});

test("the encoder refuses what no decoder would take", () => {
  assert.throws(() => encodeSafetensors([f32("a", [2], 1)]), TypeError);
  assert.throws(() => encodeSafetensors([f32("a", [-1, -1], 1)]), TypeError);
  assert.throws(() => encodeSafetensors([f32("a", [], 1), f32("a", [], 1)]), TypeError);
  assert.throws(() => encodeSafetensors([f32("__metadata__", [], 1)]), TypeError);
  assert.throws(() => encodeSafetensors([f32("\ud800", [], 1)]), TypeError);
  assert.throws(() => encodeSafetensors([f32("x".repeat(MAX_HEADER_BYTES), [], 1)]), TypeError);
});

test("a header that lies about lengths is refused before anything is allocated for it", () => {
  refused(new Uint8Array(7), /cannot hold/);
  refused(new Uint8Array(8).fill(0xff), /too long/);
  refused(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0), /too long/);
  refused(file(" ".repeat(MAX_HEADER_BYTES + 1)), /too long/);
  refused(file("{}").subarray(0, 9), /ends inside/);
});

test("a header that is not of the format's grammar is refused", () => {
  const tensor = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  refused(file(""), /"{" expected at character 0/);
  refused(file(" {}"), /"{" expected at character 0/);
  refused(file("\ufeff{}"), /"{" expected at character 0/);
  refused(file("{"), /" expected at character 1/);
  refused(file("{}x"), /nothing but spaces/);
  refused(file("{} \n"), /nothing but spaces/);
  refused(file(`{"a":${"[".repeat(100_000)}`), /"{" expected/);
  refused(concatBytes(file('{"a"').subarray(0, 8), utf8('{"a'), Uint8Array.of(0xff)), /UTF-8/);
  for (const name of ['"a', '"\\', '"\\x"', '"\\ud800"', '"\n"', "a", "'a'"])
    refused(file(`{${name}:${tensor}}`, 1), /expected/);
  refused(file('{"a":null}'), /"{" expected/);
  refused(file(`{"a":${tensor},}`, 1), /" expected/);
  refused(file(`{"a" ${tensor}}`, 1), /":" expected/);
  refused(file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}', 4), /unknown field "more"/);
  refused(file('{"a":{"dtype":"F32","shape":[1]}}', 4), /lacks/);
  refused(file('{"__metadata__":{"a":1}}'), /" expected/);
  refused(file('{"__metadata__":[]}'), /"{" expected/);
  assert.deepEqual(decodeSafetensors(file("{}", 0, 6)), { tensors: [], metadata: {} });
  assert.equal(decodeSafetensors(file(`{\t"a" :\r\n ${tensor.replaceAll(",", " , ")} }`, 1)).tensors.length, 1);
});

test("an escaped name reads right after a text that upsets V8's JSON.parse (nodejs/node#63785)", () => {
  JSON.parse('{"m":0,"\\\\":0}');
  const { tensors } = decodeSafetensors(encodeSafetensors([f32("m", [], 1), f32('"', [], 2)]));
  assert.deepEqual(
    tensors.map(({ name }) => name),
    ["m", '"'],
  );
});

test("a key that stands twice is refused, also spelt with an escape, at any depth", () => {
  const tensor = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  refused(file(`{"a":${tensor},"a":${tensor}}`, 1), /stands twice/);
  refused(file(`{"a":${tensor},"\\u0061" : ${tensor}}`, 1), /stands twice/);
  refused(file('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1), /stands twice/);
  refused(file('{"__metadata__":{"k":"v","k":"v"}}'), /stands twice/);
  assert.deepEqual(decodeSafetensors(file('{"__metadata__":{"k":"\\"k\\":","\\\\":"k"}}')).metadata, {
    k: '"k":',
    "\\": "k",
  });
});

test("offsets that overlap, leave holes, point outside or do not fit the shape are refused", () => {
  const entry = (shape: string, offsets: string, dtype = '"U8"') =>
    `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
  refused(file(`{"a":${entry("[2]", "[0,2]")},"b":${entry("[2]", "[1,3]")}}`, 3), /one before/);
  refused(file(`{"a":${entry("[1]", "[0,1]")},"b":${entry("[1]", "[2,3]")}}`, 3), /one before/);
  refused(file(`{"a":${entry("[1]", "[0,1]")},"b":${entry("[1]", "[0,1]")}}`, 1), /one before/);
  refused(file(`{"a":${entry("[1]", "[1,2]")}}`, 2), /one before/);
  refused(file(`{"a":${entry("[1]", "[0,1]")}}`, 2), /belong to no tensor/);
  refused(file("{}", 1), /belong to no tensor/);
  refused(file(`{"a":${entry("[2]", "[0,2]")}}`, 1), /outside/);
  refused(file(`{"a":${entry("[1]", "[1,0]")}}`, 1), /outside/);
  refused(file(`{"a":${entry("[2]", "[0,1]")}}`, 1), /unlike its shape/);
  refused(file(`{"a":${entry("[1]", "[0,1]", '"F32"')}}`, 1), /unlike its shape/);
  refused(file(`{"a":${entry("[4294967296,4294967296,0]", "[0,0]")}}`), /unlike its shape/); // 2^64 wraps to 0 elsewhere
  refused(file(`{"a":${entry("[9007199254740991]", "[0,1]", '"F64"')}}`, 1), /unlike its shape/);
  for (const shape of [
    "[-1]",
    "[-0]",
    "[0.5]",
    "[1.0]",
    "[1e1]",
    "[01]",
    "[1e400]",
    "1",
    '["1"]',
    "[null]",
    "[9007199254740992]",
    "[1,]",
  ]) {
    refused(file(`{"a":${entry(shape, "[0,1]")}}`, 1), /expected/);
  }
  for (const offsets of ["[]", "[0]", "[0,1,1]", "[-1,0]", '["0",1]', "{}", "[0,1.5]"]) {
    refused(file(`{"a":${entry("[1]", offsets)}}`, 1), /offsets other|expected/);
  }
  for (const dtype of ['"F16"', "1", "null"]) {
    refused(file(`{"a":${entry("[1]", "[0,1]", dtype)}}`, 1), /unlike its shape|expected/);
  }
  for (const dtype of ['"f32"', '"F8_E4M3"', '"toString"', '"__proto__"']) {
    const [tensor] = decodeSafetensors(file(`{"a":${entry("[1]", "[0,1]", dtype)}}`, 1)).tensors;
    assert.throws(() => tensorValues(tensor as ReadTensor), {
      code: "ERR_DATA",
      message: /is none of F64.*save it as float32/,
    });
  }
});

test("names that JavaScript objects give a meaning to are names like others", () => {
  const names = ["__proto__", "constructor", "hasOwnProperty", "1"];
  const { tensors } = decodeSafetensors(encodeSafetensors(names.map((name, i) => f32(name, [], i))));
  assert.deepEqual(
    tensors.map((tensor) => [tensor.name, tensorValues(tensor)[0]]),
    names.map((name, i) => [name, i]),
  );
  const { metadata } = decodeSafetensors(file('{"__metadata__":{"__proto__":"x"}}'));
  assert.deepEqual(Object.entries(metadata), [["__proto__", "x"]]);
});

test("20,000 mutated and 5,000 random files decode or are refused with ERR_DECODE, never anything else", () => {
  const rng = createRng("safetensors fuzz");
  const seeds = [fixture, encodeSafetensors([f32("a", [2, 1], 1, 2), f32("b", [], 3)], { k: "v" })];
  const alphabet = utf8('{}[]":,\\0123456789-eE.nulltruefalse_ dtypeshapeoffsets\u0000ÿ');
  let refusals = 0;
  for (let i = 0; i < 25_000; i++) {
    const seed = seeds[i % 2] as Uint8Array;
    let bytes: Uint8Array =
      i < 20_000 ? seed.slice() : Uint8Array.from({ length: rng.below(64) }, () => rng.below(256));
    for (let flips = i < 20_000 ? 1 + rng.below(3) : 0; flips > 0; flips--) {
      const at = rng.below(bytes.length);
      const kind = rng.below(4);
      const byte = rng.below(2) === 0 ? rng.below(256) : (alphabet[rng.below(alphabet.length)] as number);
      if (kind === 0) bytes[at] = byte;
      else if (kind === 1) bytes = bytes.slice(0, at + 1);
      else if (kind === 2) bytes = concatBytes(bytes.subarray(0, at), Uint8Array.of(byte), bytes.subarray(at));
      else bytes = concatBytes(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + rng.below(9))));
      if (bytes.length === 0) bytes = new Uint8Array(1);
    }
    try {
      for (const tensor of decodeSafetensors(bytes).tensors) tensorValues(tensor);
    } catch (error) {
      const unreadDtype = isHearsayError(error, "ERR_DATA") && /has dtype/.test(error.message);
      assert.ok(unreadDtype || isHearsayError(error, "ERR_DECODE"), `run ${i}: ${error}`);
      refusals++;
    }
  }
  assert.ok(refusals > 12_000 && refusals < 25_000, `${refusals} refusals: the fuzz should meet both outcomes`);
});
