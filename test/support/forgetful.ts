/** A peer that does not want to know of the other head of its log: whatever its neighbours say, it hears what its store says anyway. */
import { nodeCrypto } from "../../node/crypto.ts";
import type { Identity, Store, Transport } from "../../protocol/base/seams.ts";
import { openLog } from "../../protocol/log/stored/chain.ts";
import { checkpointSignature } from "../../protocol/log/tree/checkpoint.ts";
import { encodeAnnouncement } from "../../protocol/wire/announcement.ts";
import { decodeHelloAnswer, encodeHelloAnswer, HELLO_PROTOCOL } from "../../protocol/wire/messages.ts";
import type { NewPeer } from "../../sim/run/world.ts";

/** The announcement of the newest model in a store's log; undefined where it has none. */
export async function lastAnnounced(
  store: Store,
  identity: Identity,
  taskId: Uint8Array,
): Promise<Uint8Array | undefined> {
  const clock = { now: () => 0, monotonicMs: () => 0, after: () => () => {} };
  const log = await openLog({ store, identity, crypto: nodeCrypto, clock, taskId, agent: "test" });
  let sealed: Uint8Array | undefined;
  for await (const { type, body, seq, id, tsMs } of log.entries()) {
    if (type !== "publish") continue;
    const root = await log.rootAt(seq + 1);
    const note = checkpointSignature({ logId: log.logId, size: seq + 1, root }, identity);
    const { model, bytes, age } = body;
    const { generation } = log;
    sealed = encodeAnnouncement(
      { task: taskId, generation, seq, entry: id, root, note, model, bytes, age, tsMs },
      identity,
    );
  }
  return sealed;
}

/** @param yours what it hears instead of what others know of it. */
export function forgetful(yours: Uint8Array | undefined): (transport: Transport) => Transport {
  return (transport) => ({
    ...transport,
    async request(peer, protocol, body, options) {
      const answer = await transport.request(peer, protocol, body, options);
      if (protocol !== HELLO_PROTOCOL) return answer;
      const { yours: _, heard: __, ...rest } = decodeHelloAnswer(answer);
      return encodeHelloAnswer({ ...rest, ...(yours && { yours }) });
    },
  });
}

/** What a peer needs to go on with the log of a copied store as if it were its own. */
export async function headOf(
  store: Store,
  identity: Identity,
  taskId: Uint8Array,
): Promise<Pick<NewPeer, "store" | "wrapTransport" | "place">> {
  const wrapTransport = forgetful(await lastAnnounced(store, identity, taskId));
  return { store, wrapTransport, place: { moved: false, changes: [] } };
}
