/**
 * What the entries of a log say: one record type for each thing that a peer commits to, checked field by field.
 *
 * Models and tasks stand as SHA-256 hashes, peers as raw Ed25519 public keys (both 32 bytes), figures as integers in
 * 0 .. 2^53-1 (there are no floats in a log), names as 1 to 64 printable ASCII characters. Each version is closed: an unknown type, an
 * unknown field or a missing one is refused, since a verifier that says "ok" to what it does not understand verifies nothing.
 *
 * Version 2 is what peers write. It differs from version 1, which is read for ever, in three types: `train` names its engine and what it
 * took of a privacy budget, `publish` says by what mechanism and codec the body came of which training, and `vertical` is new.
 */

import type { CandidateStatus } from "../../base/learning-seams.ts";
import { LIMITS } from "../../base/limits.ts";
import { isSpent, type Spent } from "../../base/spent.ts";
import { MAX_MASS } from "../../base/weight.ts";
import { isSignature } from "../../wire/envelope.ts";
import { isBytes32, isCount, isGeneration, isMass } from "../../wire/values.ts";

/** First entry of every log, and only the first: whose log it is and of which task, so that a copy explains itself. */
export interface GenesisBody {
  readonly task: Uint8Array;
  readonly peer: Uint8Array;
  /** Software that opened the log, e.g. `hearsay/0.1.0`. */
  readonly agent: string;
  /** From 1: this key's next log of the task, where it could not go on with the one before (a backup was restored, a disk failed). 0 is not written. */
  readonly generation?: number;
  /** The newest entry that it knew of the log before. */
  readonly after?: Uint8Array;
}

/** Local training took the parameters `in` to `out`; `age` is that of `out`. */
export interface TrainBody {
  readonly in: Uint8Array;
  readonly out: Uint8Array;
  readonly steps: number;
  readonly age: number;
  /** Not always in version 1. */
  readonly engine?: string;
  /** What of a privacy budget was spent so far, this training included; null: nothing. Not in version 1, and always null in logs from before 2026-11-29. */
  readonly privacy?: PrivacyStatement | null;
  /**
   * Where `in` came of merges while the training was under way: what it began with, and what it gave. `out` is `in` and their difference
   * (task/move.ts). Not in version 1, and in no log from before 2026-11-29.
   */
  readonly moved?: readonly [began: Uint8Array, ended: Uint8Array];
}

/** What was spent of a privacy budget, in all, and what that makes: so whoever reads it can do the accounting again. */
export interface PrivacyStatement {
  /** In millionths, rounded up, at the task's delta. */
  readonly epsilon: number;
  readonly spent: Spent;
}

/** The peer offers this body (`bytes` long, in this codec) to others. */
export interface PublishBody {
  readonly model: Uint8Array;
  readonly age: number;
  readonly bytes: number;
  readonly codec: string;
  // These four are in every `publish` of version 2, and in none of version 1, which means: mechanism none, all tensors, mass 1, the training before.
  /** Name of the privacy mechanism that released the parameters. */
  readonly mechanism?: string;
  /** Which tensors of the task's layout are shared: bit i % 8 of byte i / 8 is tensor i. */
  readonly shared?: Uint8Array;
  /** How many models it stands for. */
  readonly mass?: number;
  /** SHA-256 of the trained parameters that were released: `out` of the training. */
  readonly trained?: Uint8Array;
  /**
   * Where it is the mean of a cohort, or the release of a gateway: the word of its members (cohort/certificate.ts, gateway/certificate.ts). `trained` is
   * then the hash of the mean, or median, before the codec. Not in
   * version 1, and in no log from before 2026-11-29.
   */
  readonly cohort?: Uint8Array;
}

/** Of an entry: which fields its body has. */
export type LogVersion = 1 | 2;

/** What became of an input: as the rule said, or `invalid` where it never reached the rule. */
export type ParentStatus = CandidateStatus | "invalid";

export const PARENT_STATUSES: readonly ParentStatus[] = ["used", "duplicate", "clipped", "removed", "invalid"];

/** One input of an aggregation; the weight is in Q16 (65536 = 1). An array, which saves 54 bytes with 8 parents. */
export type Parent = readonly [
  peer: Uint8Array,
  model: Uint8Array,
  age: number,
  weightQ16: number,
  status: ParentStatus,
];

/** The rule merged `own`, with `base` as the previous aggregate, and the parents (in the order of the sums) into `out`. */
export interface AggregateBody {
  readonly own: Uint8Array;
  readonly base: Uint8Array | null;
  readonly out: Uint8Array;
  readonly rule: string;
  readonly age: number;
  readonly parents: readonly Parent[];
  /** Where the rule draws: what the lot is drawn by (lot.ts). Left out in logs from before 2026-11-29. */
  readonly lot?: Uint8Array;
  /** Which of the parents spoke for other places, ascending (task/across-places.ts); left out where none did. In no log from before 2026-11-30. */
  readonly outside?: readonly number[];
}

/** The peer continues from these parameters: after a restart, or from outside the network. */
export interface ResumeBody {
  readonly params: Uint8Array;
  readonly age: number;
}

/**
 * The last entry of a log: its key signs nothing about this task any more. `next` is the key that goes on in its place, if one does;
 * `proof` then is that key's signature, in the domain "succession", of logId | the key that ends. So both keys have signed.
 */
export interface EndBody {
  readonly next: Uint8Array | null;
  readonly proof: Uint8Array | null;
}

/**
 * The peer took part in a session of vertical learning (vertical/): with how many parties, itself among them, and over how many shared rows, rounded down to a
 * power of two. Nothing of columns, ids or other parties. Not in version 1, and in no log from before 2026-11-29.
 */
export interface VerticalBody {
  readonly session: Uint8Array;
  readonly parties: number;
  readonly rows: number;
}

export interface Bodies {
  readonly genesis: GenesisBody;
  readonly train: TrainBody;
  readonly publish: PublishBody;
  readonly aggregate: AggregateBody;
  readonly resume: ResumeBody;
  readonly end: EndBody;
  readonly vertical: VerticalBody;
}

export type EntryType = keyof Bodies;

/** A type with its body: what an entry says, before it has a place in a log. */
export type Statement<T extends EntryType = EntryType> = {
  [K in T]: { readonly type: K; readonly body: Bodies[K] };
}[T];

/** Why `body` is no body of `type` in this version; undefined where it is one. */
export function bodyFault(version: LogVersion, type: unknown, body: unknown): string | undefined {
  if (typeof type !== "string" || !Object.hasOwn(FIELDS[version], type))
    return `unknown entry type ${JSON.stringify(type)}`;
  if (typeof body !== "object" || body === null || Array.isArray(body) || body instanceof Uint8Array)
    return `the body of ${type} is no map`;
  const fields = (FIELDS[version] as Fields)[type as EntryType] as Readonly<Record<string, Field>>;
  for (const [name, field] of Object.entries(fields)) {
    if (!Object.hasOwn(body, name)) {
      if (field.optional !== true) return `${type}.${name} is missing`;
    } else if (!field.accepts((body as Record<string, unknown>)[name])) {
      return `${type}.${name} is not ${field.wants}`;
    }
  }
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(fields, name));
  return unknown === undefined ? undefined : `${type} has no field ${JSON.stringify(unknown)}`;
}

interface Field {
  /** Ends the sentence "the field is not ...". */
  readonly wants: string;
  accepts(value: unknown): boolean;
  readonly optional?: true;
}

const NAME = /^[\x20-\x7e]{1,64}$/;

const bytes32: Field = { wants: "32 bytes", accepts: isBytes32 };
const bytes32OrNull: Field = { wants: "32 bytes or null", accepts: (value) => value === null || isBytes32(value) };
const count: Field = { wants: "an integer in 0 .. 2^53-1", accepts: isCount };
const name: Field = {
  wants: "1 to 64 printable ASCII characters",
  accepts: (value) => typeof value === "string" && NAME.test(value),
};
const parents: Field = {
  wants: `at most ${LIMITS.maxParents} of [peer, model, age, weightQ16 <= 65536, status]`,
  accepts: (value) => Array.isArray(value) && value.length <= LIMITS.maxParents && value.every(isParent),
};

type Fields<T extends EntryType = EntryType> = { readonly [K in T]: { readonly [F in keyof Bodies[K]]: Field } };

const FIELDS_1: Fields<Exclude<EntryType, "vertical">> = {
  genesis: {
    task: bytes32,
    peer: bytes32,
    agent: name,
    generation: {
      wants: "an integer in 1 .. 2^32-1",
      accepts: (value) => isGeneration(value) && value > 0,
      optional: true,
    },
    after: { ...bytes32, optional: true },
  },
  train: { in: bytes32, out: bytes32, steps: count, age: count, engine: { ...name, optional: true } },
  publish: { model: bytes32, age: count, bytes: count, codec: name },
  aggregate: {
    own: bytes32,
    base: bytes32OrNull,
    out: bytes32,
    rule: name,
    age: count,
    parents,
    lot: { wants: "64 bytes", accepts: isSignature, optional: true },
  },
  resume: { params: bytes32, age: count },
  end: {
    next: bytes32OrNull,
    proof: { wants: "64 bytes or null", accepts: (value) => value === null || isSignature(value) },
  },
};

const FIELDS: Readonly<{ 1: typeof FIELDS_1; 2: Fields }> = {
  1: FIELDS_1,
  2: {
    ...FIELDS_1,
    train: {
      ...FIELDS_1.train,
      engine: name,
      privacy: {
        wants: `null, or a map of epsilon and at most ${LIMITS.maxNoiseKinds} of [rate, noise, steps]`,
        accepts: (value) => value === null || isPrivacyStatement(value),
      },
      moved: {
        wants: "a list of two hashes",
        accepts: (value) => Array.isArray(value) && value.length === 2 && value.every(isBytes32),
        optional: true,
      },
    },
    aggregate: {
      ...FIELDS_1.aggregate,
      outside: {
        wants: `1 to ${LIMITS.maxParents} ascending places in the list of parents`,
        accepts: isAscending,
        optional: true,
      },
    },
    publish: {
      ...FIELDS_1.publish,
      mechanism: name,
      shared: {
        wants: `1 to ${LIMITS.maxTensors / 8} bytes`,
        accepts: (value) => value instanceof Uint8Array && value.length >= 1 && value.length <= LIMITS.maxTensors / 8,
      },
      mass: { wants: `an integer in 1 .. ${MAX_MASS}`, accepts: isMass },
      trained: bytes32,
      cohort: {
        wants: `1 to ${LIMITS.maxClusterCertificateBytes} bytes`,
        accepts: (value) =>
          value instanceof Uint8Array && value.length >= 1 && value.length <= LIMITS.maxClusterCertificateBytes,
        optional: true,
      },
    },
    vertical: {
      session: bytes32,
      parties: {
        wants: `an integer in 2 .. ${LIMITS.maxVerticalParties}`,
        accepts: (value) => isCount(value) && value >= 2 && value <= LIMITS.maxVerticalParties,
      },
      rows: {
        wants: `a power of two in 1 .. ${LIMITS.maxVerticalIds}`,
        accepts: (value) => isCount(value) && value <= LIMITS.maxVerticalIds && isPowerOfTwo(value),
      },
    },
  },
};

function isPrivacyStatement(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 2) return false;
  const { epsilon, spent } = value as Record<string, unknown>;
  return isCount(epsilon) && isSpent(spent) && spent.length > 0;
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

function isAscending(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > LIMITS.maxParents) return false;
  return value.every((one, i) => isCount(one) && one < LIMITS.maxParents && (i === 0 || one > value[i - 1]));
}

function isParent(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 5) return false;
  const [peer, model, age, weightQ16, status] = value as unknown[];
  return (
    isBytes32(peer) &&
    isBytes32(model) &&
    isCount(age) &&
    isCount(weightQ16) &&
    weightQ16 <= 65536 &&
    (PARENT_STATUSES as readonly unknown[]).includes(status)
  );
}
