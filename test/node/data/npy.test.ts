import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeNpy, type NpyNumbers } from "../../../node/data/npy.ts";
import { packageRoot } from "../../../node/disk/package-root.ts";
import { concatBytes, floatsToBytes, utf8 } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { createRng } from "../../../protocol/base/rng.ts";

const fixture = (name: string) => new Uint8Array(readFileSync(join(packageRoot(), "test/fixtures/data", name)));

/** A version 1 file with this header. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = utf8(header);
  const start = Uint8Array.of(0x93, ...utf8("NUMPY"), 1, 0, text.length & 255, text.length >> 8);
  return concatBytes(start, text, data);
}

function numbers(bytes: Uint8Array): NpyNumbers {
  const array = decodeNpy(bytes);
  assert.ok(array.values !== undefined);
  return array;
}

function refused(bytes: Uint8Array, code: "ERR_DATA" | "ERR_DECODE", message: RegExp): void {
  assert.throws(() => decodeNpy(bytes), { name: "HearsayError", code, message });
}

test("files that numpy wrote read as what numpy held, for every plain type, both byte orders and version 2", () => {
  const x = Array.from({ length: 12 }, (_, i) => i * 1.5 - 4);
  for (const name of ["f4", "f8", "f4-big", "f8-big", "v2"]) {
    const { shape, values } = numbers(fixture(`x-${name}.npy`));
    assert.deepEqual([shape, [...values]], [[4, 3], x], name);
  }
  for (const name of ["i1", "i2", "i4-big", "i8"]) {
    const { values } = numbers(fixture(`x-${name}.npy`));
    assert.deepEqual(
      [...values],
      x.map((value) => Math.trunc(value) + 0),
      name,
    );
  }
  for (const name of ["u1", "u2", "u4-big", "u8"]) {
    assert.deepEqual([...numbers(fixture(`x-${name}.npy`)).values], [...Array(12).keys()], name);
  }
  assert.deepEqual([...numbers(fixture("x-b1.npy")).values], [0, ...new Array(11).fill(1)]);
  assert.deepEqual(decodeNpy(fixture("scalar.npy")), { shape: [], values: Float32Array.of(2.5) });
  assert.deepEqual(decodeNpy(fixture("y.npy")), { shape: [4], values: Float64Array.of(0, 1, 1, 0) });
});

test("what cannot be read as it is, is refused with the way to save it instead", () => {
  const of = (descr: string) =>
    file(`{'descr': '${descr}', 'fortran_order': False, 'shape': (), }`, new Uint8Array(16));
  refused(fixture("x-complex.npy"), "ERR_DATA", /<c8: complex numbers; save numpy\.abs/);
  refused(fixture("x-structured.npy"), "ERR_DATA", /structured_to_unstructured/);
  refused(of("|O"), "ERR_DATA", /\|O: objects are pickled code.*y\.astype\(str\)/);
  refused(of("<M8[ns]"), "ERR_DATA", /times; save x\.astype\("datetime64\[s\]"\)/);
  refused(of("<f16"), "ERR_DATA", /<f16: save x\.astype\("float32"\)/);
  refused(of("<U9999"), "ERR_DATA", /no class names/);
  const cut = file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", new Uint8Array(4));
  refused(cut, "ERR_DECODE", /cut short/);
  refused(concatBytes(cut, new Uint8Array(99)), "ERR_DECODE", /a file holds one array/);
});

test("columns first or rows first, the values are the same", () => {
  const x = Array.from({ length: 12 }, (_, i) => i * 1.5 - 4);
  const { shape, values } = numbers(fixture("x-fortran.npy"));
  assert.deepEqual([shape, [...values]], [[4, 3], x]);
  const cube = Array.from({ length: 24 }, (_, i) => i);
  const columnMajor = cube.map((place) => 12 * (place % 2) + 4 * (Math.floor(place / 2) % 3) + Math.floor(place / 6));
  const header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3, 4), }";
  assert.deepEqual([...numbers(file(header, floatsToBytes(Float32Array.from(columnMajor)))).values], cube);
});

test("halves are exact, with subnormals and the largest", () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555, 0x8000);
  const header = "{'descr': '<f2', 'fortran_order': False, 'shape': (6,), }";
  const { values } = numbers(file(header, new Uint8Array(bits.buffer)));
  assert.deepEqual([...values], [1, -2, 2 ** -24, 65504, 0.333251953125, -0]);
});

test("labels are texts, in code points or UTF-8, of either byte order", () => {
  const wide = (little: boolean) => {
    const view = new DataView(new ArrayBuffer(24));
    for (const [i, code] of [0x6e, 0xe9, 0, 0x1f600, 0, 0].entries()) view.setUint32(4 * i, code, little);
    return new Uint8Array(view.buffer);
  };
  const of = (descr: string, data: Uint8Array) =>
    decodeNpy(file(`{'descr': '${descr}', 'fortran_order': False, 'shape': (2,), }`, data)).texts;
  assert.deepEqual(of("<U3", wide(true)), ["né", "😀"]);
  assert.deepEqual(of(">U3", wide(false)), ["né", "😀"]);
  assert.deepEqual(of("|S3", utf8("né\0\0\0")), ["né", ""]);
  refused(
    file("{'descr': '|S1', 'fortran_order': False, 'shape': (), }", Uint8Array.of(0xe9)),
    "ERR_DATA",
    /char\.decode/,
  );
});

test("headers are read as Python 2 and other writers spell them", () => {
  const data = floatsToBytes(Float32Array.of(1, 2, 3, 4, 5, 6));
  for (const header of [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 2L), }",
    "{u'descr': u'<f4', u'fortran_order': False, u'shape': (3, 2)}",
    '{"descr": "<f4", "fortran_order": false, "shape": ( 3 ,2 , )}',
    "{'descr':'<f4','fortran_order':False,\n'shape':(3,2),}          \n",
  ]) {
    const { shape, values } = numbers(file(header, data));
    assert.deepEqual(
      [shape, [...values]],
      [
        [3, 2],
        [1, 2, 3, 4, 5, 6],
      ],
      header,
    );
  }
});

test("keys of the header may stand in any order", () => {
  const data = floatsToBytes(Float32Array.of(1, 2));
  const { shape, values } = numbers(file("{'shape':(2,),'fortran_order':False,'descr':'<f4'}\n", data));
  assert.deepEqual([shape, [...values]], [[2], [1, 2]]);
});

test("malformed files are refused", () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  const whole = file(header, new Uint8Array(8));
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeNpy(whole.subarray(0, length)), { code: "ERR_DECODE" });
  }
  refused(concatBytes(whole, new Uint8Array(1)), "ERR_DECODE", /9 bytes of data, shape \(2\) of <f4 has 8/);
  const with4 = whole.slice();
  with4[6] = 4;
  refused(with4, "ERR_DECODE", /version 4\.0/);
  const long = concatBytes(whole.subarray(0, 6), Uint8Array.of(2, 0, 255, 255, 255, 255));
  refused(long, "ERR_DECODE", /too long/);
  for (const bad of [
    "{}",
    "{'descr': '<f4', 'fortran_order': False}",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
    "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
  ]) {
    refused(file(bad, new Uint8Array(8)), "ERR_DECODE", /no dictionary/);
  }
  for (const shape of ["(4294967296, 4294967296)", `(${"9".repeat(400)}, 0)`, "(3,)"]) {
    refused(
      file(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}}`, new Uint8Array(8)),
      "ERR_DECODE",
      /8 bytes/,
    );
  }
});

test("20,000 mutated files decode or are refused with a code, never anything else", () => {
  const rng = createRng("npy fuzz");
  const seed = fixture("x-i2.npy");
  for (let i = 0; i < 20_000; i++) {
    const bytes = seed.slice(0, rng.below(4) === 0 ? rng.below(seed.length) : seed.length);
    for (let flips = 1 + rng.below(3); flips > 0 && bytes.length > 0; flips--)
      bytes[rng.below(bytes.length)] = rng.below(256);
    try {
      decodeNpy(bytes);
    } catch (error) {
      assert.ok(isHearsayError(error, "ERR_DECODE") || isHearsayError(error, "ERR_DATA"), `run ${i}: ${error}`);
    }
  }
});
