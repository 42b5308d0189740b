import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeNpy } from "../../../node/data/npy.ts";
import { packageRoot } from "../../../node/package-root.ts";
import { concatBytes, floatsToBytes, utf8 } from "../../../protocol/bytes.ts";
import { isHearsayError } from "../../../protocol/errors.ts";
import { createRng } from "../../../protocol/rng.ts";

const fixture = (name: string) => new Uint8Array(readFileSync(join(packageRoot(), "test/fixtures/data", name)));

/** A version 1 file with this header. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = utf8(header);
  const start = Uint8Array.of(0x93, ...utf8("NUMPY"), 1, 0, text.length & 255, text.length >> 8);
  return concatBytes(start, text, data);
}

function refused(bytes: Uint8Array, code: "ERR_DATA" | "ERR_DECODE", message: RegExp): void {
  assert.throws(() => decodeNpy(bytes), { name: "HearsayError", code, message });
}

test("files that numpy wrote read as what numpy held, for every plain type, both byte orders and version 2", () => {
  const x = Array.from({ length: 12 }, (_, i) => i * 1.5 - 4);
  for (const name of ["f4", "f8", "f4-big", "f8-big", "v2"]) {
    const { shape, values } = decodeNpy(fixture(`x-${name}.npy`));
    assert.deepEqual([shape, [...values]], [[4, 3], x], name);
  }
  for (const name of ["i1", "i2", "i4-big", "i8"]) {
    const { values } = decodeNpy(fixture(`x-${name}.npy`));
    assert.deepEqual(
      [...values],
      x.map((value) => Math.trunc(value) + 0),
      name,
    );
  }
  for (const name of ["u1", "u2", "u4-big", "u8"]) {
    assert.deepEqual([...decodeNpy(fixture(`x-${name}.npy`)).values], [...Array(12).keys()], name);
  }
  assert.deepEqual([...decodeNpy(fixture("x-b1.npy")).values], [0, ...new Array(11).fill(1)]);
  assert.deepEqual(decodeNpy(fixture("scalar.npy")), { shape: [], values: Float32Array.of(2.5) });
  assert.deepEqual(decodeNpy(fixture("y.npy")), { shape: [4], values: Float32Array.of(0, 1, 1, 0) });
});

test("what cannot be read as it is, is refused with the way to save it instead", () => {
  refused(fixture("x-fortran.npy"), "ERR_DATA", /ascontiguousarray/);
  refused(fixture("x-complex.npy"), "ERR_DATA", /<c8; save x\.astype\("float32"\)/);
  refused(fixture("x-structured.npy"), "ERR_DATA", /astype/);
  refused(file("{'descr': '<f2', 'fortran_order': False, 'shape': (), }", new Uint8Array(2)), "ERR_DATA", /<f2/);
  refused(file("{'descr': '|O', 'fortran_order': False, 'shape': (), }"), "ERR_DATA", /\|O/);
});

test("keys of the header may stand in any order", () => {
  const data = floatsToBytes(Float32Array.of(1, 2));
  const { shape, values } = decodeNpy(file("{'shape':(2,),'fortran_order':False,'descr':'<f4'}\n", data));
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
