/**
 * A network in memory: the Transport seam under modelled conditions, for simulations and tests. Real bytes are handed over,
 * copied so that nobody shares memory; or, where thousands of peers should hold one copy of each body, by reference.
 *
 * Announcements are relayed hop by hop where the handler accepts them, as gossipsub does, or go to neighbours only. Bodies are
 * pulled from neighbours only, so relaying changes little in what is learnt; but it costs every peer one message for
 * each announcement of everybody, which no simulation of thousands can afford.
 */
import { createRecentSet, type RecentSet } from "../../protocol/base/bounded.ts";
import { toHex, utf8 } from "../../protocol/base/bytes.ts";
import { type ErrorCode, HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Clock, Crypto, PeerId, RequestHandler, Transport, Verdict } from "../../protocol/base/seams.ts";
import type { Conditions } from "./conditions.ts";

export interface NetworkOptions {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly conditions: Conditions;
  /** How far announcements go: over everybody who accepts them (default), or to the author's neighbours. */
  readonly announcements?: "flood" | "neighbours";
  /** The address prefix of a node, as `Transport.prefixOf`; its name where left out. */
  readonly prefixOf?: (peer: PeerId) => string;
  /** Hand over by reference: peers change nothing that they got, so only a test can tell. */
  readonly sharesMemory?: boolean;
}

export interface Network {
  /** The transport of a new node; one of the same name that was there is gone, and its connections with it. */
  join(peer: PeerId): Transport;
  /** Opens a connection, unless there is one or an end has blocked the other; both ends hear of it. */
  connect(a: PeerId, b: PeerId): void;
  disconnect(a: PeerId, b: PeerId): void;
  /** Closes the connections that the conditions no longer allow. */
  enforce(): void;
  /** Takes a node off the network; its connections close. */
  leave(peer: PeerId): void;
  /** One announcement to one neighbour, which relays it like any other: only liars tell their neighbours different things. */
  tell(from: PeerId, to: PeerId, topic: string, body: Uint8Array): void;
}

interface Node {
  readonly peer: PeerId;
  readonly links: Set<PeerId>;
  /** The same, sorted; undefined after a change. */
  sorted: readonly PeerId[] | undefined;
  readonly blocked: Set<PeerId>;
  readonly topics: Map<string, (from: PeerId, body: Uint8Array) => Verdict>;
  readonly handlers: Map<string, RequestHandler>;
  readonly greeters: ((peer: PeerId) => void)[];
  /** Names of announcements that passed here, where they are relayed. */
  readonly seen: RecentSet<string>;
  /** Own requests without an answer yet: what ends each when the connection to its peer breaks. */
  readonly waiting: Map<() => void, PeerId>;
  bytesIn: number;
  bytesOut: number;
}

/** What came of a request: the bytes, or the code of the error that the asker gets. */
type Answer = Uint8Array | ErrorCode;

/** Announcements that a node remembers, so that it relays none twice. */
const SEEN_CAPACITY = 10_000;

export function createNetwork(options: NetworkOptions): Network {
  const { clock, crypto, conditions, announcements = "flood", sharesMemory = false } = options;
  const { prefixOf = (peer: PeerId) => peer } = options;
  const relays = announcements === "flood";
  const own = (bytes: Uint8Array) => (sharesMemory ? bytes : bytes.slice());
  const nodes = new Map<PeerId, Node>();

  /** Hands bytes over when they have arrived; `broken` where the link is gone by then. What the network loses, neither hears of. */
  function deliver(
    from: Node,
    to: PeerId,
    body: Uint8Array,
    arrive: (node: Node) => void,
    broken: () => void = ignore,
  ): void {
    from.bytesOut += body.length;
    const transitMs = conditions.transitMs(from.peer, to, body.length);
    if (transitMs === undefined) return;
    clock.after(transitMs, () => {
      const node = nodes.get(to);
      if (node === undefined || nodes.get(from.peer) !== from || !from.links.has(to)) return broken();
      node.bytesIn += body.length;
      arrive(node);
    });
  }

  /** `name` is undefined where announcements are not relayed. */
  function spread(node: Node, topic: string, body: Uint8Array, name?: string, except?: PeerId): void {
    for (const peer of neighboursOf(node))
      if (peer !== except) deliver(node, peer, body, (to) => hear(to, node.peer, topic, body, name));
  }

  function hear(node: Node, from: PeerId, topic: string, body: Uint8Array, name?: string): void {
    const handler = node.topics.get(topic);
    if (handler === undefined || (name !== undefined && !isNews(node, name))) return;
    if (handler(from, body).verdict === "accept" && name !== undefined) spread(node, topic, body, name, from);
  }

  function nameOf(topic: string, body: Uint8Array): string | undefined {
    return relays ? `${topic}/${toHex(crypto.sha256(body))}` : undefined;
  }

  function isNews(node: Node, name: string): boolean {
    if (node.seen.has(name)) return false;
    node.seen.add(name);
    return true;
  }

  async function answer(node: Node, from: PeerId, protocol: string, body: Uint8Array): Promise<Answer> {
    try {
      const reply = await node.handlers.get(protocol)?.(from, body);
      if (reply === undefined) return "ERR_UNREACHABLE"; // not served
      return reply.length > LIMITS.maxFrameBytes ? "ERR_TOO_LARGE" : reply;
    } catch (error) {
      return isHearsayError(error) ? error.code : "ERR_UNREACHABLE"; // a fault of the handler is its own affair
    }
  }

  function request(
    from: Node,
    peer: PeerId,
    protocol: string,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        cancel();
        from.waiting.delete(broken);
        signal?.removeEventListener("abort", aborted);
        act();
      };
      const fail = (code: ErrorCode, why: string) =>
        settle(() => reject(new HearsayError(code, `${peer} could not be asked ${protocol}: ${why}`)));
      const broken = () => fail("ERR_UNREACHABLE", "no connection");
      const aborted = () => settle(() => reject(signal?.reason));
      const cancel = clock.after(LIMITS.requestTimeoutMs, () => fail("ERR_TIMEOUT", "no answer in time"));
      if (signal?.aborted) return aborted();
      if (body.length > LIMITS.maxRequestBytes) return fail("ERR_TOO_LARGE", `a request of ${body.length} bytes`);
      if (!from.links.has(peer)) return broken();
      signal?.addEventListener("abort", aborted, { once: true });
      from.waiting.set(broken, peer);
      const asked = own(body);
      const arrive = async (node: Node) => {
        const reply = await answer(node, from.peer, protocol, asked);
        if (typeof reply === "string")
          return deliver(node, from.peer, utf8(reply), () => fail(reply, "it refused"), broken);
        const whole = own(reply);
        deliver(node, from.peer, whole, () => settle(() => resolve(whole)), broken);
      };
      deliver(from, peer, body, arrive, broken);
    });
  }

  function disconnect(a: PeerId, b: PeerId): void {
    for (const [near, far] of [
      [a, b],
      [b, a],
    ] as const) {
      const node = nodes.get(near);
      if (node?.links.delete(far)) node.sorted = undefined;
      for (const [broken, peer] of node?.waiting ?? []) if (peer === far) broken();
    }
  }

  function leave(peer: PeerId): void {
    for (const other of nodes.get(peer)?.links ?? []) disconnect(peer, other);
    nodes.delete(peer);
  }

  return {
    join(peer) {
      leave(peer);
      const node: Node = {
        peer,
        links: new Set(),
        sorted: undefined,
        blocked: new Set(),
        topics: new Map(),
        handlers: new Map(),
        greeters: [],
        seen: createRecentSet(SEEN_CAPACITY),
        waiting: new Map(),
        bytesIn: 0,
        bytesOut: 0,
      };
      nodes.set(peer, node);
      const block = (other: PeerId) => {
        node.blocked.add(other);
        disconnect(peer, other);
      };
      return {
        async announce(topic, body) {
          const name = nameOf(topic, body);
          if (name === undefined || isNews(node, name)) spread(node, topic, body, name);
        },
        onAnnounce: (topic, handler) => void node.topics.set(topic, handler),
        request: (to, protocol, body, { signal } = {}) => request(node, to, protocol, body, signal),
        onRequest: (protocol, handler) => void node.handlers.set(protocol, handler),
        withdraw(name) {
          node.topics.delete(name);
          node.handlers.delete(name);
        },
        peers: () => [...neighboursOf(node)],
        prefixOf,
        onConnect: (handler) => void node.greeters.push(handler),
        keep: ignore, // who is connected to whom is the scenario's affair
        shun: block,
        block,
        traffic: () => ({ bytesIn: node.bytesIn, bytesOut: node.bytesOut }),
      };
    },
    connect(a, b) {
      const [left, right] = [nodes.get(a), nodes.get(b)];
      if (left === undefined || right === undefined || left === right || left.links.has(b)) return;
      if (left.blocked.has(b) || right.blocked.has(a) || !conditions.allows(a, b)) return;
      left.links.add(b);
      right.links.add(a);
      left.sorted = right.sorted = undefined;
      for (const greet of left.greeters) greet(b);
      for (const greet of right.greeters) greet(a);
    },
    disconnect,
    enforce() {
      for (const node of nodes.values())
        for (const other of node.links) if (!conditions.allows(node.peer, other)) disconnect(node.peer, other);
    },
    leave,
    tell(from, to, topic, body) {
      const node = nodes.get(from);
      if (node?.links.has(to)) deliver(node, to, body, (there) => hear(there, from, topic, body, nameOf(topic, body)));
    },
  };
}

function neighboursOf(node: Node): readonly PeerId[] {
  node.sorted ??= [...node.links].sort();
  return node.sorted;
}

function ignore(): void {}
