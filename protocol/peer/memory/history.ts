/**
 * What a peer remembers of its merges: who took part, what became of each and how far it moved the model (aggregate/explain.ts).
 * For people (`hearsay why`); unlike the log it proves nothing, and it is forgotten.
 *
 *     why/<cycle mod 256, 2 hexadecimal digits>   DAG-CBOR [1, cycle, tsMs, rule, parents],
 *                                                 parents: [public key, status, influence, distance or null, who removed it or null]
 *
 * A ring: each merge overwrites the one 256 cycles before, in the batch of its log entry. 80 bytes for each parent.
 */
import { LIMITS } from "../../base/limits.ts";
import type { PeerId, Store, StoreChange } from "../../base/seams.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import { PARENT_STATUSES, type ParentStatus } from "../../log/entry/bodies.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isBytes32, isCount } from "../../wire/values.ts";

export interface RememberedMerge {
  readonly cycle: number;
  readonly tsMs: number;
  readonly rule: string;
  readonly parents: readonly RememberedParent[];
}

/** A model in a merge; `influence` is its share of the model that came of it, 0 .. 1. */
export interface RememberedParent {
  readonly peer: PeerId;
  readonly status: ParentStatus;
  readonly influence: number;
  /** From the own model; absent where the model never reached the rule. */
  readonly distance?: number;
  readonly removedBy?: string;
}

/** The same with the key in place of the peer id, which costs time to make. */
export interface MergeToRemember extends Omit<RememberedMerge, "parents"> {
  readonly parents: readonly (Omit<RememberedParent, "peer"> & { readonly publicKey: Uint8Array })[];
}

/** The change that remembers a merge. */
export function rememberMerge({ cycle, tsMs, rule, parents }: MergeToRemember): StoreChange {
  const fields = parents.map(({ publicKey, status, influence, distance = null, removedBy = null }) => {
    return [publicKey, status, influence, distance, removedBy];
  });
  const slot = (cycle % LIMITS.maxRememberedMerges).toString(16).padStart(2, "0");
  return { key: STORE.why + slot, value: encodeRecord(RECORDS["why/"], cycle, Math.floor(tsMs), rule, fields) };
}

/** What a store remembers, oldest first. A record that cannot be read, e.g. of another version, counts as forgotten. */
export async function rememberedMerges(store: Store): Promise<RememberedMerge[]> {
  const merges: RememberedMerge[] = [];
  for await (const [, bytes] of store.range(STORE.why)) {
    const merge = readMerge(bytes);
    if (merge !== undefined) merges.push(merge);
  }
  return merges.sort((a, b) => a.cycle - b.cycle);
}

function readMerge(bytes: Uint8Array): RememberedMerge | undefined {
  const [cycle, tsMs, rule, parents] = decodeRecord(bytes, RECORDS["why/"]) ?? [];
  if (!isCount(cycle) || !isCount(tsMs) || typeof rule !== "string" || !Array.isArray(parents)) return undefined;
  const read = parents.map(readParent);
  return read.every((parent) => parent !== undefined) ? { cycle, tsMs, rule, parents: read } : undefined;
}

function readParent(fields: unknown): RememberedParent | undefined {
  const [publicKey, status, influence, distance, removedBy] = Array.isArray(fields) ? (fields as unknown[]) : [];
  if (!isBytes32(publicKey) || !isStatus(status) || typeof influence !== "number") return undefined;
  return {
    peer: peerIdFromPublicKey(publicKey),
    status,
    influence,
    ...(typeof distance === "number" && { distance }),
    ...(typeof removedBy === "string" && { removedBy }),
  };
}

function isStatus(value: unknown): value is ParentStatus {
  return (PARENT_STATUSES as readonly unknown[]).includes(value);
}
