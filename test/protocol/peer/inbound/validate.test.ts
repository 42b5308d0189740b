import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { concatBytes, floatsToBytes } from "../../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { euclideanNorm } from "../../../../protocol/base/norm.ts";
import { numParams } from "../../../../protocol/base/task.ts";
import { validateBody } from "../../../../protocol/peer/inbound/validate.ts";
import { blobTask } from "../../../support/blobs.ts";
import { codecOf } from "../../../support/hostile.ts";

const task = blobTask();
const codec = codecOf(task, nodeCrypto);
const size = numParams(task);

function refusal(body: Uint8Array, maxNorm = 100): string {
  try {
    validateBody(body, codec, maxNorm);
  } catch (error) {
    if (isHearsayError(error)) return error.code;
    throw error;
  }
  return "accepted";
}

function bodyWith(value: number, at = 0): Uint8Array {
  const params = new Float32Array(size);
  params[at] = value;
  return codec.encode(params);
}

test("a good body gives its parameters back, to the bit", () => {
  const params = Float32Array.from({ length: size }, (_, i) => Math.fround(Math.sin(i)));
  assert.deepEqual(validateBody(codec.encode(params), codec, 100), params);
});

test("one NaN or infinity anywhere is refused, and a norm above the bound, but not the bound itself", () => {
  for (const at of [0, 7, size - 1]) {
    for (const bad of [Number.NaN, Infinity, -Infinity])
      assert.equal(refusal(bodyWith(bad, at)), "ERR_MODEL_NOT_FINITE");
    assert.equal(refusal(bodyWith(101, at)), "ERR_MODEL_NORM");
    assert.equal(refusal(bodyWith(-100, at)), "accepted");
  }
  assert.equal(refusal(codec.encode(new Float32Array(size).fill(3.4e38)), Number.MAX_VALUE), "accepted");
  assert.equal(refusal(codec.encode(new Float32Array(size).fill(3.4e38))), "ERR_MODEL_NORM");
});

test("another length, other tensors or another task are refused before the values are looked at", () => {
  const bad = bodyWith(Number.NaN);
  assert.equal(refusal(bad.subarray(0, bad.length - 4)), "ERR_MODEL_SIZE");
  assert.equal(refusal(concatBytes(bad, new Uint8Array(4))), "ERR_MODEL_SIZE");
  assert.equal(refusal(new Uint8Array(0)), "ERR_MODEL_SIZE");
  const other = codecOf(blobTask({ seed: 7 }), nodeCrypto).encode(new Float32Array(size).fill(Number.NaN));
  assert.equal(other.length, bad.length);
  assert.equal(refusal(other), "ERR_MODEL_SHAPE");
  const renamed = bad.slice();
  const name = Buffer.from(renamed).indexOf("dense0/kernel");
  renamed[name] = "D".charCodeAt(0);
  assert.equal(refusal(renamed), "ERR_MODEL_SHAPE");
});

test("whatever bytes come, the answer is parameters or a coded error", () => {
  const good = bodyWith(1);
  const anyBody = fc.oneof(
    fc.uint8Array({ maxLength: good.length + 8 }),
    fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
      const changed = good.slice();
      changed[at] = byte;
      return changed;
    }),
  );
  fc.assert(fc.property(anyBody, (body) => refusal(body) === "accepted" || refusal(body).startsWith("ERR_MODEL_")));
});

test("the norm is NaN or infinite exactly where an element is", () => {
  fc.assert(
    fc.property(fc.float32Array({ maxLength: 20 }), (values) => {
      assert.equal(Number.isFinite(euclideanNorm(values)), values.every(Number.isFinite));
    }),
  );
  assert.equal(euclideanNorm(Float32Array.of(3, -4)), 5);
  assert.equal(floatsToBytes(new Float32Array(0)).length, euclideanNorm(new Float32Array(0)));
});
