/** What a member has at hand for a session, what it knows of the one at which it sits, and how it refuses. */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { Crypto, Identity, Secrecy } from "../base/seams.ts";
import { type Misdeed, misdeedIn } from "./evidence.ts";
import type { Offer, OwnOffer } from "./offers.ts";
import { placeOf } from "./roster.ts";
import type { Seat, SecretParts } from "./secrets.ts";
import { readAs, type Says, type Statement, type StatementKind, say } from "./statements.ts";

export interface MemberParts {
  readonly crypto: Pick<Crypto, "sha256" | "verify">;
  readonly secrecy: Secrecy;
  readonly identity: Identity;
}

/** A model that waits for a cohort, with the offer that says so. */
export interface OfferedModel {
  readonly offer: OwnOffer;
  readonly params: Float32Array;
  readonly age: number;
}

export interface MemberOptions {
  readonly task: Uint8Array;
  /** Fewest members of a cohort, as the task says. */
  readonly minimum: number;
  /** What waits for a cohort: taken, it is used up. */
  take(offer: Uint8Array): OfferedModel | undefined;
  /** Whether the draw could have brought these together, as far as this peer knows. */
  isDrawn(offers: readonly Offer[]): boolean;
  /** Serves a masked vector by its hash. */
  serve(hash: Uint8Array, bytes: Uint8Array): void;
  /** Pulls the masked vector of another member from the coordinator; undefined where it cannot be had. */
  obtain(coordinator: Offer, hash: Uint8Array, length: number): Promise<Uint8Array | undefined>;
  /** SHA-256 of the body of a mean. */
  hashOf(mean: Float32Array): Uint8Array;
  /** What somebody may not say: its statements convict it. */
  onMisdeed(misdeed: Misdeed): void;
}

/** An answer; empty where it comes later, and should be asked for again. */
export type Answer = Uint8Array;

/** What a member knows of its session. What a step has not brought yet is undefined or empty. */
export interface Sitting extends Seat {
  readonly offered: OfferedModel;
  readonly coordinator: number;
  /** Each request that was answered, and the answer: one that comes again is answered alike. */
  readonly answered: Map<StatementKind, { readonly request: Statement; readonly answer: Answer }>;
  readonly seed: Uint8Array;
  members: number;
  masked: number;
  survivors: number;
  readonly parts: Map<number, SecretParts>;
  readonly commitments: Map<number, Uint8Array>;
  readonly ages: Map<number, number>;
  readonly vectors: Map<number, Uint8Array>;
}

/** What member.ts and member-steps.ts share. */
export interface MemberState extends MemberParts, MemberOptions {
  sitting: Sitting | undefined;
}

/** What two statements, or one, prove; told where they do. */
export function misdeed({ crypto, onMisdeed }: MemberState, ...statements: readonly Statement[]): Misdeed | undefined {
  const found = misdeedIn(
    statements.map(({ sealed }) => sealed),
    crypto,
  );
  if (found !== undefined) onMisdeed(found);
  return found;
}

export function answered<K extends StatementKind>(
  { identity }: MemberState,
  { roster }: Seat,
  kind: K,
  says: Says[K],
): Answer {
  return say(kind, roster.session, says, identity);
}

export function refusal(why: string): HearsayError {
  return new HearsayError("ERR_COHORT", `refused: ${why}`);
}

export function requireStep({ answered: done }: Sitting, step: StatementKind): void {
  if (!done.has(step)) throw refusal(`"${step}" comes before`);
}

/** Statements of different members of the session, by place. @throws HearsayError for others. */
export function statementsOf<K extends StatementKind>(
  { crypto }: Pick<MemberState, "crypto">,
  { roster }: Pick<Sitting, "roster">,
  kind: K,
  list: readonly Uint8Array[],
): Map<number, Statement<K>> {
  const statements = new Map<number, Statement<K>>();
  for (const sealed of list) {
    const statement = readAs(kind, sealed, crypto);
    const place = placeOf(roster, statement.publicKey);
    if (place < 0 || !equalBytes(statement.session, roster.session) || statements.has(place))
      throw refusal(`a statement "${kind}" of nobody who sits here, of another session, or a second one`);
    statements.set(place, statement);
  }
  return statements;
}
