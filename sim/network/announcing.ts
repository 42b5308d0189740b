/**
 * Announcements of the network in memory: they are relayed hop by hop where the handler accepts them, as gossipsub does, or go to
 * neighbours only.
 */
import { toHex } from "../../protocol/base/bytes.ts";
import type { Crypto, PeerId } from "../../protocol/base/seams.ts";
import { deliver, type Node, type Nodes, neighboursOf } from "./nodes.ts";

/** One announcement on its way. */
export interface Announced {
  readonly topic: string;
  readonly body: Uint8Array;
  /** Undefined where announcements are not relayed. */
  readonly name: string | undefined;
}

/** @param relays whether announcements are relayed. */
export function announced(
  { sha256 }: Pick<Crypto, "sha256">,
  relays: boolean,
  topic: string,
  body: Uint8Array,
): Announced {
  return { topic, body, name: relays ? `${topic}/${toHex(sha256(body))}` : undefined };
}

/** From its author to all neighbours. One that passed here before goes no further. */
export function announce(nodes: Nodes, author: Node, message: Announced): void {
  if (message.name === undefined || isNews(author, message.name)) spread(nodes, author, message);
}

/** From its author to one neighbour, which relays it like any other. */
export function tell(nodes: Nodes, author: Node, to: PeerId, message: Announced): void {
  deliver(nodes, author, to, message.body, (there) => hear(nodes, there, author.peer, message));
}

function spread(nodes: Nodes, node: Node, message: Announced, except?: PeerId): void {
  for (const peer of neighboursOf(node)) if (peer !== except) tell(nodes, node, peer, message);
}

function hear(nodes: Nodes, node: Node, from: PeerId, message: Announced): void {
  const { topic, body, name } = message;
  const handler = node.topics.get(topic);
  if (handler === undefined || (name !== undefined && !isNews(node, name))) return;
  if (handler(from, body).verdict === "accept" && name !== undefined) spread(nodes, node, message, from);
}

function isNews(node: Node, name: string): boolean {
  if (node.seen.has(name)) return false;
  node.seen.add(name);
  return true;
}
