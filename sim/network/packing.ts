/**
 * Letters on their way to another thread, as one message: all numbers in one array, all bytes in another, each text once. To copy an object for each letter, with
 * memory of its own for its bytes, takes two threads twice as long.
 */
import type { ErrorCode } from "../../protocol/base/errors.ts";
import type { Letter, Parcel } from "./letters.ts";

export interface Packed {
  /** PARCEL_NUMBERS of each parcel. */
  readonly parcels: Float64Array;
  /** LETTER_NUMBERS of each letter; an announcement to many is one. */
  readonly letters: Float64Array;
  /** What letters name, each once. */
  readonly texts: readonly string[];
  /** The bytes of all letters, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** atMs, to, from, number, session, and which letter. */
const PARCEL_NUMBERS = 6;
/** Kind, id, two texts, length of the bytes, and their place in memory. */
const LETTER_NUMBERS = 6;

const KINDS = ["announcement", "question", "answer", "refusal", "told"] as const;

/** Of a text that is undefined. */
const NO_TEXT = -1;

/** Where bytes begin in memory, as a remainder by this, is kept: who wrote them saw to it that numbers in them can be read in place. */
const ALIGNMENT = 8;

const NO_BYTES = new Uint8Array(0);

export function packed(parcels: readonly Parcel[]): Packed {
  const letters: Letter[] = [];
  const texts = new Map<string, number>();
  const parcelNumbers = new Float64Array(PARCEL_NUMBERS * parcels.length);
  for (const [i, { atMs, to, from, number, session, letter }] of parcels.entries()) {
    if (letters.at(-1) !== letter) letters.push(letter);
    parcelNumbers.set([atMs, to, from, number, session, letters.length - 1], PARCEL_NUMBERS * i);
  }
  const textOf = (text: string | undefined) => {
    if (text === undefined) return NO_TEXT;
    const index = texts.get(text) ?? texts.size;
    texts.set(text, index);
    return index;
  };
  const letterNumbers = new Float64Array(LETTER_NUMBERS * letters.length);
  for (const [i, letter] of letters.entries()) {
    const { id, names } = partsOf(letter);
    const { length, byteOffset } = bytesOf(letter);
    const numbers = [
      KINDS.indexOf(letter.kind),
      id,
      textOf(names[0]),
      textOf(names[1]),
      length,
      byteOffset % ALIGNMENT,
    ];
    letterNumbers.set(numbers, LETTER_NUMBERS * i);
  }
  return { parcels: parcelNumbers, letters: letterNumbers, texts: [...texts.keys()], bytes: allBytes(letters) };
}

export function unpacked({ parcels, letters, texts, bytes }: Packed): Parcel[] {
  const opened: Letter[] = [];
  let start = 0;
  for (let i = 0; i < letters.length; i += LETTER_NUMBERS) {
    const at = (field: number) => letters[i + field] as number;
    const [kind, id, first, second, length, place] = [at(0), at(1), at(2), at(3), at(4), at(5)];
    const body = new Uint8Array(place + length).subarray(place);
    body.set(bytes.subarray(start, start + length));
    start += length;
    opened.push(letterOf(KINDS[kind], id, [texts[first], texts[second]], body));
  }
  const unpacked: Parcel[] = [];
  for (let i = 0; i < parcels.length; i += PARCEL_NUMBERS) {
    const at = (field: number) => parcels[i + field] as number;
    unpacked.push({
      atMs: at(0),
      to: at(1),
      from: at(2),
      number: at(3),
      session: at(4),
      letter: opened[at(5)] as Letter,
    });
  }
  return unpacked;
}

function allBytes(letters: readonly Letter[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(letters.reduce((length, letter) => length + bytesOf(letter).length, 0));
  let end = 0;
  for (const letter of letters) {
    const bytes = bytesOf(letter);
    all.set(bytes, end);
    end += bytes.length;
  }
  return all;
}

function bytesOf(letter: Letter): Uint8Array {
  return letter.kind === "refusal" ? NO_BYTES : letter.body;
}

/** What a letter has beside its kind and its bytes. */
function partsOf(letter: Letter): { readonly id: number; readonly names: readonly (string | undefined)[] } {
  switch (letter.kind) {
    case "announcement":
      return { id: 0, names: [letter.topic, letter.name] };
    case "told":
      return { id: 0, names: [letter.topic] };
    case "question":
      return { id: letter.id, names: [letter.protocol] };
    case "answer":
      return { id: letter.id, names: [] };
    case "refusal":
      return { id: letter.id, names: [letter.code] };
  }
}

function letterOf(
  kind: (typeof KINDS)[number] | undefined,
  id: number,
  [first, second]: readonly (string | undefined)[],
  body: Uint8Array,
): Letter {
  switch (kind) {
    case "announcement":
      return { kind, topic: first as string, body, name: second };
    case "told":
      return { kind, topic: first as string, body };
    case "question":
      return { kind, id, protocol: first as string, body };
    case "answer":
      return { kind, id, body };
    default:
      return { kind: "refusal", id, code: first as ErrorCode };
  }
}
