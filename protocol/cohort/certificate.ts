/**
 * The word of a cohort for its mean: each member that could compute it from what all sent has signed it.
 *
 *     result      = ["result", task(32), session(32), model(32), age, survivors]     model: SHA-256 of the body, in the codec of the task
 *     certificate = [1, session(32), survivors, [[public key(32), signature of the result in the domain cohort (64)], ...]], sorted by key
 *
 * The mass of the model is the number of signatures. Keys are free: a certificate says that so many keys vouch for a sum, not that they are so many people.
 */
import { compareBytes } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto, Identity } from "../base/seams.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { isSignature, signIn, verifyIn } from "../wire/envelope.ts";
import { isBytes32, isCount } from "../wire/values.ts";

export interface Result {
  readonly task: Uint8Array;
  readonly session: Uint8Array;
  /** SHA-256 of the mean's body. */
  readonly model: Uint8Array;
  readonly age: number;
  /** How many vectors it is the mean of. */
  readonly survivors: number;
}

export interface Signature {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** What a log calls the mechanism of a mean under a certificate. */
export const COHORT = "cohort";

const VERSION = 1;

function textOf({ task, session, model, age, survivors }: Result): Uint8Array {
  return encodeCanonical(["result", task, session, model, age, survivors]);
}

export function signResult(result: Result, identity: Identity): Uint8Array {
  return signIn("cohort", textOf(result), identity);
}

export function holdsFor(result: Result, { publicKey, signature }: Signature, crypto: Pick<Crypto, "verify">): boolean {
  return verifyIn("cohort", textOf(result), signature, crypto as Crypto, publicKey);
}

export function encodeCertificate(
  session: Uint8Array,
  survivors: number,
  signatures: readonly Signature[],
): Uint8Array {
  const sorted = signatures.toSorted((a, b) => compareBytes(a.publicKey, b.publicKey));
  return encodeCanonical([
    VERSION,
    session,
    survivors,
    sorted.map(({ publicKey, signature }) => [publicKey, signature]),
  ]);
}

/** What a certificate is held against. */
export interface Claim {
  readonly task: Uint8Array;
  readonly model: Uint8Array;
  readonly age: number;
  /** Whose log publishes it: one of those that sign. */
  readonly publicKey: Uint8Array;
  /** How many models it is said to stand for. */
  readonly mass: number;
}

/**
 * Why a certificate is none for what is published; undefined where it holds. Never throws.
 * @param minimum fewest members, as the task says.
 */
export function certificateFault(
  bytes: Uint8Array,
  claim: Claim,
  minimum: number,
  crypto: Pick<Crypto, "verify">,
): string | undefined {
  const read = bytes.length > LIMITS.maxCertificateBytes ? undefined : decodeCertificate(bytes);
  if (read === undefined) return "it is no certificate of a cohort";
  const { session, survivors, signatures } = read;
  if (signatures.length !== claim.mass) return `${signatures.length} members signed it, it claims ${claim.mass}`;
  if (signatures.length < minimum) return `${signatures.length} members signed it; the task asks for ${minimum}`;
  if (survivors < signatures.length || survivors > LIMITS.maxCohort) return `it is the mean of ${survivors} models`;
  if (!signatures.some(({ publicKey }) => compareBytes(publicKey, claim.publicKey) === 0))
    return "its publisher is no member";
  const { task, model, age } = claim;
  const result = { task, session, model, age, survivors };
  return signatures.every((one) => holdsFor(result, one, crypto)) ? undefined : "a signature does not hold";
}

function decodeCertificate(bytes: Uint8Array) {
  let value: unknown;
  try {
    value = decodeCanonical(bytes, LIMITS.maxCertificateBytes);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [version, session, survivors, list] = value as unknown[];
  if (version !== VERSION || !isBytes32(session) || !isCount(survivors) || !Array.isArray(list)) return undefined;
  const signatures: Signature[] = [];
  for (const one of list as unknown[]) {
    const [publicKey, signature, ...rest] = Array.isArray(one) ? (one as unknown[]) : [];
    if (!isBytes32(publicKey) || !isSignature(signature) || rest.length > 0) return undefined;
    const last = signatures.at(-1);
    if (last && compareBytes(last.publicKey, publicKey) >= 0) return undefined; // each key once
    signatures.push({ publicKey, signature });
  }
  return { session, survivors, signatures };
}
