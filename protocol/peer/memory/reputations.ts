/**
 * What models of others were worth here (../../select/reputation.ts), where the owner prefers some: a part of an author's record, and on disk, so that a peer that starts anew knows whom to ask.
 *
 *     reputation/<peer id>     DAG-CBOR [1, policy, sum, weight, cycle, at]: sum and weight in 1/65536, at in ms since 1970
 *
 * It goes with the author's record (identities.ts), also from the disk. What another policy saw says nothing to this one, what is damaged or long ago is worth little: both are dropped.
 */
import type { Clock, PeerId, Store, StoreChange } from "../../base/seams.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import { afterRest, learned, type Reputation } from "../../select/reputation.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isCount } from "../../wire/values.ts";
import type { Identities } from "./identities.ts";

export interface Reputations {
  /** One more model of an author was seen. @param worth 0 to 1. */
  learn(author: PeerId, worth: number, cycle: number): void;
  /** What is not on disk yet: for a batch that is written at once. */
  takeChanges(): StoreChange[];
}

export interface ReputationComponents {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly identities: Pick<Identities, "get" | "change" | "onForget">;
}

const UNIT = 65_536;
const FORM = RECORDS["reputation/"];

/** Those whose logs are known have to be read before: of authors that nobody knows, the fewest are remembered. @param policy by which models are judged. */
export async function openReputations(
  { store, clock, identities }: ReputationComponents,
  policy: string,
): Promise<Reputations> {
  const dirty = new Set<PeerId>();
  identities.onForget(({ peer, reputation }) => reputation && dirty.add(peer));
  for await (const [key, value] of store.range(STORE.reputation)) {
    const peer = key.slice(STORE.reputation.length);
    const reputation = readReputation(value, policy, clock.now());
    if (reputation === undefined) dirty.add(peer);
    else identities.change(peer, { reputation });
  }
  return {
    learn(author, worth, cycle) {
      identities.change(author, { reputation: learned(identities.get(author)?.reputation, worth, cycle) });
      dirty.add(author);
    },
    takeChanges() {
      const changes = [...dirty].map((author): StoreChange => {
        const reputation = identities.get(author)?.reputation;
        return {
          key: STORE.reputation + author,
          ...(reputation && { value: written(reputation, policy, clock.now()) }),
        };
      });
      dirty.clear();
      return changes;
    },
  };
}

function written({ sum, weight, cycle }: Reputation, policy: string, nowMs: number): Uint8Array {
  return encodeRecord(FORM, policy, Math.round(UNIT * sum), Math.round(UNIT * weight), cycle, Math.floor(nowMs));
}

/** Less what the time since takes. */
function readReputation(value: Uint8Array, policy: string, nowMs: number): Reputation | undefined {
  const [by, sum, weight, cycle, atMs] = decodeRecord(value, FORM) ?? [];
  if (by !== policy || !isCount(sum) || !isCount(weight) || !isCount(cycle) || !isCount(atMs) || sum > weight)
    return undefined;
  return afterRest({ sum: sum / UNIT, weight: weight / UNIT, cycle }, nowMs - atMs);
}
