/** Where announcement bytes come in, from the topic or with a greeting: looked at by the book, counted where they are refused, and told to the draw. */
import type { PeerId, Verdict } from "../../base/seams.ts";
import { decodeAnnouncement } from "../../wire/announcement.ts";
import type { Reports } from "../reports.ts";
import type { AnnouncementBook } from "./announcements.ts";

export interface HearingComponents {
  readonly book: Pick<AnnouncementBook, "receive" | "receiveBrief">;
  readonly reports: Pick<Reports, "count" | "refused">;
}

/** @param onNews hears of authors that have announced something new. */
export function createHearing(
  components: HearingComponents,
  onNews: (author: PeerId) => void,
): (from: PeerId, sealed: Uint8Array) => Verdict {
  return (from, sealed) => {
    const verdict = counted(components, from, components.book.receive(from, sealed));
    if (verdict.verdict === "accept") onNews(decodeAnnouncement(sealed).author);
    return verdict;
  };
}

/** The same of briefs. */
export function createBriefHearing(
  components: HearingComponents,
  onNews: (author: PeerId) => void,
): (from: PeerId, numbers: readonly number[]) => Verdict {
  return (from, numbers) => {
    const verdict = counted(components, from, components.book.receiveBrief(from, numbers));
    if (verdict.verdict === "accept") onNews(from);
    return verdict;
  };
}

function counted({ reports }: HearingComponents, from: PeerId, verdict: Verdict): Verdict {
  const { code } = verdict;
  if (code !== undefined && verdict.verdict === "reject") reports.refused(from, code, "an announcement was rejected");
  else if (code !== undefined) reports.count(code);
  return verdict;
}
