/**
 * Statements of several kinds that whoever says them signs: one closed form, which cohorts and releases share.
 *
 *     statement = envelope in a domain of [1, kind, subject(32), author(32), ...]        strict DAG-CBOR, closed
 */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { Crypto } from "../base/seams.ts";
import { decodeCanonical, encodeCanonical } from "./canonical.ts";
import { type Domain, openEnvelope, sealedPayload } from "./envelope.ts";
import { isBytes32 } from "./values.ts";

/** Whether a field is what it has to be. */
export type Check = (value: unknown) => boolean;

/** Of each kind the fields after the author, in their order. */
export type StatementFields<Says> = {
  readonly [K in keyof Says & string]: readonly (readonly [name: keyof Says[K] & string, check: Check])[];
};

export interface StatementForm<Says> {
  readonly domain: Domain;
  readonly fields: StatementFields<Says>;
  readonly maxBytes: number;
  /** What a statement is called in errors. */
  readonly name: string;
}

/** A statement, taken apart. */
export interface ReadStatement {
  readonly kind: string;
  readonly subject: Uint8Array;
  readonly author: Uint8Array;
  readonly says: Readonly<Record<string, unknown>>;
  /** What is signed: a view of it. */
  readonly payload: Uint8Array;
}

const VERSION = 1;

/** What the author signs. */
export function statementPayload<Says, K extends keyof Says & string>(
  form: StatementForm<Says>,
  kind: K,
  subject: Uint8Array,
  author: Uint8Array,
  says: Says[K],
): Uint8Array {
  const values = form.fields[kind].map(([name]) => says[name]);
  return encodeCanonical([VERSION, kind, subject, author, ...values]);
}

/**
 * A statement of whoever signed it.
 * @param about the only subject that is taken; any where left out.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_OTHER_TASK for another subject | ERR_SIGNATURE.
 */
export function readStatement<Says>(
  { domain, fields: all, maxBytes, name }: StatementForm<Says>,
  sealed: Uint8Array,
  crypto: Pick<Crypto, "verify">,
  about?: Uint8Array,
): ReadStatement {
  const malformed = (what: string) => new HearsayError("ERR_DECODE", `${name} ${what}`);
  if (sealed.length > maxBytes) throw new HearsayError("ERR_TOO_LARGE", `${name} of ${sealed.length} bytes`);
  const payload = sealedPayload(sealed);
  const value = decodeCanonical(payload, maxBytes);
  const [version, kind, subject, author, ...values] = Array.isArray(value) ? (value as unknown[]) : [];
  if (version !== VERSION || typeof kind !== "string" || !Object.hasOwn(all, kind)) throw malformed("of no kind");
  if (!isBytes32(subject) || !isBytes32(author)) throw malformed("of no subject or author");
  if (about !== undefined && !equalBytes(subject, about))
    throw new HearsayError("ERR_OTHER_TASK", `${name} on another task`);
  const fields = all[kind as keyof Says & string] as readonly (readonly [string, Check])[];
  if (values.length !== fields.length) throw malformed("with more or fewer fields");
  for (const [i, [field, check]] of fields.entries()) if (!check(values[i])) throw malformed(`without a ${field}`);
  if (openEnvelope(domain, sealed, crypto as Crypto, author) === undefined)
    throw new HearsayError("ERR_SIGNATURE", `${name} that its author did not sign`);
  return { kind, subject, author, payload, says: Object.fromEntries(fields.map(([field], i) => [field, values[i]])) };
}
