/** Vectors of the codecs: a small vector and its bodies, a larger one and their hashes. */

import { nodeCrypto } from "../../../node/crypto.ts";
import { bytesOf, toHex } from "../../../protocol/base/bytes.ts";
import { CODECS } from "../../../protocol/codec/registry.ts";

type Tensors = readonly (readonly [name: string, shape: readonly number[]])[];

const SMALL: Tensors = [
  ["w", [3, 2]],
  ["zeros", [2]],
  ["b", [3]],
];
const SMALL_PARAMS = [0.5, -1, 0.25, 0.125, -0.75, 1, 0, -0, 3e-5, -2e-5, 1e-45];
const LARGE: Tensors = [
  ["w", [70, 40]],
  ["b", [33]],
];
const QUANTISED = ["int8", "int4"];

export function codecVectors(): object {
  const large = Float32Array.from({ length: 70 * 40 + 33 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) / 2 ** 31);
  return {
    small: {
      tensors: SMALL,
      params: toHex(bytesOf(Float32Array.from(SMALL_PARAMS))),
      bodies: bodies(SMALL, Float32Array.from(SMALL_PARAMS)),
    },
    large: {
      tensors: LARGE,
      about:
        "parameter i is float32(signed32((i + 1) * 9e3779b1) / 2^31); SHA-256 of the body and of the decoded parameters",
      hashes: QUANTISED.map((name) => {
        const codec = codecFor(name, LARGE);
        const body = codec.encode(large);
        return { codec: name, body: hash(body), bytes: body.length, decoded: hash(bytesOf(codec.decode(body))) };
      }),
    },
  };
}

function bodies(tensors: Tensors, params: Float32Array): object[] {
  return QUANTISED.map((name) => {
    const codec = codecFor(name, tensors);
    const body = codec.encode(params);
    return { codec: name, body: toHex(body), decoded: toHex(bytesOf(codec.decode(body))) };
  });
}

function codecFor(name: string, tensors: Tensors) {
  const codec = CODECS.get(name);
  if (codec === undefined) throw new RangeError(`no codec ${name}`);
  return codec.forLayout({ tensors, task: "0".repeat(64) });
}

function hash(bytes: Uint8Array): string {
  return toHex(nodeCrypto.sha256(bytes));
}
