/** What a party keeps of a session on its disk: what it is about, its rows, and its part of the model. Strict DAG-CBOR. */
import { HearsayError } from "../base/errors.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { isBytes32 } from "../wire/values.ts";
import { decodeOffer, encodeOffer } from "./messages.ts";
import type { Session } from "./party.ts";

const VERSION = 1;
const MAX_BYTES = 64 * 2 ** 20;

/** Written once all parties have matched their ids. */
export interface SavedSession {
  readonly session: Session;
  /** The table of examples. */
  readonly table: string;
  readonly idColumn: string;
  /** Names of the features, in order. */
  readonly columns: readonly string[];
  /** Of a classification: the class that is 0 and the one that is 1. Empty for a regression, and for parties without labels. */
  readonly classes: readonly string[];
  /** Where the label holder listens; where others find it. */
  readonly addresses: readonly string[];
  /** Ids of the rows that are trained on, in the order that all parties have. */
  readonly ids: readonly string[];
}

/** Written after every epoch. */
export interface SavedModel {
  readonly epochs: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Of standardised columns; the label holder's intercept is the last. */
  readonly weights: readonly number[];
  /** Mean and deviation of the labels of a linear regression; 0 and 1 for all others. */
  readonly labels: readonly [mean: number, deviation: number];
}

export function encodeSession(saved: SavedSession): Uint8Array {
  const { session, table, idColumn, columns, classes, addresses, ids } = saved;
  const { offer, parties } = session;
  return encodeCanonical([
    VERSION,
    ...[session.id, encodeOffer(offer), parties, table, idColumn, columns, classes, addresses, ids],
  ]);
}

/** @throws HearsayError ERR_DECODE, ERR_NOT_CANONICAL, ERR_TOO_LARGE. */
export function decodeSession(bytes: Uint8Array): SavedSession {
  const [id, offer, parties, table, idColumn, columns, classes, addresses, ids] = fieldsOf(bytes, 9);
  if (!isBytes32(id) || !(offer instanceof Uint8Array) || !Array.isArray(parties) || !parties.every(isBytes32))
    throw damaged();
  return {
    session: { id, offer: decodeOffer(offer), parties },
    table: oneText(table),
    idColumn: oneText(idColumn),
    columns: texts(columns),
    classes: texts(classes),
    addresses: texts(addresses),
    ids: texts(ids),
  };
}

export function encodeModel({ epochs, mean, deviation, weights, labels }: SavedModel): Uint8Array {
  return encodeCanonical([VERSION, epochs, mean, deviation, weights, labels]);
}

/** @throws HearsayError ERR_DECODE, ERR_NOT_CANONICAL, ERR_TOO_LARGE. */
export function decodeModel(bytes: Uint8Array): SavedModel {
  const [epochs, mean, deviation, weights, labels] = fieldsOf(bytes, 5);
  const [labelMean, labelDeviation] = numbers(labels);
  if (typeof epochs !== "number" || labelMean === undefined || labelDeviation === undefined) throw damaged();
  return {
    epochs,
    mean: numbers(mean),
    deviation: numbers(deviation),
    weights: numbers(weights),
    labels: [labelMean, labelDeviation],
  };
}

function fieldsOf(bytes: Uint8Array, length: number): unknown[] {
  const value = decodeCanonical(bytes, MAX_BYTES);
  if (!Array.isArray(value) || value[0] !== VERSION || value.length !== length + 1) throw damaged();
  return value.slice(1);
}

function oneText(value: unknown): string {
  if (typeof value === "string") return value;
  throw damaged();
}

function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(oneText);
  throw damaged();
}

function numbers(value: unknown): number[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  throw damaged();
}

function damaged(): HearsayError {
  return new HearsayError("ERR_DECODE", "it is damaged, or was written by another version");
}
