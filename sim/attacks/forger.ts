/**
 * What a liar needs to announce something else than its peer does: its transport, with announcements re-signed and
 * bodies of its own.
 *
 * An announcement names one body by its hash, and its numbers only grow; so a lie is a whole announcement, signed
 * anew under the next number, that keeps the log entry of the one it was made from, and the body is served beside
 * those of the honest peer.
 */
import { putNewest } from "../../protocol/base/bounded.ts";
import { joined, toHex } from "../../protocol/base/bytes.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId, RequestHandler, Transport } from "../../protocol/base/seams.ts";
import { codecOf } from "../../protocol/codec/registry.ts";
import { encodeTask } from "../../protocol/task/manifest.ts";
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from "../../protocol/wire/announcement.ts";
import {
  decodeBlobRequest,
  decodeHelloAnswer,
  encodeBlobAnswer,
  encodeHelloAnswer,
  HELLO_PROTOCOL,
  taskNames,
} from "../../protocol/wire/messages.ts";
import type { Coalition, Liar } from "./attack.ts";

/** A model as it is served. */
export interface Body {
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface Wire {
  readonly names: ReturnType<typeof taskNames>;
  bodyOf(params: Float32Array): Body;
}

/** Names and encoding of the task, once for all liars. */
export function createWire({ task, crypto }: Coalition): Wire {
  const taskId = crypto.sha256(encodeTask(task));
  const codec = codecOf(task, taskId);
  return {
    names: taskNames(taskId),
    bodyOf(params) {
      const bytes = codec.encode(params);
      return { hash: crypto.sha256(bytes), bytes };
    },
  };
}

export interface Changes {
  /** Announced and served in place of the honest one. */
  readonly body?: Body;
  readonly age?: number;
}

export interface Forger {
  /** The transport for the liar's peer; a peer that restarts has its new one wrapped again. */
  wrap(transport: Transport): Transport;
  /** Peers with a connection. */
  neighbours(): readonly PeerId[];
  /** Re-signs the newest announcement of the liar's peer, changed; undefined before there is one. */
  forge(changes: Changes): Uint8Array | undefined;
  /** To one neighbour, which is also greeted with it from now on. */
  tell(receiver: PeerId, sealed: Uint8Array): void;
  /** To everybody. */
  announce(sealed: Uint8Array): Promise<void>;
}

export interface ForgerOptions {
  readonly coalition: Coalition;
  readonly liar: Liar;
  readonly wire: Wire;
  /** What goes out in place of what the liar's peer announces; undefined: nothing. */
  readonly outgoing: (announced: Announcement, forger: Forger) => Uint8Array | undefined;
  /** Bodies that are served, the newest: at least as many as are on offer at once. */
  readonly capacity: () => number;
}

/** What a forger remembers. */
interface Memory extends ForgerOptions {
  /** Bodies that are served beside those of the honest peer, by hash. */
  readonly bodies: Map<string, Uint8Array>;
  /** What single neighbours were told last. */
  readonly told: Map<PeerId, Uint8Array>;
  transport: Transport | undefined;
  /** The newest announcement of the liar's peer. */
  template: Announcement | undefined;
  /** What everybody was told last. */
  shown: Uint8Array | undefined;
  seq: number;
}

export function createForger(options: ForgerOptions): Forger {
  const { coalition, liar, wire } = options;
  const memory: Memory = {
    ...options,
    bodies: new Map(),
    told: new Map(),
    transport: undefined,
    template: undefined,
    shown: undefined,
    seq: 0,
  };
  const forger: Forger = {
    wrap(inner) {
      memory.transport = inner;
      return wrapped(memory, inner, forger);
    },
    neighbours: () => memory.transport?.peers() ?? [],
    forge: (changes) => forge(memory, changes),
    tell(receiver, sealed) {
      putNewest(memory.told, receiver, sealed, LIMITS.maxPeerIdsAtHand);
      coalition.network.tell(liar.identity.peerId, receiver, wire.names.announce, sealed);
    },
    async announce(sealed) {
      memory.shown = sealed;
      await memory.transport?.announce(wire.names.announce, sealed);
    },
  };
  return forger;
}

function wrapped(memory: Memory, inner: Transport, forger: Forger): Transport {
  const { names } = memory.wire;
  return {
    ...inner,
    async announce(topic, sealed) {
      if (topic !== names.announce) return inner.announce(topic, sealed);
      memory.template = decodeAnnouncement(sealed);
      memory.shown = memory.outgoing(memory.template, forger);
      if (memory.shown !== undefined) await inner.announce(topic, memory.shown);
    },
    onRequest(protocol, handler) {
      if (protocol === names.blob) inner.onRequest(protocol, serve(memory, handler));
      else if (protocol === HELLO_PROTOCOL) inner.onRequest(protocol, greet(memory, handler));
      else inner.onRequest(protocol, handler);
    },
  };
}

function serve({ bodies }: Memory, honest: RequestHandler): RequestHandler {
  return (from, body) => {
    const { hash, offset, maxBytes } = decodeBlobRequest(body);
    const whole = bodies.get(toHex(hash));
    if (whole === undefined) return honest(from, body);
    const end = Math.min(whole.length, offset + Math.min(maxBytes, LIMITS.maxChunkBytes));
    return encodeBlobAnswer({ total: whole.length, chunk: whole.subarray(Math.min(offset, end), end) });
  };
}

/** A peer that greets at a new connection gets the forged announcement that it would have heard, not that of the peer inside the liar. */
function greet(memory: Memory, honest: RequestHandler): RequestHandler {
  return async (from, body) => {
    const { task, agent } = decodeHelloAnswer(joined(await honest(from, body)));
    const announcement = memory.told.get(from) ?? memory.shown;
    return encodeHelloAnswer({ task, agent, ...(announcement && { announcement }) });
  };
}

function forge(memory: Memory, { body, age }: Changes): Uint8Array | undefined {
  const { template, bodies, coalition, liar, capacity } = memory;
  if (template === undefined) return undefined;
  memory.seq = Math.max(memory.seq + 1, template.seq);
  if (body !== undefined) {
    const name = toHex(body.hash);
    putNewest(bodies, name, body.bytes, capacity());
  }
  const lie = {
    seq: memory.seq,
    tsMs: Math.floor(coalition.clock.now()),
    ...(body && { model: body.hash, bytes: body.bytes.length }),
    ...(age !== undefined && { age }),
  };
  return encodeAnnouncement({ ...template, ...lie }, liar.identity);
}
