/** Gateways that this peer has proved to lie, the newest: in its store, so that a restart gives none of them its role back. */
import { forgetOldest } from "../../base/bounded.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId, Store } from "../../base/seams.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import { peerIdFromPublicKey, publicKeyFromPeerId } from "../../wire/identity.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isBytes32 } from "../../wire/values.ts";

export interface Liars {
  readonly peers: ReadonlySet<PeerId>;
  /** On disk when it resolves. */
  add(gateway: PeerId): Promise<void>;
}

const KEY = `${STORE.gateway}liars`;

/** What cannot be read is as nothing: those who lie on are found out again. */
export async function openLiars(store: Pick<Store, "get" | "write">): Promise<Liars> {
  const [keys] = decodeRecord(await store.get(KEY), RECORDS["gateway/liars"]) ?? [];
  const known = Array.isArray(keys) && keys.every(isBytes32) ? keys.map(peerIdFromPublicKey) : [];
  const peers = new Set(known);
  return {
    peers,
    async add(gateway) {
      peers.delete(gateway);
      peers.add(gateway);
      forgetOldest(peers, LIMITS.maxClusterMembers);
      const record = encodeRecord(
        RECORDS["gateway/liars"],
        [...peers].map((peer) => publicKeyFromPeerId(peer)),
      );
      await store.write([{ key: KEY, value: record }]);
    },
  };
}
