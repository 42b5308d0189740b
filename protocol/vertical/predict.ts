/** Answers for new rows: ids are matched anew, and the label holder gets the sum of all scores. */

import { sumOfMembers } from "./holder.ts";
import { matchAsHolder, matchAsMember } from "./match-session.ts";
import { checkIds } from "./matching.ts";
import { post } from "./member.ts";
import { encodeRun, NONCE_BYTES } from "./messages.ts";
import { beginAsHolder, beginAsMember, membersOf, orEnd, type PartyParts } from "./party.ts";

/** Scores of some rows of one's own table. */
export type ScoreRows = (rows: readonly number[]) => Float64Array;

export interface Scored {
  /** Rows of the label holder's table that all parties have. */
  readonly rows: readonly number[];
  readonly scores: Float64Array;
}

/** @throws HearsayError as `matchAsHolder`. */
export async function predictAsHolder(parts: PartyParts, ids: readonly string[], score: ScoreRows): Promise<Scored> {
  checkIds(ids, parts.session.offer.idColumn);
  return orEnd(parts, predict(parts, ids, score));
}

async function predict(parts: PartyParts, ids: readonly string[], score: ScoreRows): Promise<Scored> {
  const run = await beginAsHolder(parts, "predict");
  const rows = await matchAsHolder(parts, run, ids);
  const others = await sumOfMembers(parts, `${run}/scores`, rows.length);
  const scores = score(rows).map((value, i) => value + (others[i] as number));
  await end(parts, run);
  return { rows, scores };
}

/** How many rows were shared. @throws HearsayError as `matchAsMember`. */
export async function predictAsMember(parts: PartyParts, ids: readonly string[], score: ScoreRows): Promise<number> {
  checkIds(ids, parts.session.offer.idColumn);
  const run = await beginAsMember(parts, "predict");
  const rows = await matchAsMember(parts, run, ids);
  post(parts, run, "scores", score(rows));
  await parts.mailbox.fetch(run.holder, `${run.name}/end`);
  await parts.mailbox.confirm(run.holder, `${run.name}/end`);
  return rows.length;
}

/** Lets the others know that nothing more is wanted of them. */
async function end({ mailbox, session, tools }: PartyParts, run: string): Promise<void> {
  const step = `${run}/end`;
  for (const member of membersOf(session)) mailbox.post(member, step, encodeRun(tools.secrecy.random(NONCE_BYTES)));
  await Promise.allSettled(membersOf(session).map((member) => mailbox.delivered(member, step))); // the answers are there all the same
}
