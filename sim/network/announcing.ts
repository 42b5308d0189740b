/**
 * Announcements of the network in memory: they are relayed hop by hop where the handler accepts them, as gossipsub does, or go to
 * neighbours only.
 */
import { toHex } from "../../protocol/base/bytes.ts";
import type { Crypto, PeerId } from "../../protocol/base/seams.ts";
import type { Announced } from "./letters.ts";
import { type Node, type Nodes, neighboursOf, send } from "./nodes.ts";

/** @param relays whether announcements are relayed. */
export function announced(
  { sha256 }: Pick<Crypto, "sha256">,
  relays: boolean,
  topic: string,
  body: Uint8Array,
): Announced {
  return { kind: "announcement", topic, body, name: relays ? `${topic}/${toHex(sha256(body))}` : undefined };
}

/** From its author to all neighbours, or to some. One that passed here before goes no further. */
export function announce(nodes: Nodes, author: Node, message: Announced, to?: ReadonlySet<PeerId>): void {
  if (message.name === undefined || isNews(author, message.name))
    spread(nodes, author, message, (peer) => to?.has(peer) ?? true);
}

function spread(nodes: Nodes, node: Node, message: Announced, isTold: (peer: PeerId) => boolean): void {
  for (const peer of neighboursOf(node)) if (isTold(peer)) send(nodes, node, peer, message);
}

/** At a neighbour, which relays it where its handler accepts it. */
export function hear(nodes: Nodes, node: Node, from: PeerId, message: Announced): void {
  const { topic, body, name } = message;
  const handler = node.topics.get(topic);
  if (handler === undefined || (name !== undefined && !isNews(node, name))) return;
  const { verdict, relay = true } = handler(from, body);
  if (verdict === "accept" && relay && name !== undefined) spread(nodes, node, message, (peer) => peer !== from);
}

function isNews(node: Node, name: string): boolean {
  if (node.seen.has(name)) return false;
  node.seen.add(name);
  return true;
}
