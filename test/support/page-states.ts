/** What a page may be told, without a network: with so many neighbours, and with texts of others that are as bad as can be. */
import type { PageEventName, PageEvents, PageNow, PageSample } from "../../node/observe/messages.ts";
import type { RememberedMerge } from "../../protocol/peer/memory/history.ts";
import type { PeerStatus } from "../../protocol/peer/status.ts";

/** Were any of this HTML, or a style, something would run or be loaded. */
export const HOSTILE = `"><img src=x onerror="window.hacked=1"><script>window.hacked=2</script></style>`;

export interface Told {
  readonly event: PageEventName;
  readonly data: PageEvents[PageEventName];
}

export interface PageStateOptions {
  readonly neighbours: number;
  /** Whether rows go on coming. */
  readonly isFollowing?: boolean;
  /** In place of whatever another peer can choose. */
  readonly foreign?: string;
}

const START_MS = Date.UTC(2026, 2, 4, 12);
const SAMPLES = 60;
/** Of a peer that follows rows, a while after an alarm. */
const STREAM: NonNullable<PageNow["stream"]> = {
  source: "/home/anna/live.csv",
  rows: { taken: 12_345, bad: 6, late: 7, ahead: 8, duplicate: 9, alarms: 2 },
  ...{ window: 10_000, holdout: 2_000, prequential: { name: "accuracy", value: 0.795, rows: 12_345 } },
  raised: { factor: 3, forMs: 90_000 },
};

/** Everything that a page is told when it opens. */
export function pageState({ neighbours, foreign = "", isFollowing = false }: PageStateOptions): Told[] {
  const ids = Array.from(
    { length: neighbours },
    (_, i) => `12D3KooW${foreign}${"abcdefghjk".slice(i)}${foreign}${i}xyzw`,
  );
  const now = nowOf(ids, foreign);
  return [
    {
      event: "facts",
      data: {
        ...{
          peerId: "12D3KooWmyself00",
          stateDir: "/home/anna/.hearsay",
          naive: 0.1,
          numHoldout: 360,
          isPrivate: false,
        },
        versions: { hearsay: "0.1.0", node: "v24.21.0", protocol: "2" },
        metric: { name: "accuracy", label: "accuracy", lowerIsBetter: false, isShare: true },
        noAlone: neighbours === 0 ? "the model is too large" : null,
      },
    },
    {
      event: "samples",
      data: Array.from({ length: neighbours === 0 ? 0 : SAMPLES }, (_, i) => ({
        ...sampleAt(i, neighbours),
        ...(isFollowing && i > 0 && { prequential: 0.5 + i / 200 }),
      })),
    },
    { event: "now", data: { ...now, ...(isFollowing && { stream: STREAM }) } },
    { event: "merges", data: neighbours === 0 ? [] : Array.from({ length: 256 }, (_, i) => mergeAt(i, ids, foreign)) },
  ];
}

function sampleAt(i: number, neighbours: number): PageSample {
  const own = 0.9 - 0.8 / (i + 1);
  return {
    atMs: START_MS + 2_000 * i,
    cycle: i,
    own,
    alone: own / 2,
    bytesIn: 9_000 * i,
    bytesOut: 8_000 * i,
    neighbours,
  };
}

function mergeAt(cycle: number, ids: readonly string[], foreign: string): RememberedMerge {
  const parents = ids.map((peer, k) => ({
    ...{
      peer,
      status: k === 0 ? ("removed" as const) : ("used" as const),
      influence: k === 0 ? 0.01 : 0.08,
      distance: 1,
    },
    ...(k === 0 && { removedBy: `rule${foreign}` }),
  }));
  return { cycle, tsMs: START_MS, rule: `rule${foreign}`, parents };
}

function nowOf(ids: readonly string[], foreign: string): PageNow {
  const [first] = ids;
  const refusal = { atMs: START_MS, peer: first ?? "", code: `ERR_RATE${foreign}`, message: `too much ${foreign}` };
  const link = { address: `/ip4/192.0.2.7/tcp/4001${foreign}`, isOutbound: true, sinceMs: START_MS, silentMs: 300 };
  return {
    ...{ atMs: START_MS + 120_000, uptimeSeconds: 120, addresses: [], invite: `hearsay:${foreign}`, own: 0.88 },
    budget: [{ kind: "all", bytes: 2e7, perMs: 86_400_000, leftBytes: 4e6, spentBytes: 1e6, isDry: false }],
    archive: first === undefined ? null : { files: 12, bytes: 4e6, skipped: 0 },
    alone: first === undefined ? null : { figure: 0.44, steps: 100, of: 600 },
    neighbours: ids.map((peer, i) =>
      i === 1 ? { peer, seenMs: START_MS } : { peer, link, seenMs: START_MS, bytesPerSecond: 1e6 },
    ),
    names: Object.fromEntries(ids.slice(0, 3).map((peer) => [peer, `the shed ${foreign}\u202e`])),
    silence: {
      ...{ known: ids.length, silent: ids.length > 1 ? 1 : 0, longestSeconds: 90 },
      peers: ids.slice(1, 2).map((peer) => ({ peer, silentSeconds: 90, isSinceStart: false, isHere: false })),
    },
    refusals: first === undefined ? [] : [refusal],
    evidence: first === undefined ? [] : [refusal],
    staleness: first === undefined ? null : { mean: 1.25, most: 9, models: 256 },
    ...{ witnessedMs: first === undefined ? null : START_MS, freeBytes: 2e10 },
    words: {
      ...{ turnedAway: first === undefined ? null : "3 connections: 3 refused", privacy: null, thrift: [] },
      choices:
        first === undefined
          ? []
          : ["Paused: no training; what others publish is merged: on battery (saving.trainOn: mains)."],
    },
    status: {
      ...{
        peerId: "12D3KooWmyself00",
        task: { id: "3f0c", name: `digits${foreign}` },
        engine: "dense",
        numExamples: 179,
      },
      ...{
        cycle: 60,
        age: 600,
        fresh: 6,
        quorum: 3,
        neighbours: ids.length,
        bytesIn: 5e6,
        bytesOut: 4e6,
        logSize: 300,
        generation: 0,
      },
      ...(first !== undefined && { release: releaseOf(foreign) }),
      counters: {
        diverged: 0,
        merges: 256,
        refused: first === undefined ? {} : { [`ERR_RATE${foreign}`]: 3, ERR_TIMEOUT: 1, ERR_REPLAYED: 15 },
      },
    } as unknown as PeerStatus,
  };
}

/** One release answers, and a gate keeps the next one back. */
function releaseOf(foreign: string): NonNullable<PeerStatus["release"]> {
  const [older, newer] = ["ab".repeat(32), "cd".repeat(32)];
  const about = { age: 600, tsMs: START_MS, by: `12D3KooW${foreign}`, figures: { accuracy: 0.9 } };
  const gate = { expression: `accuracy >= 0.95 ${foreign}`, mine: false, yes: 2, no: 6 };
  return {
    ...{ serving: { id: older, name: "v6" }, before: null, obstacle: "gate failed", proposals: [], threshold: 1 },
    order: { serial: 3, target: newer, base: older, ring: "10%", signers: [`12D3KooW${foreign}`] },
    releases: [
      { id: older, name: "v6", ...about, gates: [] },
      { id: newer, name: "v7", ...about, gates: [gate] },
    ],
  };
}
