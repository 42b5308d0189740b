/**
 * A model as the baselines send it: round (uint32), weight (uint32), parameters (float32), all little-endian.
 *
 * These messages have no author, no signature, no hash and nobody checks them: what a baseline's network carries is what it
 * learns from. They are told to one neighbour each and never relayed, so their bytes are models sent x (8 + 4d).
 */
import { bytesToFloats, floatsToBytes } from "../../protocol/base/bytes.ts";
import type { Verdict } from "../../protocol/base/seams.ts";

export interface ModelMessage {
  /** Of a synchronous algorithm. */
  readonly round: number;
  /** What the receiver weighs the model by: its age, the author's number of examples, of neighbours ... */
  readonly weight: number;
  readonly params: Float32Array;
}

export const MODEL_TOPIC = "model";
export const HEADER_BYTES = 8;
/** Verdict on every message: taken, and not passed on. */
export const KEPT: Verdict = { verdict: "ignore" };

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export function encodeModel({ round, weight, params }: ModelMessage): Uint8Array {
  const body = new Uint8Array(HEADER_BYTES + 4 * params.length);
  const header = new DataView(body.buffer);
  header.setUint32(0, round, true);
  header.setUint32(4, weight, true);
  if (LITTLE_ENDIAN) new Float32Array(body.buffer, HEADER_BYTES).set(params);
  else body.set(floatsToBytes(params), HEADER_BYTES);
  return body;
}

/** The parameters are those in `body`, not copied where they need not be: read only, as all that is heard. */
export function decodeModel({ buffer, byteOffset, length }: Uint8Array): ModelMessage {
  const header = new DataView(buffer, byteOffset, HEADER_BYTES);
  const start = byteOffset + HEADER_BYTES;
  const numParams = (length - HEADER_BYTES) / 4;
  const params =
    LITTLE_ENDIAN && start % 4 === 0
      ? new Float32Array(buffer, start, numParams)
      : bytesToFloats(new Uint8Array(buffer, start, 4 * numParams));
  return { round: header.getUint32(0, true), weight: header.getUint32(4, true), params };
}
