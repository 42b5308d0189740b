/**
 * How evenly honest peers are heard, where a scenario asks (`metrics.fairness`), from what became of the models of each at honest peers.
 *
 *     heard_i      times that an honest peer merged a model of honest peer i (used, clipped, or as a duplicate)
 *     jain         (sum of heard_i)^2 / (n sum of heard_i^2): 1 where all are heard alike, 1/n where one is
 *     honestShare  share of all the models in these merges that honest peers made
 *     rare         mean influence of the tenth of the honest peers whose labels the others have least (overlap.ts), of that of the others: what a peer moved in all,
 *                  how often it was heard and how far it moved others each time; 1 where rare data count as much as others
 *
 * Jain, Chiu, Hawe, A Quantitative Measure of Fairness and Discrimination, DEC-TR-301, 1984.
 */
import { mean, sum } from "../../protocol/base/figures.ts";
import type { Fairness, PeerRow } from "./report.ts";

/** Share of the honest peers that count as those with rare data. */
const RAREST = 0.1;
const HEARD = ["used", "clipped", "duplicate"];

/** Of rows with `influence` and `overlap`. */
export function fairnessOf(rows: readonly PeerRow[]): Fairness {
  const honest = rows.filter((row) => row.honest);
  const heard = honest.map(timesHeard);
  const all = rows.map(timesHeard);
  const rare = rareInfluence(honest);
  return {
    jain: jainIndex(heard),
    honestShare: sum(all) === 0 ? 1 : sum(heard) / sum(all),
    ...(rare !== undefined && { rare }),
  };
}

/** 1 / n to 1; 1 where nothing is shared out. */
export function jainIndex(shares: readonly number[]): number {
  const squares = sum(shares.map((share) => share * share));
  return squares === 0 ? 1 : (sum(shares) * sum(shares)) / (shares.length * squares);
}

function timesHeard({ merges }: PeerRow): number {
  return sum(HEARD.map((status) => merges[status] ?? 0));
}

function rareInfluence(honest: readonly PeerRow[]): number | undefined {
  if (honest.length < 2 || honest.some(({ overlap }) => overlap === undefined)) return undefined;
  const byRarity = honest.toSorted((a, b) => (a.overlap as number) - (b.overlap as number) || a.index - b.index);
  const count = Math.max(1, Math.round(RAREST * honest.length));
  const moved = byRarity.map(({ influence = 0, merges }) => influence * sum(Object.values(merges)));
  const others = mean(moved.slice(count));
  return others === 0 ? undefined : mean(moved.slice(0, count)) / others;
}
