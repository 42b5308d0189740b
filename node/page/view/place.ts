/** Who speaks for this place? Only where the task has gateways, and this peer is at a place. */
import { h, type JSX } from "preact";
import type { PlaceStatus } from "../../../protocol/peer/gateway/gateway.ts";
import type { PageNow } from "../../observe/messages.ts";
import { agoText, durationText, formatNumber, peerName } from "../format.ts";
import { HELP } from "../words.ts";
import { figure, figures, peerLabel, section, table } from "./parts.ts";

export function Place({ now }: { now: PageNow }): JSX.Element | undefined {
  const { status, names, atMs } = now;
  const { cluster, peerId } = status;
  if (cluster === undefined) return undefined;
  const { gateway, others, unelected } = cluster;
  const roleOf = (peer: string) => {
    if (peer === gateway) return h("strong", null, "speaks for all");
    const found = unelected.find((one) => one.peer === peer);
    return found === undefined ? "is spoken for" : notElected(found, atMs);
  };
  const members = [peerId, ...others].map((peer) => [
    peerLabel(peer, names),
    peer === peerId ? "this peer" : "here",
    roleOf(peer),
  ]);
  const isSettled = gateway !== undefined && others.length > 0;
  return section(
    { id: "place", title: "Who speaks for this place?", about: HELP.place },
    figures(speaks(cluster, now), came(cluster, atMs)),
    isSettled && table("Members of this place", ["peer", "is", "role"], members),
  );
}

function notElected({ untilMs }: PlaceStatus["unelected"][number], atMs: number): JSX.Element {
  const why =
    untilMs === null
      ? "lied as a gateway: not elected any more"
      : `did not show what it released: not elected for ${durationText(untilMs - atMs)}`;
  return h("strong", null, why);
}

function speaks({ gateway, sinceMs, members }: PlaceStatus, { status, atMs }: PageNow): JSX.Element {
  const isOwn = gateway === status.peerId;
  const since = gateway === undefined ? "" : `for ${durationText(atMs - sinceMs)}, `;
  return figure({
    label: "gateway",
    value: gateway === undefined ? "not settled yet" : isOwn ? "this peer" : peerName(gateway),
    note: `${since}${members === 1 ? "nobody else is here" : `${formatNumber(members)} are here`}`,
    about: HELP.gateway,
  });
}

function came({ outside: { models, authors, lastMs } }: PlaceStatus, atMs: number): JSX.Element {
  return figure({
    label: "from other places",
    value: `${formatNumber(models)} models`,
    note: lastMs === null ? "none was merged yet" : `the last ${agoText(atMs - lastMs)}, of ${formatNumber(authors)}`,
    about: HELP.outside,
  });
}
