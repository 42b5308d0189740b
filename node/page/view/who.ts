/** Who is here? */
import { h, type JSX } from "preact";
import type { PageNeighbour, PageNow } from "../../observe/messages.ts";
import { agoText, durationText, speedText } from "../format.ts";
import { HELP } from "../words.ts";
import { empty, peerLabel, section, table } from "./parts.ts";

const COLUMNS = ["peer", "state", "reached", "last byte", "connected for", "speed of its last model"];

export function Who({ now }: { now: PageNow }): JSX.Element {
  const { neighbours, status, invite } = now;
  const rows = neighbours.map((one) => rowOf(one, now));
  const classes = neighbours.map(({ link }) => (link === undefined ? "gone" : "here"));
  return section(
    { id: "who", title: "Who is here?", about: HELP.here },
    h("p", null, countText(status.neighbours)),
    rows.length === 0
      ? empty(
          "Nobody yet. Others join with the invite below; on one local network peers find each other by themselves.",
        )
      : table("Neighbours", COLUMNS, rows, classes),
    silent(now),
    h(
      "details",
      { class: "more" },
      h("summary", null, "Invite others"),
      h("p", null, HELP.invite),
      h("pre", { tabIndex: 0 }, `hearsay join '${invite}'`),
    ),
  );
}

/** Known peers that take no part, and for how long. */
function silent({ silence: { peers, silent: count }, names }: PageNow): JSX.Element | undefined {
  if (count === 0) return undefined;
  const told = peers.flatMap(({ peer, silentSeconds }, i) => [
    ...[i === 0 ? "" : ", ", peerLabel(peer, names)],
    ` for ${durationText(1000 * silentSeconds)}`,
  ]);
  const more = count > peers.length ? `, and ${count - peers.length} more` : "";
  return h("p", { class: "note" }, "Known, but not heard: ", ...told, `${more}.`);
}

function countText(neighbours: number): string {
  if (neighbours === 0) return "No neighbour: this peer learns from its own rows only.";
  return neighbours === 1 ? "One neighbour learns the same task." : `${neighbours} neighbours learn the same task.`;
}

function rowOf({ peer, link, seenMs, bytesPerSecond }: PageNeighbour, { names, atMs: nowMs }: PageNow) {
  const name = peerLabel(peer, names);
  const speed = speedText(bytesPerSecond);
  if (link === undefined) return [name, h("strong", null, "gone"), "–", agoText(nowMs - seenMs), "–", speed];
  const reached = `${link.isOutbound ? "dialled" : "it dialled"}: ${link.address}`;
  return [name, "here", reached, agoText(link.silentMs), durationText(nowMs - link.sinceMs), speed];
}
