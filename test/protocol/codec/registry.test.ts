import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import type { Codec } from "../../../protocol/codec/codec.ts";
import { CODECS, codecOf } from "../../../protocol/codec/registry.ts";
import { encode } from "../../../protocol/peer/loop/encode.ts";
import { release } from "../../../protocol/peer/loop/release.ts";
import { trained } from "../../../protocol/peer/stages.ts";
import type { Mechanism } from "../../../protocol/privacy/mechanism.ts";
import { MECHANISMS } from "../../../protocol/privacy/registry.ts";
import { blobTask } from "../../support/blobs.ts";

/** A byte for each parameter, 0 to 255: what a file of one more codec has to export. */
const bytes: Codec = {
  name: "bytes",
  forLayout({ tensors }) {
    const length = tensors.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
    return {
      isLossless: false,
      minBytes: length,
      maxBytes: length,
      encode: (params) => Uint8Array.from(params, (x) => Math.max(0, Math.min(255, Math.round(x)))),
      decode: (body) => Float32Array.from(body),
    };
  },
};

/** What a file of one more mechanism has to export. */
const doubled: Mechanism = { name: "doubled", isRepeatable: true, release: (params) => params.map((x) => 2 * x) };

const own = () => {
  const base = Float32Array.of(0, 0, 0);
  return trained({ params: Float32Array.of(1.2, 2, 300), base, loss: 0, steps: 1, age: 1 });
};

test("one more codec and one more mechanism are a file and a line each: the stages take them as they are", () => {
  const codecs = new Map([...CODECS, [bytes.name, bytes]]);
  const task = { ...blobTask(), codec: "bytes", tensors: [["w", [3]] as const] };
  const released = release(own(), doubled, Uint8Array.of(1));
  const encoded = encode(released, "bytes", codecOf(task, new Uint8Array(32), codecs), nodeCrypto);
  assert.deepEqual([released.mechanism, [...released.params]], ["doubled", [2 * Math.fround(1.2), 4, 600]]);
  assert.deepEqual([encoded.codec, [...encoded.body], [...encoded.received]], ["bytes", [2, 4, 255], [2, 4, 255]]);
  assert.throws(() => codecOf(task, new Uint8Array(32)), RangeError);
});

test("each registry has its entries under their own names", () => {
  for (const registry of [CODECS, MECHANISMS])
    for (const [name, entry] of registry as ReadonlyMap<string, { readonly name: string }>)
      assert.equal(entry.name, name);
});
