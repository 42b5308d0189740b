/**
 * What a leaf and its gateway tell each other: one frame of LoRa each way, at most 51 bytes, which is what the slowest data rate of Europe lets through.
 *
 *     update   01 | leaf (2) | counter (4) | round (2) | scale (4) | levels of 4 bits, two in a byte | tag (16)       leaf -> gateway
 *     model    02 | leaf (2) | counter (4) | round (2) | scale (4) | levels of 8 bits                | tag (16)       gateway -> leaf
 *
 * Numbers are big-endian, the scale is a float32, levels are two's complement, the first of two in the low half of its byte; a half that is left over is 0. A parameter is
 * level * scale. `round` names the model that an update changes: that is what the leaf's training made of it, less that model. Round 0 is none: the leaf asks for one.
 *
 *     tag = first 16 bytes of HMAC-SHA-256(key of the leaf, "hearsay/leaf/v1" 00 task(32) frame without tag)
 *
 * A signature of Ed25519 has 64 bytes, so there is none: the key is agreed at the enrolment, and whoever has it can write frames of that leaf. Its gateway has it.
 */
import { concatBytes, equalBytes, utf8 } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto } from "../base/seams.ts";
import { hmacSha256 } from "./hmac.ts";

/** A frame, taken apart. */
export interface LeafFrame {
  /** Number of the leaf at its gateway, 0 .. 65535. */
  readonly leaf: number;
  /** Of this direction: each frame has a larger one than those before, 1 .. 2^32-1. */
  readonly counter: number;
  /** Which model, 1 .. 65535; 0: none. */
  readonly round: number;
  /** What is added to that model; or the model. */
  readonly values: Float32Array;
}

export type Direction = "update" | "model";

const KINDS: Readonly<Record<Direction, { readonly kind: number; readonly most: number }>> = {
  update: { kind: 1, most: 7 },
  model: { kind: 2, most: 127 },
};

const HEADER_BYTES = 13;
const TAG_BYTES = 16;
const PREFIX = utf8("hearsay/leaf/v1\0");

/** Key of a leaf, and the task that it learns. */
export interface LeafSeal {
  readonly key: Uint8Array;
  readonly task: Uint8Array;
}

/** Bytes of a frame for a model of so many parameters. */
export function leafFrameBytes(direction: Direction, params: number): number {
  return HEADER_BYTES + (direction === "update" ? Math.ceil(params / 2) : params) + TAG_BYTES;
}

function tagOf({ key, task }: LeafSeal, frame: Uint8Array, crypto: Pick<Crypto, "sha256">): Uint8Array {
  return hmacSha256(key, concatBytes(PREFIX, task, frame), crypto).slice(0, TAG_BYTES);
}

/**
 * A sealed frame.
 * @param draw a number in [0, 1) for each value: levels are rounded by chance, so that they are right on average; to the nearest where left out.
 * @throws RangeError for more values than a frame takes.
 */
export function encodeLeafFrame(
  direction: Direction,
  { leaf, counter, round, values }: LeafFrame,
  seal: LeafSeal,
  crypto: Pick<Crypto, "sha256">,
  draw: () => number = () => 0.5,
): Uint8Array {
  if (values.length > LIMITS.maxLeafParams) throw new RangeError(`${values.length} values do not fit into a frame`);
  const { kind, most } = KINDS[direction];
  const scale = Math.fround(values.reduce((so, value) => Math.max(so, Math.abs(value)), 0) / most);
  const levels = Array.from(values, (value) => {
    return scale === 0 ? 0 : Math.max(-most, Math.min(most, Math.floor(value / scale + draw())));
  });
  const frame = new Uint8Array(leafFrameBytes(direction, values.length) - TAG_BYTES);
  const view = new DataView(frame.buffer);
  view.setUint8(0, kind);
  view.setUint16(1, leaf);
  view.setUint32(3, counter);
  view.setUint16(7, round);
  view.setFloat32(9, scale);
  for (const [i, level] of levels.entries())
    if (direction === "model") view.setInt8(HEADER_BYTES + i, level);
    else frame[HEADER_BYTES + (i >> 1)] = (frame[HEADER_BYTES + (i >> 1)] ?? 0) | ((level & 15) << (4 * (i & 1)));
  return concatBytes(frame, tagOf(seal, frame, crypto));
}

/** The leaf that a frame is of, as it says; nothing is checked. Undefined for what is no frame. */
export function leafOf(bytes: Uint8Array): number | undefined {
  return bytes.length < HEADER_BYTES + TAG_BYTES ? undefined : ((bytes[1] as number) << 8) | (bytes[2] as number);
}

/** @throws HearsayError ERR_DECODE for no frame of this direction and model, ERR_SIGNATURE where the tag is not that of this key, task and frame. */
export function decodeLeafFrame(
  direction: Direction,
  bytes: Uint8Array,
  params: number,
  seal: LeafSeal,
  crypto: Pick<Crypto, "sha256">,
): LeafFrame {
  const { kind, most } = KINDS[direction];
  const length = leafFrameBytes(direction, params);
  if (bytes.length !== length || bytes[0] !== kind)
    throw new HearsayError("ERR_DECODE", `no ${direction} of ${length} bytes`);
  const frame = bytes.subarray(0, length - TAG_BYTES);
  if (!equalBytes(tagOf(seal, frame, crypto), bytes.subarray(frame.length)))
    throw new HearsayError("ERR_SIGNATURE", "the tag of a leaf's frame does not hold");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const scale = view.getFloat32(9);
  if (!(scale >= 0 && scale < Number.POSITIVE_INFINITY)) throw new HearsayError("ERR_DECODE", "a scale that is none");
  const level = (i: number): number => {
    if (direction === "model") return view.getInt8(HEADER_BYTES + i);
    const half = (view.getUint8(HEADER_BYTES + (i >> 1)) >> (4 * (i & 1))) & 15;
    return half > 7 ? half - 16 : half;
  };
  const values = Float32Array.from({ length: params }, (_, i) => {
    if (level(i) < -most) throw new HearsayError("ERR_DECODE", "a level that is never written");
    return level(i) * scale;
  });
  return { leaf: view.getUint16(1), counter: view.getUint32(3), round: view.getUint16(7), values };
}
