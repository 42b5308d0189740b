/** From samples and merges to what is drawn. */
import type { RememberedMerge } from "../../protocol/peer/memory/history.ts";
import { tally } from "../../protocol/peer/memory/tally.ts";
import type { PageSample } from "../observe/messages.ts";

/** Times in seconds since 1970, and values of each curve; null where nothing was measured. */
export interface Curves {
  readonly times: number[];
  readonly own: (number | null)[];
  readonly alone: (number | null)[];
  readonly naive: (number | null)[];
}

export function learningCurves(samples: readonly PageSample[], naive: number | null): Curves {
  const known = samples.filter(({ own, alone }) => own !== null || alone !== null);
  return {
    times: known.map(({ atMs }) => atMs / 1000),
    own: known.map(({ own }) => own),
    alone: known.map(({ alone }) => alone),
    naive: known.map(() => naive),
  };
}

/** How the model did on rows that it had not learned yet; nothing where none are followed. */
export function prequentialCurve(samples: readonly PageSample[]): { times: number[]; values: number[] } {
  const known = samples.flatMap(({ atMs, prequential }) => (prequential === undefined ? [] : [{ atMs, prequential }]));
  return { times: known.map(({ atMs }) => atMs / 1000), values: known.map(({ prequential }) => prequential) };
}

/** Bytes a second in each span between two samples, at its end. */
export function byteRates(samples: readonly PageSample[]): { times: number[]; in: number[]; out: number[] } {
  const spans = samples.slice(1).flatMap((sample, i) => {
    const before = samples[i] as PageSample;
    const seconds = (sample.atMs - before.atMs) / 1000;
    return seconds > 0 ? [{ sample, before, seconds }] : []; // the clock may be set back
  });
  const rate = (now: number, then: number, seconds: number) => Math.max(0, now - then) / seconds;
  return {
    times: spans.map(({ sample }) => sample.atMs / 1000),
    in: spans.map(({ sample, before, seconds }) => rate(sample.bytesIn, before.bytesIn, seconds)),
    out: spans.map(({ sample, before, seconds }) => rate(sample.bytesOut, before.bytesOut, seconds)),
  };
}

/** Shares of a model in the merges of a column, of each of `Stack.names` and then of all others; what is missing to 1 is the own model. */
export interface Column {
  readonly fromCycle: number;
  readonly toCycle: number;
  readonly shares: readonly number[];
  readonly others: number;
}

export interface Stack {
  /** Peers with a colour of their own: those that moved the model most, the first one most. */
  readonly peers: readonly string[];
  readonly columns: readonly Column[];
}

/** The picture of who moved the model: means over runs of merges of one length. */
export function influenceStack(merges: readonly RememberedMerge[], mostPeers: number, mostColumns: number): Stack {
  const peers = tally(merges)
    .peers.filter(({ share }) => share > 0)
    .slice(0, mostPeers)
    .map(({ peer }) => peer);
  const places = new Map(peers.map((peer, i) => [peer, i]));
  const length = Math.max(1, Math.ceil(merges.length / mostColumns));
  const columns: Column[] = [];
  for (let from = 0; from < merges.length; from += length)
    columns.push(columnOf(merges.slice(from, from + length), places));
  return { peers, columns };
}

function columnOf(run: readonly RememberedMerge[], places: ReadonlyMap<string, number>): Column {
  const shares = Array.from(places, () => 0);
  let others = 0;
  for (const { parents } of run)
    for (const { peer, influence } of parents) {
      const place = places.get(peer);
      if (place === undefined) others += influence / run.length;
      else shares[place] = (shares[place] as number) + influence / run.length;
    }
  return { fromCycle: run[0]?.cycle ?? 0, toCycle: run.at(-1)?.cycle ?? 0, shares, others };
}
