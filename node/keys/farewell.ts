/**
 * Tells others that a key has ended, by a node that does nothing else: it connects to peers of the address book, says it once on the
 * evidence topic, and leaves. A peer that hears it checks it, keeps it and passes it on (protocol/log/entry/evidence.ts).
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../../protocol/base/seams.ts";
import { evidenceKey } from "../../protocol/log/entry/evidence.ts";
import { heedLeaving } from "../../protocol/membership/leaving.ts";
import { registerServices } from "../../protocol/peer/services.ts";
import { taskNames } from "../../protocol/wire/messages.ts";
import { wallClock } from "../clock.ts";
import { openBook } from "../net/book.ts";
import { internalsOf } from "../net/gossip-internals.ts";
import { type HearsayNode, serviceTagOf, startLibp2p } from "../net/libp2p.ts";
import { createNodeMembership } from "../net/membership.ts";
import { createTransport } from "../net/transport.ts";
import type { KeyPair } from "./key-file.ts";

export interface Farewell {
  /** With the address book. */
  readonly store: Store;
  /** The key under which it connects. */
  readonly key: KeyPair;
  readonly taskId: Uint8Array;
  readonly evidence: Uint8Array;
  /** Multiaddrs. */
  readonly bootstrap: readonly string[];
  readonly mdns: boolean;
}

const ENOUGH = 3;
/** Nobody is waited for longer than this. */
const FIND_MS = 10_000;
/** Once one peer listens, others are waited for so long: a connection whose peer does not greet is closed anyhow (LIMITS.greetWithinMs). */
const MORE_MS = 2_000;
const LOOK_EVERY_MS = 250;
/** For the bytes to leave before the connections close. */
const DRAIN_MS = 1_000;
const MAX_OUTBOUND = 8;
/** A running peer looks this often whether anybody listens. */
const RETRY_MS = 2_000;

/** The number of peers that it was sent to: 0 where none could be reached in ten seconds. */
export async function tellEnd({ store, key, taskId, evidence, bootstrap, mdns }: Farewell): Promise<number> {
  const names = taskNames(taskId);
  const { node, traffic } = await startLibp2p({
    privateKey: key.privateKey,
    listen: [],
    mdns,
    serviceTag: serviceTagOf(taskId),
    topics: [names.announce, names.evidence],
  });
  const book = await openBook(store, key.identity.peerId);
  const transport = heedLeaving(createTransport(node, traffic), book);
  const options = { bootstrap, protocol: names.peers, maxOutbound: MAX_OUTBOUND };
  const membership = createNodeMembership(node, transport, book, options);
  const ending = new AbortController();
  registerServices(transport, [membership.service], ending.signal);
  membership.start();
  const alive = setInterval(() => {}, LOOK_EVERY_MS); // a dial that nobody answers ends by a timer that does not keep the process alive
  try {
    const somebody = book.size() > 0 || mdns || bootstrap.length > 0;
    const told = somebody ? await waitForListeners(node, names.evidence) : 0;
    if (told > 0) {
      await transport.announce(names.evidence, evidence);
      await sleep(DRAIN_MS);
    }
    return told;
  } finally {
    ending.abort();
    await membership.stop();
    await node.stop();
    clearInterval(alive);
  }
}

/** How many listen, as soon as they are enough, or no more seem to come. */
async function waitForListeners(node: HearsayNode, topic: string): Promise<number> {
  let leftMs = FIND_MS;
  for (;;) {
    const found = listeners(node, topic);
    if (found >= ENOUGH || leftMs <= 0) return found;
    if (found > 0) leftMs = Math.min(leftMs, MORE_MS);
    await sleep(LOOK_EVERY_MS);
    leftMs -= LOOK_EVERY_MS;
  }
}

/**
 * A peer on a directory whose keys were replaced tells of them once more, as soon as anybody listens: not everybody was there at the time.
 * The returned function gives it up.
 */
export async function retellEnds(
  stateDir: string,
  store: Store,
  node: HearsayNode,
  evidenceTopic: string,
): Promise<() => void> {
  const former = await readdir(join(stateDir, "former")).catch(() => []);
  const known = await Promise.all(former.map((peer) => store.get(evidenceKey(peer))));
  const evidence = known.filter((bytes) => bytes !== undefined);
  let cancel = () => {};
  const tryNow = () => {
    if (listeners(node, evidenceTopic) === 0) cancel = wallClock.after(RETRY_MS, tryNow);
    else for (const bytes of evidence) node.services.pubsub.publish(evidenceTopic, bytes).catch(() => {}); // the next start tries again
  };
  if (evidence.length > 0) cancel = wallClock.after(RETRY_MS, tryNow);
  return () => cancel();
}

/** Peers that have subscribed, and to which the way is open: gossipsub drops without a word what is for others. */
function listeners(node: HearsayNode, topic: string): number {
  const { pubsub } = node.services;
  const { streamsOutbound } = internalsOf(pubsub);
  return pubsub.getSubscribers(topic).filter((peer) => streamsOutbound.has(peer.toString())).length;
}
