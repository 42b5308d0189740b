/** `hearsay why`: who moved the model, and who was left out, over time. */

import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { mean, sparkline } from "../../../protocol/base/figures.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import {
  type RememberedMerge,
  type RememberedParent,
  rememberedMerges,
} from "../../../protocol/peer/memory/history.ts";
import { type PeerTally, tally } from "../../../protocol/peer/memory/tally.ts";
import type { SavedPrivacy } from "../../../protocol/privacy/spent.ts";
import { askApi } from "../../api/ask.ts";
import type { ListedPeer, PeerList } from "../../api/peer-list.ts";
import { spentPrivacy } from "../../api/spent-privacy.ts";
import { openTask } from "../../disk/state-dir.ts";
import { wholeIn } from "../../settings/whole.ts";
import { dateText, percent, printJson, table } from "../../terminal/print.ts";
import { spentText } from "../../terminal/privacy-words.ts";
import { print } from "../../terminal/terminal.ts";
import { openLogStore } from "../log/source.ts";
import { MOST_SHOWN } from "../options.ts";

interface WhyOptions {
  readonly state: string;
  readonly peer?: string;
  readonly last: string;
  readonly json?: boolean;
}

/** Characters of a peer id that are shown: the first eight are the same for all. */
const SHOWN = 8;
const BAR_WIDTH = 12;
/** Columns of a curve over time. */
const CURVE_WIDTH = 24;

export async function run({ state, peer, last, json }: WhyOptions): Promise<void> {
  const wanted = wholeIn("--last", last, 1, MOST_SHOWN);
  const merges = await mergesOf(state);
  const privacy = await privacyOf(state);
  const { own, peers } = tally(merges);
  const asking = peer === undefined ? undefined : await askingOf(state, peer);
  const isInNone = asking !== undefined && !peers.some((one) => one.peer === asking.peer); // of a neighbour that no merge had, this is all that there is to say
  const one = peer === undefined || isInNone ? undefined : find(peer, peers);
  if (json) {
    const mine = one === undefined ? merges : merges.flatMap((merge) => only(one.peer, merge));
    const told = {
      merges: isInNone ? [] : mine,
      ...(asking && { asking: asking.asking }),
      ...(privacy && { privacy }),
    };
    return printJson({ own, peers: isInNone ? [] : one === undefined ? peers : [one], ...told });
  }
  if (isInNone) print(`${asking.peer}\nin none of the ${counted(merges.length, "merge")} that are remembered\n`);
  else print(`${one === undefined ? everybody(merges, own, peers) : timeline(merges, one, wanted)}\n`);
  if (asking?.asking !== undefined) print(`asked for its models: ${asking.asking.words}\n`);
  print(`${privacy === undefined ? "" : `own model: ${spentText(privacy)}\n`}`);
}

/** The only peer whose id ends with this, of those that the running peer lists with why it asks them, or not; undefined where none runs, or all are alike. */
async function askingOf(state: string, ending: string): Promise<ListedPeer | undefined> {
  const response = await askApi(state, "/peers");
  const { peers } = response === undefined ? { peers: [] } : ((await response.json()) as PeerList);
  const found = peers.filter(({ peer, asking }) => asking !== undefined && peer.endsWith(ending));
  return found.length === 1 ? found[0] : undefined;
}

/** What was spent to hide the data in the own model. A directory without a task has spent nothing. */
async function privacyOf(state: string): Promise<SavedPrivacy | undefined> {
  const opened = await openTask(state).catch((error: unknown) => {
    if (isHearsayError(error)) return undefined;
    throw error;
  });
  return opened && spentPrivacy(state, opened.task);
}

/** From the peer that runs and holds the database, else from the database. */
async function mergesOf(state: string): Promise<readonly RememberedMerge[]> {
  const response = await askApi(state, "/merges");
  if (response !== undefined) return (await response.json()) as RememberedMerge[];
  const store = await openLogStore(state);
  try {
    return await rememberedMerges(store);
  } finally {
    await store.close();
  }
}

/** The only peer whose id is, or ends with, this. @throws HearsayError ERR_CONFIG */
function find(ending: string, peers: readonly PeerTally[]): PeerTally {
  const [first, ...more] = peers.filter(({ peer }) => peer.endsWith(ending));
  if (first === undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      `no merge of the last 256 cycles had a peer "${ending}": hearsay why names all`,
    );
  if (more.length > 0)
    throw new HearsayError("ERR_CONFIG", `${more.length + 1} peers end with "${ending}": give more of it`);
  return first;
}

function everybody(merges: readonly RememberedMerge[], own: number, peers: readonly PeerTally[]): string {
  const [first, last] = [merges[0], merges.at(-1)];
  if (first === undefined || last === undefined) return "no merge yet: the model is the peer's own";
  const most = Math.max(own, ...peers.map(({ share }) => share));
  const rows = peers.map((one) => {
    const influences = merges.map(({ parents }) => parents.find(({ peer }) => peer === one.peer)?.influence ?? 0);
    return [
      one.peer.slice(-SHOWN),
      percent(one.share),
      bar(one.share / most),
      curve(influences),
      String(one.merges),
      percent(one.influence),
      one.distance === undefined ? "-" : one.distance.toFixed(2),
      ...leftOut(one),
    ];
  });
  const head = ["peer", "share", "", "over time", "merges", "influence", "distance"];
  const cycles = `${counted(merges.length, "merge")}, cycles ${first.cycle} to ${last.cycle}`;
  const all = [["own model", percent(own), bar(own / most), "", String(merges.length), "", "", "", "", ""], ...rows];
  return `${cycles}\n${table([...head, "clipped", "duplicate", "left out"], all)}`;
}

/** How often it was clipped, a duplicate, and left out, by whom. */
function leftOut({ statuses, lastRemovedBy }: PeerTally): [clipped: string, duplicate: string, out: string] {
  const { clipped, duplicate, removed, invalid } = statuses;
  const out = removed + invalid;
  const by = lastRemovedBy ?? (invalid > 0 ? "invalid" : undefined);
  return [some(clipped), some(duplicate), [some(out), ...(by === undefined ? [] : [by])].join(" ")];
}

function some(share: number): string {
  return share === 0 ? "-" : percent(share);
}

function timeline(merges: readonly RememberedMerge[], one: PeerTally, wanted: number): string {
  const lines = merges.flatMap((merge) => only(one.peer, merge)).slice(-wanted);
  const most = Math.max(...lines.map(({ influence }) => influence));
  const rows = lines.map(({ cycle, tsMs, rule, status, influence, distance, removedBy }) => [
    String(cycle),
    dateText(tsMs, "second"),
    rule,
    removedBy === undefined ? status : `${status} by ${removedBy}`,
    percent(influence),
    most === 0 ? "" : bar(influence / most),
    distance === undefined ? "-" : distance.toPrecision(3),
  ]);
  const [clipped, duplicate, out] = leftOut(one);
  const summary =
    `${one.peer}\nshare ${percent(one.share)}, influence ${percent(one.influence)} in ${one.merges} of ${counted(merges.length, "merge")}; ` +
    `clipped ${clipped}, duplicate ${duplicate}, left out ${out}`;
  return `${summary}\n${table(["cycle", "time", "rule", "status", "influence", "", "distance"], rows)}`;
}

/** The lines of one peer in a merge: more than one where it sent an invalid model too. */
function only(
  peer: PeerId,
  { parents, ...merge }: RememberedMerge,
): (Omit<RememberedMerge, "parents"> & RememberedParent)[] {
  return parents.filter((parent) => parent.peer === peer).map((parent) => ({ ...merge, ...parent }));
}

/** @param share 0 .. 1 */
function bar(share: number): string {
  return "█".repeat(Math.round(share * BAR_WIDTH));
}

/** Means of equal runs of the values, the last ones to the right, of the highest mean. */
function curve(values: readonly number[]): string {
  const columns = Math.min(CURVE_WIDTH, values.length);
  const means = Array.from({ length: columns }, (_, i) => {
    const run = values.slice(
      Math.floor((i * values.length) / columns),
      Math.floor(((i + 1) * values.length) / columns),
    );
    return mean(run);
  });
  return sparkline(
    means.map((influence) => (influence === 0 ? Number.NaN : influence)),
    0,
  );
}
