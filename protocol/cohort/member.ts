/**
 * A member's side of a session, as a state machine: a request of the coordinator comes, an answer goes. What may not be asked is refused, and where it convicts who
 * asked, it is kept. Nothing here waits for anybody, and what is no request of the session changes nothing.
 *
 *     join -> joined        offers that the draw could have brought together; the own one has never been used
 *     share -> shares       both secrets in parts, in a box for each other member
 *     mask -> masked        the vector under its masks is made, and served by its hash
 *     survive -> survivors  one set of survivors, once; what they sent is pulled from the coordinator meanwhile
 *     unmask -> unmasked    one part of each: seeds of survivors, keys of who fell out
 *     vouch -> vouched      the mean computed once more from what all sent; empty: not all of it is here yet
 */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import {
  type Answer,
  type MemberOptions,
  type MemberParts,
  type MemberState,
  misdeed,
  refusal,
} from "./member-state.ts";
import { join, NOT_YET, next } from "./member-steps.ts";
import { placeOf, type Roster } from "./roster.ts";
import { read, type StatementKind } from "./statements.ts";

export interface Member {
  /**
   * Answers a sealed request.
   * @throws HearsayError ERR_DECODE, ERR_SIGNATURE, ERR_NOT_FOUND (no such session), ERR_REPLAYED, ERR_COHORT: it is refused.
   */
  handle(sealed: Uint8Array): Promise<Answer>;
  /** The session at which it sits. */
  sitting(): { readonly roster: Roster; readonly coordinator: number } | undefined;
  /** Whether it has signed the result of the session. */
  hasVouched(): boolean;
  /** Gives it up: what comes of it is not found any more. */
  leave(): void;
}

const REQUESTS: readonly StatementKind[] = ["join", "share", "mask", "survive", "unmask", "vouch"];

export function createMember(parts: MemberParts, options: MemberOptions): Member {
  const state: MemberState = { ...parts, ...options, sitting: undefined };
  let turn: Promise<unknown> = Promise.resolve(); // one after the other: what is asked at once must not pass what each step checks
  return {
    handle(sealed) {
      const answering = turn.then(() => handle(state, sealed));
      turn = answering.catch(() => {}); // the asker has the error
      return answering;
    },
    sitting: () => state.sitting,
    hasVouched: () => state.sitting?.answered.has("vouch") === true,
    leave: () => {
      state.sitting = undefined;
    },
  };
}

async function handle(state: MemberState, sealed: Uint8Array): Promise<Answer> {
  const request = read(sealed, state.crypto);
  if (!REQUESTS.includes(request.kind)) throw new HearsayError("ERR_DECODE", `"${request.kind}" is no request`);
  const { sitting } = state;
  if (sitting === undefined || !equalBytes(sitting.roster.session, request.session)) {
    if (request.kind === "join") return join(state, request);
    throw new HearsayError("ERR_NOT_FOUND", "this peer sits at no such session (any more)");
  }
  if (placeOf(sitting.roster, request.publicKey) !== sitting.coordinator)
    throw refusal("another member than the coordinator asks");
  const before = sitting.answered.get(request.kind);
  if (before !== undefined && misdeed(state, before.request, request) === undefined) return before.answer;
  if (before !== undefined) throw refusal("it was asked for something else before");
  const answer = await next(state, sitting, request);
  if (answer !== NOT_YET) sitting.answered.set(request.kind, { request, answer });
  return answer;
}
