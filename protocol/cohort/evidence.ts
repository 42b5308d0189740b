/**
 * What convicts a member of a cohort, by its own signatures and nothing else: an honest one never says
 *
 *     two things of one kind in one session        two rosters, two sets of survivors, two masked vectors
 *     unmask, with somebody in both sets           both secrets of one member show its vector
 *     survive and unmask that do not agree         the same, in two steps
 */
import { equalBytes } from "../base/bytes.ts";
import { isHearsayError } from "../base/errors.ts";
import type { Crypto } from "../base/seams.ts";
import { sealedPayload } from "../wire/envelope.ts";
import { read, type Statement } from "./statements.ts";

/** One statement, or two of one author in one session. */
export interface Misdeed {
  /** Of whom. */
  readonly publicKey: Uint8Array;
  readonly statements: readonly Uint8Array[];
  /** A sentence. */
  readonly reason: string;
}

/** What these statements prove; undefined where they prove nothing. Never throws. */
export function misdeedIn(statements: readonly Uint8Array[], crypto: Pick<Crypto, "verify">): Misdeed | undefined {
  try {
    const [first, second, ...rest] = statements.map((sealed) => read(sealed, crypto));
    if (first === undefined || rest.length > 0) return undefined;
    const reason = second === undefined ? reasonIn(first) : reasonBetween(first, second);
    return reason === undefined ? undefined : { publicKey: first.publicKey, statements, reason };
  } catch (error) {
    if (isHearsayError(error)) return undefined;
    throw error;
  }
}

function reasonIn(statement: Statement): string | undefined {
  const asksBoth = statement.kind === "unmask" && (statement.seeds & statement.keys) !== 0;
  return asksBoth ? "it asked for both secrets of one member" : undefined;
}

function reasonBetween(a: Statement, b: Statement): string | undefined {
  if (!equalBytes(a.session, b.session) || !equalBytes(a.publicKey, b.publicKey)) return undefined;
  if (a.kind === b.kind)
    return equalBytes(sealedPayload(a.sealed), sealedPayload(b.sealed))
      ? undefined
      : `it said two things of the kind "${a.kind}" in one session`;
  const [survive, unmask] = a.kind === "survive" ? [a, b] : [b, a];
  if (survive.kind !== "survive" || unmask.kind !== "unmask") return undefined;
  const disagrees = unmask.seeds !== survive.survivors || (unmask.keys & survive.survivors) !== 0;
  return disagrees ? "it asked for secrets of other members than it said" : undefined;
}
