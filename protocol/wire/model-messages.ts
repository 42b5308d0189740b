/**
 * A model that its author told of by a brief (brief.ts), and one signature, from which all that the author said of it follows. Packed, since each byte of it is sent
 * with every model:
 *
 *   request  numbers (numbers.ts): seq, seq - old, 1 where `note` is wanted, generation
 *   answer   what, seal(64), note(64)?, prev(32), trained(32), growth(32 each), mechanism?, shared?, certificate?, body
 *
 * `what` is a number: 1 where a cosignature is wanted, 2 with `note`, 4 with `mechanism` and `shared`, 8 with a certificate, and 16 times the number of hashes of
 * `growth`. `mechanism`, `shared` and the certificate are a length and so many bytes; without them they are what the task says. The body is the rest. `seal` is the
 * signature of the announcement of version 2, in which 64 zeros stand for `note` where that does not come. The others are as in an answer to a pull (pull-messages.ts).
 */
import { concatBytes, decodeUtf8, utf8 } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import { SIGNATURE_BYTES } from "./envelope.ts";
import { malformed } from "./fields.ts";
import { decodeNumbers, encodeNumbers, readVarint, varintOf } from "./numbers.ts";
import { isGeneration } from "./values.ts";

export interface ModelRequest {
  readonly generation: number;
  /** Place of the `publish` entry. */
  readonly seq: number;
  /** Entries of the log that are proved, at most `seq`. */
  readonly old: number;
  /** Whether the whole announcement is asked for, with the signature of the checkpoint, as others can be told it. */
  readonly wantsNote: boolean;
}

/** How the released model was made, where it is not as the task says. */
export interface Made {
  readonly mechanism: string;
  readonly shared: Uint8Array;
}

export interface ModelAnswer {
  readonly seal: Uint8Array;
  readonly note?: Uint8Array;
  readonly prev: Uint8Array;
  readonly trained: Uint8Array;
  readonly growth: readonly Uint8Array[];
  readonly made?: Made;
  readonly cohort?: Uint8Array;
  readonly wanted: boolean;
  /** Whole. */
  readonly body: Uint8Array;
}

const REQUEST_NUMBERS = 4;
const HASH_BYTES = 32;
/** Subtrees that cover a range of fewer than 2^53 leaves. */
const MAX_GROWTH = 106;
const MAX_MECHANISM_LENGTH = 64;
const HAS = { wanted: 1, note: 2, made: 4, cohort: 8 } as const;
const FLAGS = 16;

export function encodeModelRequest({ generation, seq, old, wantsNote }: ModelRequest): Uint8Array {
  return encodeNumbers([seq, seq - old, Number(wantsNote), generation]);
}

/** @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL, like the decoder below. */
export function decodeModelRequest(bytes: Uint8Array): ModelRequest {
  const [seq = 0, back = 0, note, generation] = decodeNumbers(bytes, REQUEST_NUMBERS);
  if (back > seq) throw malformed("`old` is before the log begins");
  if ((note !== 0 && note !== 1) || !isGeneration(generation)) throw malformed("no request for a model");
  return { generation, seq, old: seq - back, wantsNote: note === 1 };
}

/** In parts: the body is not copied. */
export function encodeModelAnswer(answer: ModelAnswer): readonly Uint8Array[] {
  const { seal, note, prev, trained, growth, made, cohort, wanted, body } = answer;
  const has = [wanted && HAS.wanted, note && HAS.note, made && HAS.made, cohort && HAS.cohort];
  const what = has.reduce<number>((sum, flag) => sum + (flag || 0), FLAGS * growth.length);
  const fixed = [seal, ...(note ? [note] : []), prev, trained, ...growth];
  const lengthy = [...(made ? [utf8(made.mechanism), made.shared] : []), ...(cohort ? [cohort] : [])];
  const measured = lengthy.flatMap((bytes) => [Uint8Array.from(varintOf(bytes.length)), bytes]);
  return [concatBytes(Uint8Array.from(varintOf(what)), ...fixed, ...measured), body];
}

export function decodeModelAnswer(bytes: Uint8Array): ModelAnswer {
  const reader = new Reader(bytes);
  const what = reader.number();
  const has = (flag: number) => (what & flag) !== 0;
  const numHashes = Math.floor(what / FLAGS);
  if (numHashes > MAX_GROWTH) throw malformed(`growth is not at most ${MAX_GROWTH} hashes`);
  const seal = reader.take(SIGNATURE_BYTES);
  const note = has(HAS.note) && { note: reader.take(SIGNATURE_BYTES) };
  const [prev, trained] = [reader.take(HASH_BYTES), reader.take(HASH_BYTES)];
  const growth = Array.from({ length: numHashes }, () => reader.take(HASH_BYTES));
  const made = has(HAS.made) && { made: { mechanism: reader.text(), shared: reader.measured() } };
  const cohort = has(HAS.cohort) && { cohort: reader.measured() };
  const wanted = has(HAS.wanted);
  return { seal, ...note, prev, trained, growth, ...made, ...cohort, wanted, body: reader.rest() };
}

/** Reads from the left. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(): number {
    const { value, end } = readVarint(this.#bytes, this.#at);
    this.#at = end;
    if (value >= LIMITS.maxFrameBytes) throw malformed("a length that no frame has");
    return value;
  }

  /** A copy: what it is taken from may be used again. */
  take(length: number): Uint8Array {
    const taken = this.#bytes.slice(this.#at, this.#at + length);
    if (taken.length !== length) throw malformed("an answer that is cut short");
    this.#at += length;
    return taken;
  }

  measured(): Uint8Array {
    return this.take(this.number());
  }

  text(): string {
    const text = decodeUtf8(this.measured());
    if (text === undefined || text.length > MAX_MECHANISM_LENGTH)
      throw malformed(`a text is missing or longer than ${MAX_MECHANISM_LENGTH}`);
    return text;
  }

  /** A view. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}
