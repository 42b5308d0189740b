/**
 * Codecs that send whole numbers of few bits in place of float32, with a scale for each block of a tensor:
 *
 *     body       scales | levels
 *     scales     one float32, little endian, for each block; blocks of a tensor follow one another, tensors in flat order
 *     scale      float32(max |x| / most) over the block, most = 2^(bits - 1) - 1
 *     levels     of all parameters in flat order: 8 bits, one signed byte each; 4 bits, two's complement, two in a byte, the first in its low
 *                half, and a half that is left over is 0
 *     decoded    x = float32(level * scale)
 *
 * Levels are drawn as rounding.ts says: without bias, and from the vector itself, so that the same vector gives the same bytes. |decoded - x| < scale.
 * A vector that is not finite gives a body that decodes to one that is not.
 *
 * A body has no header, unlike that of f32: 300 bytes of names that all who decode it know already would be a tenth of a small model. What it is the
 * announcement and the log entry say, which name task, codec and SHA-256.
 */
import { floatsIn } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { numParams } from "../base/task.ts";
import type { BodyCodec, BodyLayout, Codec } from "./codec.ts";
import { requireBody, requireParams } from "./lengths.ts";
import type { Block } from "./rounding.ts";
import { rounding } from "./rounding-kernel.ts";

export interface Quantisation {
  readonly name: string;
  readonly bits: 4 | 8;
  /** Most parameters that share a scale; even. */
  readonly blockLength: number;
}

type Span = Pick<Block, "from" | "to">;

export function quantisedCodec(quantisation: Quantisation): Codec {
  return { name: quantisation.name, forLayout: (layout) => codecFor(layout, quantisation) };
}

function codecFor(layout: BodyLayout, { bits, blockLength }: Quantisation): BodyCodec {
  const spans = spansOf(layout.tensors, blockLength);
  const count = numParams(layout);
  const most = (1 << (bits - 1)) - 1;
  const scaleBytes = 4 * spans.length;
  const bodyBytes = scaleBytes + Math.ceil((count * bits) / 8);
  return {
    isLossless: false,
    minBytes: bodyBytes,
    maxBytes: bodyBytes,
    encode(params) {
      requireParams(params, count);
      const body = new Uint8Array(bodyBytes);
      const levels = quantise(params, spans, most, body);
      body.set(bits === 8 ? new Uint8Array(levels.buffer) : packed(levels), scaleBytes);
      return body;
    },
    decode(body) {
      requireBody(body, bodyBytes);
      const behind = body.subarray(scaleBytes);
      const levels = bits === 8 ? new Int8Array(behind.buffer, behind.byteOffset, count) : unpacked(behind, count);
      return dequantise(floatsIn(body.subarray(0, scaleBytes)), levels, spans, most);
    },
  };
}

/** Blocks of at most so many parameters, none of two tensors. */
function spansOf(tensors: BodyLayout["tensors"], blockLength: number): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (const tensor of tensors) {
    const end = start + numParams({ tensors: [tensor] });
    for (let from = start; from < end; from += blockLength) spans.push({ from, to: Math.min(end, from + blockLength) });
    start = end;
  }
  return spans;
}

/** The levels; the scales go to the beginning of the body. */
function quantise(params: Float32Array, spans: readonly Span[], most: number, body: Uint8Array): Int8Array {
  const { seedOf, largest, round } = rounding();
  const scales = new Float32Array(body.buffer, 0, spans.length);
  const levels = new Int8Array(params.length);
  const seed = seedOf(params);
  for (const [i, { from, to }] of spans.entries()) {
    const scale = Math.fround(largest(params, from, to) / most);
    scales[i] = scale;
    // a block of zeros, or of numbers too small for a scale, has levels of 0
    round(params, levels, { from, to, scale: scale === 0 ? Number.POSITIVE_INFINITY : scale, most, seed });
  }
  return levels;
}

function dequantise(scales: Float32Array, levels: Int8Array, spans: readonly Span[], most: number): Float32Array {
  const params = new Float32Array(levels.length);
  for (const [k, { from, to }] of spans.entries()) {
    const scale = scales[k] as number;
    if (scale < 0) throw malformed("a scale is negative");
    for (let i = from; i < to; i++) {
      const level = levels[i] as number;
      if (level < -most) throw malformed(`level ${level}; the least is ${-most}`);
      params[i] = level * scale;
    }
  }
  return params;
}

function packed(levels: Int8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(levels.length / 2));
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = ((levels[2 * i] as number) & 15) | (((levels[2 * i + 1] ?? 0) & 15) << 4);
  return bytes;
}

function unpacked(bytes: Uint8Array, count: number): Int8Array {
  const levels = new Int8Array(2 * bytes.length);
  for (const [i, byte] of bytes.entries()) {
    levels[2 * i] = (byte << 28) >> 28;
    levels[2 * i + 1] = (byte << 24) >> 28;
  }
  if (count % 2 === 1 && levels[count] !== 0) throw malformed("half a byte behind the last level is not 0");
  return levels.subarray(0, count);
}

function malformed(why: string): HearsayError {
  return new HearsayError("ERR_MODEL_SHAPE", `no body of this codec: ${why}`);
}
