/**
 * What others made of the models of one peer, as their own logs say: the newest entries of the logs of some neighbours, each signed by its writer. A writer could
 * leave merges out of what it sends, and a neighbour that is not asked may have used the models too. So this is what can be known, not all that there is.
 */
import { toHex } from "../../protocol/base/bytes.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import { mean } from "../../protocol/base/figures.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import {
  type AggregateBody,
  PARENT_STATUSES,
  type Parent,
  type ParentStatus,
} from "../../protocol/log/entry/bodies.ts";
import type { Entry } from "../../protocol/log/entry/entry.ts";
import type { RemoteLogs } from "./remote-log.ts";

/** What one neighbour made of them. */
export interface PartAt {
  readonly peer: PeerId;
  /** What its owner calls it; checked by nobody. */
  readonly name?: string;
  /** Its newest merges that it told of. */
  readonly merges: number;
  /** In how many of them a model of this peer was, by what became of it there. */
  readonly statuses: Readonly<Record<ParentStatus, number>>;
  /** Mean over those in which it counted: its weight there, of the weights of all models of others that counted. Null where it counted in none. */
  readonly share: number | null;
  /** By the neighbour's clock, of the newest merge that a model of this peer was in; null where it was in none. */
  readonly lastTsMs: number | null;
  /** Code of the error with which it answered; its merges are unknown then. */
  readonly failed?: string;
}

/** Neighbours that are asked, and at once. */
export const MOST_ASKED = 16;
const AT_ONCE = 4;
/** Entries of each: about 100 merges. */
export const MOST_ENTRIES = 300;
const COUNTS: readonly ParentStatus[] = ["used", "clipped", "duplicate"];

/** @param me the public key of this peer. @param neighbours at most MOST_ASKED of them are asked. */
export async function partsAt(
  remote: Pick<RemoteLogs, "newest">,
  me: Uint8Array,
  neighbours: readonly PeerId[],
): Promise<PartAt[]> {
  const asked = neighbours.slice(0, MOST_ASKED);
  const parts: PartAt[] = [];
  const askNext = async (): Promise<void> => {
    for (let peer = asked.shift(); peer !== undefined; peer = asked.shift()) parts.push(await partAt(remote, me, peer));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askNext));
  return parts.sort((a, b) => (a.peer < b.peer ? -1 : 1));
}

async function partAt(remote: Pick<RemoteLogs, "newest">, me: Uint8Array, peer: PeerId): Promise<PartAt> {
  try {
    return partIn(peer, me, await remote.newest(peer, MOST_ENTRIES));
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return { ...partIn(peer, me, []), failed: error.code };
  }
}

function partIn(peer: PeerId, me: Uint8Array, entries: readonly Entry[]): PartAt {
  const statuses = Object.fromEntries(PARENT_STATUSES.map((status) => [status, 0])) as Record<ParentStatus, number>;
  const key = toHex(me);
  const shares: number[] = [];
  let [merges, lastTsMs] = [0, null as number | null];
  for (const entry of entries) {
    if (entry.type !== "aggregate") continue;
    merges++;
    for (const mine of entry.body.parents.filter(([author]) => toHex(author) === key)) {
      const status = mine[4];
      statuses[status]++;
      lastTsMs = entry.tsMs;
      if (COUNTS.includes(status)) shares.push(shareOf(mine, entry.body));
    }
  }
  const share = shares.length === 0 ? null : mean(shares);
  return { peer, merges, statuses, share, lastTsMs };
}

/** A log may say anything: where nothing has a weight, nothing has a share. */
function shareOf([, , , weight]: Parent, { parents }: AggregateBody): number {
  const all = parents.reduce((sum, [, , , weightQ16, status]) => sum + (COUNTS.includes(status) ? weightQ16 : 0), 0);
  return all === 0 ? 0 : weight / all;
}
