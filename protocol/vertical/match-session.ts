/** Matching of the ids of all parties, over a mailbox: what `matching.ts` computes, in the order of its messages. */
import { HearsayError } from "../base/errors.ts";
import type { PeerId } from "../base/seams.ts";
import { blindAgain, blindIds, findShared } from "./matching.ts";
import { decodePlaces, decodePoints, encodePlaces, encodePoints } from "./messages.ts";
import { blaming, type MemberRun, matchingParts, membersOf, type PartyParts } from "./party.ts";

/**
 * Own rows of the entities that all parties have, in an order that is the same for all.
 * @throws HearsayError ERR_DATA where there are none; ERR_DECODE, ERR_TIMEOUT for what a party sends, or does not.
 */
export async function matchAsHolder(parts: PartyParts, run: string, ids: readonly string[]): Promise<number[]> {
  const { mailbox, session } = parts;
  const members = membersOf(session);
  const own = await blindIds(ids, session.id, matchingParts(parts));
  const asked = encodePoints(own.points);
  for (const member of members) mailbox.post(member, `${run}/ids`, asked);
  const found: Map<number, number>[] = [];
  for (const member of members) {
    const step = (name: string) => fetchPoints(parts, member, `${run}/${name}`);
    const theirs = await step("ids");
    const theirsAgain = await blaming(member, "ids", () => blindAgain(theirs, own.scalar, matchingParts(parts)));
    const ownAgain = await step("ids-again");
    found.push(await blaming(member, "ids-again", () => findShared(ownAgain, theirsAgain, ids.length)));
  }
  const shared = own.rows.map((_, place) => place).filter((place) => found.every((places) => places.has(place)));
  members.forEach((member, i) => {
    const places = shared.map((place) => found[i]?.get(place) as number);
    mailbox.post(member, `${run}/places`, encodePlaces(places));
  });
  await Promise.all(members.map((member) => mailbox.delivered(member, `${run}/places`)));
  if (shared.length === 0) throw nothingShared();
  return shared.map((place) => own.rows[place] as number);
}

/** The same, of a party without labels. */
export async function matchAsMember(
  parts: PartyParts,
  { name, holder }: MemberRun,
  ids: readonly string[],
): Promise<number[]> {
  const { mailbox, session } = parts;
  const own = await blindIds(ids, session.id, matchingParts(parts));
  mailbox.post(holder, `${name}/ids`, encodePoints(own.points));
  const theirs = await fetchPoints(parts, holder, `${name}/ids`);
  const again = await blaming(holder, "ids", () => blindAgain(theirs, own.scalar, matchingParts(parts)));
  mailbox.post(holder, `${name}/ids-again`, encodePoints(again));
  const message = await mailbox.fetch(holder, `${name}/places`);
  const places = await blaming(holder, "places", () => decodePlaces(message, ids.length));
  await mailbox.confirm(holder, `${name}/places`);
  if (places.length === 0) throw nothingShared();
  return places.map((place) => own.rows[place] as number);
}

async function fetchPoints({ mailbox }: PartyParts, peer: PeerId, step: string): Promise<Uint8Array> {
  const message = await mailbox.fetch(peer, step);
  return blaming(peer, step, () => decodePoints(message));
}

function nothingShared(): HearsayError {
  return new HearsayError(
    "ERR_DATA",
    "the parties share no id: do all name the column that identifies the same entities (--id), written the same way?",
  );
}
