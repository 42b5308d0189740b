/** `hearsay status`: what the running peer is doing. */

import { counted } from "../../../protocol/base/counted.ts";
import { formatBytes, formatNumber } from "../../../protocol/base/figures.ts";
import type { MeetingStatus } from "../../../protocol/cohort/meeting.ts";
import type { StreamStatus } from "../../../protocol/learn/stream/stream.ts";
import type { PlaceStatus } from "../../../protocol/peer/gateway/gateway.ts";
import type { TrainingFault } from "../../../protocol/peer/loop/enduring-fit.ts";
import { byteLimitText } from "../../../protocol/traffic/byte-limit.ts";
import type { ThriftStatus } from "../../../protocol/traffic/thrift.ts";
import { givenUp } from "../../../protocol/traffic/words.ts";
import type { StatusReport } from "../../api/api.ts";
import { askRunning } from "../../api/ask.ts";
import { effortText } from "../../api/effort.ts";
import { worstClassRows } from "../../api/worst-class.ts";
import type { ArchiveSummary } from "../../disk/archive.ts";
import type { Silence } from "../../net/company.ts";
import type { LinkReport } from "../../net/metering.ts";
import { type TurnedAwayCounts, turnedAwayText } from "../../net/turned-away.ts";
import { pauseTexts, selectionText } from "../../terminal/choice-words.ts";
import { facts, metricRows, printJson, spanText } from "../../terminal/print.ts";
import { budgetText } from "../../terminal/privacy-words.ts";
import { print } from "../../terminal/terminal.ts";
import { twinText } from "../../terminal/twin-words.ts";

/** Characters of a peer id that are shown: the first eight are the same for all. */
const SHOWN = 8;
/** Silent peers that are named. */
const NAMED = 5;

/** What a peer of an earlier version may leave out. */
type Newer = "effort" | "silence" | "budget" | "turnedAway";
type Told = Omit<StatusReport, Newer> & Partial<Pick<StatusReport, Newer>>;

export async function run(options: { state: string; json?: boolean }): Promise<void> {
  const status = await askRunning<Told>(options.state, "/status");
  if (options.json) return printJson(status);
  print(`${statusText(status)}\n`);
}

/** For people. Exported for tests. */
export function statusText(status: Told): string {
  const { counters } = status;
  const refused = Object.entries(counters.refused).map(([code, n]) => `${code} ${n}`);
  const rows: [string, string][] = [
    ["peer", status.peerId],
    ["task", `${status.task.name}  ${status.task.id}`],
    ...(status.twinSeenMs === undefined ? [] : [["key", twinText(status.twinSeenMs)] as [string, string]]),
    ["engine", `${status.engine}, ${status.numExamples} examples`],
    ...(status.trainingFault === undefined ? [] : [["trainer", faultText(status.trainingFault)] as [string, string]]),
    ...pauseTexts(status).map((text): [string, string] => ["paused", text]),
    ["up for", `${status.uptimeSeconds} s`],
    ...(status.effort === undefined ? [] : [["effort", effortText(status.effort)] as [string, string]]),
    ["neighbours", String(status.neighbours)],
    ...(status.silence === undefined ? [] : [["not heard", silenceText(status.silence)] as [string, string]]),
    ["cycles", `${status.cycle}, age ${status.age} steps`],
    ["merges", `${counters.merges} (quorum ${status.quorum}, ${status.fresh} fresh now)`],
    [
      "candidates",
      `${counters.used} used, ${counters.clipped} clipped, ${counters.duplicate} duplicate, ${counters.removed} removed, ${counters.invalid} invalid`,
    ],
    ...streamRows(status.stream),
    ["refused", refused.length === 0 ? "none" : refused.join(", ")],
    ...turnedAwayRows(status.turnedAway),
    ["traffic", `${formatBytes(status.bytesIn)} in, ${formatBytes(status.bytesOut)} out`],
    ...(status.budget ?? []).map((link): [string, string] => ["budget", linkText(link)]),
    ...(status.thrift === undefined ? [] : [["for the budget", givenUpText(status.thrift)] as [string, string]]),
    ...(status.selection === undefined ? [] : [["asks first", selectionText(status.selection)] as [string, string]]),
    ...(status.cluster === undefined ? [] : placeRows(status.cluster, status.peerId)),
    ...(status.cohort === undefined ? [] : [["cohorts", cohortText(status.cohort)] as [string, string]]),
    ...(status.personal === undefined ? [] : [["personal", personalText(status.personal)] as [string, string]]),
    ...(status.privacy === undefined ? [] : [["privacy", budgetText(status.privacy)] as [string, string]]),
    ...(status.release === undefined
      ? []
      : [["release", status.release.serving?.name ?? "none serves yet"] as [string, string]]),
    ["log", `${status.logSize} entries`],
    ...(status.archive === null ? [] : [["for audits", archived(status.archive)] as [string, string]]),
    ["addresses", status.addresses.join("\n            ")],
    ["invite", status.invite],
  ];
  if (status.holdout !== null)
    rows.push(...metricRows(status.holdout).map(([name, value]): [string, string] => [`hold-out ${name}`, value]));
  rows.push(...worstClassRows(status.worstClass, "hold-out "));
  return facts(rows);
}

function streamRows(stream: StreamStatus | undefined): [string, string][] {
  if (stream === undefined) return [];
  const { source, rows, window, holdout, prequential, raised } = stream;
  const aside = `${rows.bad} bad, ${rows.late} late, ${rows.ahead} from the future, ${rows.duplicate} twice${rows.gaps === undefined ? "" : `, ${rows.gaps} for a gap or the beginning`}`;
  const figure =
    prequential.value === null
      ? "no row yet"
      : `${formatNumber(prequential.value)} over ${counted(prequential.rows, "row")}`;
  const rate =
    raised === undefined ? "" : `; learning rate x ${raised.factor} for ${Math.ceil(raised.forMs / 1000)} s more`;
  return [
    ["stream", `${source}: ${counted(rows.taken, "row")}; left out: ${aside}`],
    ["window", `${counted(window, "row")} to learn from, ${holdout} held out`],
    [`before learning, ${prequential.name}`, figure],
    ["drift", `${rows.alarms} alarms${rate}`],
  ];
}

function turnedAwayRows(counts: TurnedAwayCounts | undefined): [string, string][] {
  const text = counts && turnedAwayText(counts);
  return text === undefined ? [] : [["turned away", text]];
}

function faultText({ message, failures, retryInMs }: TrainingFault): string {
  const again = retryInMs === 0 ? "it is asked again now" : `it is asked again in ${Math.ceil(retryInMs / 1000)} s`;
  return `no training: ${message}; ${failures} failed, and ${again}`;
}

/** Known peers that do not take part, those that were heard last; the ends of their ids. */
export function silenceText({ known, silent, peers }: Silence): string {
  if (known === 0) return "no other peer is known yet";
  if (silent === 0) return `nobody: all ${known} known peers were heard lately`;
  const named = peers.slice(0, NAMED).map(({ peer, name, silentSeconds, isSinceStart, isHere }) => {
    const since = `${peer.slice(-SHOWN)}${name === undefined ? "" : ` (${name})`} ${spanText(silentSeconds)}`;
    return `${since}${isSinceStart ? ", not since the start" : ""}${isHere ? ", though connected" : ""}`;
  });
  const more = silent - named.length;
  return `${silent} of ${known} known peers: ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

function linkText({ kind, leftBytes, spentBytes, isDry, ...limit }: LinkReport): string {
  const name = kind === "all" ? "" : `${kind}: `;
  const waits = isDry ? "; nothing passes until there is more" : "";
  return `${name}${byteLimitText(limit)}, ${formatBytes(leftBytes)} left now, ${formatBytes(spentBytes)} went since the start${waits}`;
}

const WAITS: Readonly<Record<MeetingStatus["waitsFor"], string>> = {
  model: "its next model will wait for others",
  others: "a model waits for others, and is shown to nobody",
  session: "a model is in a sum",
};

function cohortText({ waitsFor, alone, sessions }: MeetingStatus): string {
  const draws = alone === 0 ? "" : `; ${alone} draws brought too few together`;
  return `${WAITS[waitsFor]}${draws}; in ${sessions.joined} sums, ${sessions.released} came to a mean`;
}

function placeRows(place: PlaceStatus, self: string): [string, string][] {
  const { others, outside, unelected } = place;
  const here = others.map((peer) => peer.slice(-SHOWN)).join(", ");
  const { models, authors, lastMs } = outside;
  const came =
    lastMs === null
      ? "nothing merged yet"
      : `${models} models merged, the last ${spanText((Date.now() - lastMs) / 1000)} ago, of ${authors}`;
  return [
    ["gateway", gatewayText(place, self)],
    ...(others.length === 0 ? [] : [["at this place", here] as [string, string]]),
    ...unelected.map((one): [string, string] => ["not elected", unelectedText(one)]),
    ["other places", came],
  ];
}

function unelectedText({ peer, untilMs }: PlaceStatus["unelected"][number]): string {
  if (untilMs === null) return `${peer}: as a gateway it released what its members did not give`;
  return `${peer}: as a gateway it did not show what it released; for ${spanText((untilMs - Date.now()) / 1000)} more`;
}

function gatewayText({ gateway, members, sinceMs }: PlaceStatus, self: string): string {
  if (gateway === undefined) return `not settled yet; ${members} at this place`;
  const since = `, for ${spanText((Date.now() - sinceMs) / 1000)}`;
  if (gateway !== self) return `${gateway} speaks for the ${members} at this place${since}`;
  return members === 1 ? "this peer speaks for itself" : `this peer speaks for the ${members} at this place${since}`;
}

function personalText({ method, numParams }: NonNullable<StatusReport["personal"]>): string {
  return `${method}: ${numParams} numbers of the model stay here`;
}

function givenUpText(thrift: ThriftStatus): string {
  return givenUp(thrift).join("; ") || "nothing is given up";
}

function archived({ files, bytes: size, skipped }: ArchiveSummary): string {
  return `${files} bodies, ${formatBytes(size)}${skipped === 0 ? "" : `; ${skipped} times nothing was kept: more than the budget`}`;
}
