/**
 * A network in memory: the Transport seam with a constant latency, for simulations and tests. Real bytes are handed over
 * (copied, so that nobody shares memory), announcements are relayed hop by hop where the handler accepts them.
 */
import { forgetOldest } from "../protocol/bounded.ts";
import { toHex, utf8 } from "../protocol/bytes.ts";
import { type ErrorCode, HearsayError, isHearsayError } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Clock, Crypto, PeerId, RequestHandler, Transport, Verdict } from "../protocol/seams.ts";

export interface NetworkOptions {
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** One way. */
  readonly latencyMs: number;
}

export interface Network {
  /** The transport of a new node; one of the same name that was there is gone, and its connections with it. */
  join(peer: PeerId): Transport;
  /** Opens a connection, unless there is one or an end has blocked the other; both ends hear of it. */
  connect(a: PeerId, b: PeerId): void;
  disconnect(a: PeerId, b: PeerId): void;
}

interface Node {
  readonly peer: PeerId;
  readonly links: Set<PeerId>;
  readonly blocked: Set<PeerId>;
  readonly topics: Map<string, (from: PeerId, body: Uint8Array) => Verdict>;
  readonly handlers: Map<string, RequestHandler>;
  readonly greeters: ((peer: PeerId) => void)[];
  /** Names of announcements that passed here. */
  readonly seen: Set<string>;
  /** Own requests without an answer yet: what ends each when the connection to its peer breaks. */
  readonly waiting: Map<() => void, PeerId>;
  bytesIn: number;
  bytesOut: number;
}

/** What came of a request: the bytes, or the code of the error that the asker gets. */
type Answer = Uint8Array | ErrorCode;

/** Announcements that a node remembers, so that it relays none twice. */
const SEEN_CAPACITY = 10_000;

export function createNetwork({ clock, crypto, latencyMs }: NetworkOptions): Network {
  const nodes = new Map<PeerId, Node>();

  /** Hands bytes over after the latency, if the link is still there then. */
  function deliver(
    from: Node,
    to: PeerId,
    body: Uint8Array,
    arrive: (node: Node, body: Uint8Array) => void,
    lost: () => void,
  ): void {
    const copy = body.slice();
    from.bytesOut += copy.length;
    clock.after(latencyMs, () => {
      const node = nodes.get(to);
      if (node === undefined || !from.links.has(to)) return lost();
      node.bytesIn += copy.length;
      arrive(node, copy);
    });
  }

  function relay(node: Node, topic: string, body: Uint8Array, except?: PeerId): void {
    for (const peer of [...node.links].sort()) {
      if (peer !== except)
        deliver(
          node,
          peer,
          body,
          (to, copy) => hear(to, node.peer, topic, copy),
          () => {},
        );
    }
  }

  function hear(node: Node, from: PeerId, topic: string, body: Uint8Array): void {
    const handler = node.topics.get(topic);
    if (handler === undefined || !isNews(node, topic, body)) return;
    if (handler(from, body).verdict === "accept") relay(node, topic, body, from);
  }

  function isNews(node: Node, topic: string, body: Uint8Array): boolean {
    const name = `${topic}/${toHex(crypto.sha256(body))}`;
    if (node.seen.has(name)) return false;
    node.seen.add(name);
    forgetOldest(node.seen, SEEN_CAPACITY);
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
      if (body.length > LIMITS.maxFrameBytes) return fail("ERR_TOO_LARGE", `a request of ${body.length} bytes`);
      if (!from.links.has(peer)) return broken();
      signal?.addEventListener("abort", aborted, { once: true });
      from.waiting.set(broken, peer);
      const arrive = async (node: Node, copy: Uint8Array) => {
        const reply = await answer(node, from.peer, protocol, copy);
        if (typeof reply !== "string")
          deliver(node, from.peer, reply, (_, whole) => settle(() => resolve(whole)), broken);
        else deliver(node, from.peer, utf8(reply), () => fail(reply, "it refused"), broken);
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
      node?.links.delete(far);
      for (const [broken, peer] of node?.waiting ?? []) if (peer === far) broken();
    }
  }

  return {
    join(peer) {
      for (const other of nodes.get(peer)?.links ?? []) disconnect(peer, other);
      const node: Node = {
        peer,
        links: new Set(),
        blocked: new Set(),
        topics: new Map(),
        handlers: new Map(),
        greeters: [],
        seen: new Set(),
        waiting: new Map(),
        bytesIn: 0,
        bytesOut: 0,
      };
      nodes.set(peer, node);
      return {
        async announce(topic, body) {
          if (isNews(node, topic, body)) relay(node, topic, body);
        },
        onAnnounce: (topic, handler) => void node.topics.set(topic, handler),
        request: (to, protocol, body, { signal } = {}) => request(node, to, protocol, body, signal),
        onRequest: (protocol, handler) => void node.handlers.set(protocol, handler),
        peers: () => [...node.links].sort(),
        onConnect: (handler) => void node.greeters.push(handler),
        block(other) {
          node.blocked.add(other);
          disconnect(peer, other);
        },
        traffic: () => ({ bytesIn: node.bytesIn, bytesOut: node.bytesOut }),
      };
    },
    connect(a, b) {
      const [left, right] = [nodes.get(a), nodes.get(b)];
      if (left === undefined || right === undefined || left === right || left.links.has(b)) return;
      if (left.blocked.has(b) || right.blocked.has(a)) return;
      left.links.add(b);
      right.links.add(a);
      for (const greet of left.greeters) greet(b);
      for (const greet of right.greeters) greet(a);
    },
    disconnect,
  };
}
