/** How announcements of one author relate to each other: which is newer, and which of them no author with one log can have signed both. */
import { equalBytes } from "../../base/bytes.ts";
import type { Crypto } from "../../base/seams.ts";
import { logIdOf } from "../../log/entry/entry.ts";
import { checkpointFrom, isSignedBy } from "../../log/tree/checkpoint.ts";
import { type Announcement, decodeAnnouncement } from "../../wire/announcement.ts";
import type { LogPosition } from "../../wire/messages.ts";
import type { Slot } from "../memory/record.ts";

/** Not after what its author announced, nor before what it has proved. */
export function isOld(announcement: Announcement, slot: Slot | undefined, proved: Announcement | undefined): boolean {
  if (slot?.announced.isBrief && isSamePosition(announcement, slot.announced)) return false; // now it can be shown to others
  if (slot !== undefined) return !isNewer(announcement, slot.announced);
  if (proved === undefined || isNewer(announcement, proved)) return false;
  return contradicts(announcement, proved) || !isSamePosition(announcement, proved); // the newest again, after a restart: its model may be pulled anew
}

/** Whether a brief says nothing newer than its author announced, or has proved. */
export function isOldBrief(brief: LogPosition, slot: Slot | undefined, proved: Announcement | undefined): boolean {
  return [slot?.announced, proved].some((known) => known !== undefined && !isNewer(brief, known));
}

/** An announcement of this author that says another thing about the same place in the log. */
export function contradicted(
  announcement: Announcement,
  slot: Slot | undefined,
  proved: Announcement | undefined,
): Announcement | undefined {
  const known = [...heardIn(slot), ...(proved ? [proved] : [])];
  return known.find((other) => contradicts(announcement, other));
}

/** What is kept of an author that it has signed, the newest first. */
export function heardIn(slot: Slot | undefined): Announcement[] {
  if (slot === undefined) return [];
  return [...(slot.announced.isBrief ? [] : [slot.announced]), ...slot.before.map(decodeAnnouncement)];
}

/** Later in the log of its author. */
export function isNewer(a: LogPosition, b: LogPosition): boolean {
  return a.generation > b.generation || (a.generation === b.generation && a.seq > b.seq);
}

export function isSamePosition(a: LogPosition, b: LogPosition): boolean {
  return a.generation === b.generation && a.seq === b.seq;
}

/** Whether the author signed the checkpoint of the tree that it announces. */
export function noteHolds({ publicKey, task, generation, seq, root, note }: Announcement, crypto: Crypto): boolean {
  const logId = logIdOf(publicKey, task, crypto, generation);
  return isSignedBy(checkpointFrom({ logId, size: seq + 1, root }, publicKey, note, crypto), publicKey, crypto);
}

/** Two stories about one place of one log: no honest peer signs both. */
function contradicts(a: Announcement, b: Announcement): boolean {
  if (!isSamePosition(a, b)) return false;
  return !equalBytes(a.entry, b.entry) || !equalBytes(a.root, b.root) || !equalBytes(a.model, b.model);
}
