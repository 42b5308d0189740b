/**
 * What is said about releases. Everything is signed by whoever says it, so that it can be passed on by anybody.
 *
 *     statement = envelope in the domain release of [1, kind, task(32), signer(32), ...]        strict DAG-CBOR, closed
 *     id        = SHA-256 of its payload
 *
 * A release is named by the id of its tag. Tags, gates and orders count where one of the task's release keys has signed them; a vote is any peer's own.
 */
import { LIMITS } from "../base/limits.ts";
import type { Crypto, Identity } from "../base/seams.ts";
import { isSignature, seal } from "../wire/envelope.ts";
import {
  type Check,
  readStatement,
  type StatementFields,
  type StatementForm,
  statementPayload,
} from "../wire/statements.ts";
import { isBytes32, isCount, isGeneration } from "../wire/values.ts";

/** Where the log of the peer that made a release stood: its checkpoint, with its own signature of it. */
export type LogPlace = readonly [
  peer: Uint8Array,
  generation: number,
  size: number,
  root: Uint8Array,
  signature: Uint8Array,
];

/** A figure of the release on the hold-out of the peer that made it, in millionths. */
export type Figure = readonly [metric: string, millionths: number];

/** What each kind says beside task and signer. */
export interface Says {
  /** These parameters have this name. */
  readonly tag: {
    readonly name: string;
    /** SHA-256 and length of the body: the parameters by the codec f32. */
    readonly model: Uint8Array;
    readonly bytes: number;
    /** Of the model, in optimiser steps. */
    readonly age: number;
    /** When it was made, in whole minutes. */
    readonly tsMs: number;
    readonly log: LogPlace;
    readonly figures: readonly Figure[];
  };
  /** Every peer is asked whether this holds for the release on its own hold-out (gate.ts). */
  readonly gate: { readonly release: Uint8Array; readonly expression: string };
  /** Whether it does, on the signer's. */
  readonly vote: { readonly gate: Uint8Array; readonly passes: boolean };
  /** Peers of the ring serve `target`, all others `base`; null: nothing (rings.ts). Of several orders the one with the highest serial holds. */
  readonly order: {
    readonly serial: number;
    readonly target: Uint8Array;
    readonly permille: number;
    readonly base: Uint8Array | null;
  };
}

export type StatementKind = keyof Says;

export type Statement<K extends StatementKind = StatementKind> = {
  [T in K]: Says[T] & {
    readonly kind: T;
    readonly signer: Uint8Array;
    readonly id: Uint8Array;
    /** As it came. */
    readonly sealed: Uint8Array;
  };
}[K];

const MAX_FIGURES = 8;
/** What a name of a release looks like: it stands in file names and command lines. */
export const RELEASE_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

const isAscii = (value: unknown, most: number) =>
  typeof value === "string" && value.length <= most && /^[\x20-\x7e]+$/.test(value);
const bytes32OrNull: Check = (value) => value === null || isBytes32(value);
const isLogPlace: Check = (value) => {
  const [peer, generation, size, root, signature, ...rest] = Array.isArray(value) ? (value as unknown[]) : [];
  const isPlace = isBytes32(peer) && isGeneration(generation) && isCount(size) && isBytes32(root);
  return isPlace && isSignature(signature) && rest.length === 0;
};
const isFigure: Check = (value) =>
  Array.isArray(value) && value.length === 2 && isAscii(value[0], 32) && Number.isSafeInteger(value[1]);

/** Fields of each kind, in their order. */
const FIELDS: StatementFields<Says> = {
  tag: [
    ["name", (value) => typeof value === "string" && RELEASE_NAME.test(value)],
    ["model", isBytes32],
    ["bytes", (value) => isCount(value) && value <= LIMITS.maxModelBytes],
    ["age", (value) => isCount(value) && value <= LIMITS.maxAge],
    ["tsMs", isCount],
    ["log", isLogPlace],
    ["figures", (value) => Array.isArray(value) && value.length <= MAX_FIGURES && value.every(isFigure)],
  ],
  gate: [
    ["release", isBytes32],
    ["expression", (value) => isAscii(value, LIMITS.maxGateCharacters)],
  ],
  vote: [
    ["gate", isBytes32],
    ["passes", (value) => typeof value === "boolean"],
  ],
  order: [
    ["serial", (value) => isCount(value) && value > 0],
    ["target", isBytes32],
    ["permille", (value) => isCount(value) && value <= 1000],
    ["base", bytes32OrNull],
  ],
};

const FORM: StatementForm<Says> = {
  domain: "release",
  fields: FIELDS,
  maxBytes: LIMITS.maxAnnouncementBytes,
  name: "a statement on releases",
};

/** The payload of a statement of this key. */
export function payloadOf<K extends StatementKind>(
  kind: K,
  task: Uint8Array,
  signer: Uint8Array,
  says: Says[K],
): Uint8Array {
  return statementPayload(FORM, kind, task, signer, says);
}

/** A statement of this key, signed. */
export function say<K extends StatementKind>(kind: K, task: Uint8Array, says: Says[K], identity: Identity): Uint8Array {
  return seal("release", payloadOf(kind, task, identity.publicKey, says), identity);
}

/**
 * A statement about a task of whoever signed it.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_OTHER_TASK | ERR_SIGNATURE.
 */
export function read(sealed: Uint8Array, task: Uint8Array, crypto: Pick<Crypto, "sha256" | "verify">): Statement {
  const { kind, author: signer, payload, says } = readStatement(FORM, sealed, crypto, task);
  return { kind, signer, id: crypto.sha256(payload), sealed, ...says } as unknown as Statement;
}
