/** What was refused, and why? */
import { h, type JSX } from "preact";
import type { PageNow, PageRefusal } from "../../observe/messages.ts";
import { agoText, formatNumber } from "../format.ts";
import { HELP, REASONS } from "../words.ts";
import { empty, peerLabel, section, table } from "./parts.ts";

export function Refused({ now }: { now: PageNow }): JSX.Element {
  const { counters } = now.status;
  const counts = Object.entries(counters.refused).sort(([, a], [, b]) => b - a);
  const about = { id: "refused", title: "What was refused, and why?", about: HELP.refused };
  const rows = counts.map(([code, count]) => [
    REASONS[code] ?? "it was not as the protocol says",
    formatNumber(count),
    h("code", null, code),
  ]);
  const latest = now.refusals.map((one) => recent(one, now));
  const thrown =
    counters.diverged === 0
      ? undefined
      : h(
          "p",
          { class: "verdict bad" },
          `${formatNumber(counters.diverged)} of this peer's own trainings gave no numbers and were thrown away.`,
        );
  return section(
    about,
    thrown,
    counts.length === 0 ? empty("Nothing so far.") : table("Refused, by reason", ["reason", "times", "code"], rows),
    now.words.turnedAway !== null && h("p", null, `${HELP.turnedAway} ${now.words.turnedAway}.`),
    latest.length > 0 &&
      h(
        "details",
        { class: "more" },
        h("summary", null, "The newest"),
        table("The newest refusals", ["peer", "when", "code", "what it was told"], latest),
      ),
  );
}

function recent({ peer, atMs, code, message }: PageRefusal, now: PageNow) {
  return [peerLabel(peer, now.names), agoText(now.atMs - atMs), code, message];
}
