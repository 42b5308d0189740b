/**
 * Announcements. An author tells each neighbour once, over its link; where a neighbour serves no links, all is told by gossipsub. What came from others and is to be
 * passed on goes by gossipsub, from mesh to mesh.
 */
import type { Connection } from "@libp2p/interface";
import { createRecentSet, type RecentSet } from "../../protocol/base/bounded.ts";
import { keyOf } from "../../protocol/base/bytes.ts";
import type { PeerId, Telling, Transport, Verdict } from "../../protocol/base/seams.ts";
import { nodeCrypto } from "../crypto.ts";
import { COST_OF_KIB, COST_OF_MESSAGE, COST_OF_USELESS, pay, subscribe } from "./gossip.ts";
import { internalsOf } from "./gossip-internals.ts";
import type { HearsayNode } from "./libp2p.ts";
import type { Hear, HearNumbers } from "./link-serving.ts";
import type { Links } from "./links.ts";

export interface Announcing extends Pick<Transport, "announce" | "onAnnounce"> {
  readonly telling: Telling;
  /** Hears no more of a topic. */
  withdraw(topic: string): void;
  /** What came over a link; resolves when its sender has paid for it. */
  readonly hear: Hear;
  readonly hearNumbers: HearNumbers;
}

type TellHandler = Parameters<Telling["onTold"]>[1];
type Handler = (from: PeerId, body: Uint8Array) => Verdict;

interface State {
  readonly node: HearsayNode;
  readonly links: Links;
  readonly handlers: Map<string, Handler>;
  readonly told: Map<string, TellHandler>;
  /** Names of announcements that were here, over links or by gossip. */
  readonly seen: RecentSet<string>;
}

/** As gossipsub, which remembers ids for LIMITS.gossipSeenMs, at a few hundred announcements a second. */
const MAX_SEEN = 10_000;

export function createAnnouncing(node: HearsayNode, links: Links): Announcing {
  const state: State = { node, links, handlers: new Map(), told: new Map(), seen: createRecentSet(MAX_SEEN) };
  return {
    announce: (topic, body, to) => announce(state, topic, body, to),
    onAnnounce(topic, handler) {
      state.handlers.set(topic, handler);
      subscribe(node.services.pubsub, topic, (from, body) => judge(state, from, topic, body));
    },
    withdraw(topic) {
      state.handlers.delete(topic);
      state.told.delete(topic);
    },
    telling: {
      tell: (to, topic, numbers) => tellAll(state, to, topic, numbers),
      onTold: (topic, handler) => void state.told.set(topic, handler),
      passOn: (topic, body) => gossip(state, topic, body, false),
    },
    async hearNumbers(from, topic, numbers, stream) {
      await pay(node.shares.work, from, COST_OF_MESSAGE, stream);
      judgeNumbers(state, from, topic, numbers);
    },
    async hear(from, topic, body, stream) {
      const cost = COST_OF_MESSAGE + (body.length / 1024) * COST_OF_KIB;
      await pay(node.shares.work, from, cost, stream);
      const { verdict, relay = true } = judge(state, from, topic, body);
      if (verdict === "accept" && relay) await gossip(state, topic, body, false);
    },
  };
}

async function announce(state: State, topic: string, body: Uint8Array, to?: ReadonlySet<PeerId>): Promise<void> {
  const { node, links, seen } = state;
  seen.add(nameOf(topic, body));
  const isTold = ({ remotePeer }: Connection) => to?.has(remotePeer.toString()) ?? true;
  const connections = newestOfEach(node.getConnections()).filter(isTold);
  if (connections.some(links.isWithout)) return gossip(state, topic, body, true); // it goes to all
  for (const connection of connections) void tell(state, connection, topic, body).catch(() => {}); // a peer that is not reached hears the next one
}

/** A peer that is not reached hears the next brief. */
function tellAll({ node, links }: State, to: ReadonlySet<PeerId>, topic: string, numbers: readonly number[]): void {
  for (const connection of newestOfEach(node.getConnections()))
    if (to.has(connection.remotePeer.toString())) void links.tell(connection, topic, numbers).catch(() => {});
}

async function tell(state: State, connection: Connection, topic: string, body: Uint8Array): Promise<void> {
  if (!(await state.links.announce(connection, topic, body))) await gossip(state, topic, body, true);
}

/** @param toAll to all neighbours, not only to those of the mesh. */
async function gossip({ node }: State, topic: string, body: Uint8Array, toAll: boolean): Promise<void> {
  await internalsOf(node.services.pubsub).publish(topic, body, { floodPublish: toAll });
}

/** The newest open connection to each peer: older ones may be dead. */
function newestOfEach(connections: readonly Connection[]): Connection[] {
  const open = connections.filter(({ status }) => status === "open");
  return [...new Map(open.map((connection) => [connection.remotePeer.toString(), connection])).values()];
}

/** A message that is ignored with a code, e.g. one of an author that announces too often, is no fault, but costs a newcomer that brings it. */
function judge({ node, handlers, seen }: State, from: PeerId, topic: string, body: Uint8Array): Verdict {
  const handler = handlers.get(topic);
  const name = nameOf(topic, body);
  if (handler === undefined || seen.has(name)) return { verdict: "ignore" };
  seen.add(name);
  const verdict = handler(from, body);
  charge(node, from, verdict);
  return verdict;
}

/** Two neighbours may tell the same numbers. */
function judgeNumbers({ node, told }: State, from: PeerId, topic: string, numbers: readonly number[]): void {
  const verdict = told.get(topic)?.(from, numbers);
  if (verdict !== undefined) charge(node, from, verdict);
}

function charge({ shares }: HearsayNode, from: PeerId, { verdict, code }: Verdict): void {
  if (verdict === "reject") shares.fault(from);
  if (verdict === "ignore" && code !== undefined && !shares.isKnown(from)) shares.work.charge(from, COST_OF_USELESS);
}

function nameOf(topic: string, body: Uint8Array): string {
  return topic + keyOf(nodeCrypto.sha256(body));
}
