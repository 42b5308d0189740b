/** `hearsay peers`: who else is there, how they are reached, when they were heard, and what they gave. */
import { setTimeout as sleep } from "node:timers/promises";
import { counted } from "../../../protocol/base/counted.ts";
import { formatBytes } from "../../../protocol/base/figures.ts";
import { askRunning } from "../../api/ask.ts";
import type { ListedPeer, PeerList } from "../../api/peer-list.ts";
import type { Route } from "../../net/company.ts";
import { percent, printJson, spanText, table } from "../../terminal/print.ts";
import { print, printAnew } from "../../terminal/terminal.ts";

interface PeersOptions {
  readonly state: string;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Characters of a peer id that are shown: the first eight are the same for all. */
const SHOWN = 8;
const WATCH_EVERY_MS = 2_000;

export async function run({ state, watch = false, json = false }: PeersOptions): Promise<void> {
  for (let first = true; first || watch; first = false) {
    if (!first) await sleep(WATCH_EVERY_MS);
    const list = await askRunning<PeerList>(state, "/peers");
    if (json) printJson(list);
    else if (watch) printAnew(`${textOf(list)}\n`);
    else print(`${textOf(list)}\n`);
  }
}

/** The table, and a line above it. */
export function textOf({ cycle, merges, peers }: PeerList): string {
  const here = peers.filter(({ routes }) => routes.length > 0).length;
  const head = `cycle ${cycle}: ${here} of ${counted(peers.length, "peer")} connected; shares of ${counted(merges, "merge")}`;
  if (peers.length === 0) return `${head}\nnobody yet: invite others with the line that hearsay status prints`;
  const rows = peers.map((one) => [
    one.name === undefined ? one.peer.slice(-SHOWN) : `${one.peer.slice(-SHOWN)}\n${one.name}`,
    one.standing,
    one.routes.map(routeText).join("\n") || "-",
    one.bytesPerSecond === undefined ? "-" : `${formatBytes(one.bytesPerSecond)}/s`,
    one.heardSecondsAgo === null ? "-" : spanText(one.heardSecondsAgo),
    one.gave === null ? "-" : String(one.gave.merges),
    one.gave === null ? "-" : percent(one.gave.share),
    notesOn(one, cycle).join("\n"),
  ]);
  const asked = peers.flatMap(({ peer, asking }) => (asking ? [`${peer.slice(-SHOWN)}  ${asking.words}`] : []));
  const reasons = asked.length === 0 ? "" : `\nwho is asked first:\n${asked.join("\n")}`;
  return `${head}\n${table(["peer", "is", "reached", "speed", "heard", "merges", "share", "note"], rows)}${reasons}`;
}

function routeText({ address, isOutbound, kind }: Route): string {
  return `${isOutbound ? "out" : "in"} ${kind} ${address}`;
}

/** What helps against a refusal, where its message is too long for a table: it names both tasks. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_OTHER_TASK: "works on another task: give it this one (hearsay join), or take it out of bootstrap",
};

/** Why it gives nothing, or little. */
function notesOn(
  { standing, proves, refused, isSilent, routes, gave, waitsUntilCycle, isGateway, isAtPlace }: ListedPeer,
  cycle: number,
): string[] {
  if (standing === "banned") return [proves === "end" ? "its key has ended" : "banned: two stories about its log"];
  if (refused !== undefined) return [REFUSALS[refused.code] ?? refused.message];
  const silent = isSilent ? [routes.length > 0 ? "silent, though connected" : "silent"] : [];
  const waits =
    waitsUntilCycle === undefined
      ? []
      : [`its model did not come, or was refused: left out ${waitsUntilCycle - cycle} cycles more`];
  const out =
    gave === null || gave.leftOut === 0
      ? []
      : [`left out in ${percent(gave.leftOut)}${gave.leftOutBy === undefined ? "" : ` by ${gave.leftOutBy}`}`];
  const speaks = isGateway ? ["the gateway of this place"] : isAtPlace ? ["at this place"] : [];
  return [...speaks, ...silent, ...waits, ...out];
}
