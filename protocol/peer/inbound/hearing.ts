/** Where announcement bytes come in, from the topic or with a greeting: looked at by the book, counted where they are refused, and told to the draw. */
import type { PeerId, Verdict } from "../../base/seams.ts";
import { decodeAnnouncement } from "../../wire/announcement.ts";
import type { Reports } from "../reports.ts";
import type { AnnouncementBook } from "./announcements.ts";

export interface HearingComponents {
  readonly book: Pick<AnnouncementBook, "receive">;
  readonly reports: Pick<Reports, "count" | "refused">;
}

/** @param onNews hears of authors that have announced something new. */
export function createHearing(
  { book, reports }: HearingComponents,
  onNews: (author: PeerId) => void,
): (from: PeerId, sealed: Uint8Array) => Verdict {
  return (from, sealed) => {
    const verdict = book.receive(from, sealed);
    const { code } = verdict;
    if (code !== undefined && verdict.verdict === "reject") reports.refused(from, code, "an announcement was rejected");
    else if (code !== undefined) reports.count(code);
    if (verdict.verdict === "accept") onNews(decodeAnnouncement(sealed).author);
    return verdict;
  };
}
