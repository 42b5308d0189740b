/**
 * Whether a body is one of its type (bodies.ts). Each version is closed: an unknown type, an unknown field or a missing one is refused, since a verifier that says "ok" to
 * what it does not understand verifies nothing.
 */
import { LIMITS } from "../../base/limits.ts";
import { isSpent } from "../../base/spent.ts";
import { MAX_MASS } from "../../base/weight.ts";
import { isSignature } from "../../wire/envelope.ts";
import { isBytes32, isCount, isGeneration, isMass } from "../../wire/values.ts";
import { type Bodies, type EntryType, type LogVersion, PARENT_STATUSES } from "./bodies.ts";

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
