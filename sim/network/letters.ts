/** What nodes of the network in memory send each other, as data: so it can go to another thread too. */
import { utf8 } from "../../protocol/base/bytes.ts";
import type { ErrorCode } from "../../protocol/base/errors.ts";
import type { EventPlace } from "./events.ts";

export type Letter = Announced | ToldNumbers | Question | Answer | Refusal;

export interface Announced {
  readonly kind: "announcement";
  readonly topic: string;
  readonly body: Uint8Array;
  /** Undefined where announcements are not relayed. */
  readonly name: string | undefined;
}

/** For one neighbour alone. */
export interface ToldNumbers {
  readonly kind: "told";
  readonly topic: string;
  /** Numbers (protocol/wire/numbers.ts). */
  readonly body: Uint8Array;
}

export interface Question {
  readonly kind: "question";
  /** Of the asker, never used twice. */
  readonly id: number;
  readonly protocol: string;
  readonly body: Uint8Array;
}

export interface Answer {
  readonly kind: "answer";
  /** Of the question. */
  readonly id: number;
  readonly body: Uint8Array;
}

export interface Refusal {
  readonly kind: "refusal";
  /** Of the question. */
  readonly id: number;
  readonly code: ErrorCode;
}

/** A letter on its way. */
export interface Parcel extends EventPlace {
  /** The node that sent it: letters of a node that was replaced are lost. */
  readonly session: number;
  readonly letter: Letter;
}

/** Bytes on the wire. */
export function lengthOf(letter: Letter): number {
  return letter.kind === "refusal" ? utf8(letter.code).length : letter.body.length;
}
