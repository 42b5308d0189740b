/**
 * The network as a member of a cluster sees it: a Transport on the Transport of the host, so that the rest of the peer knows nothing of clusters.
 *
 *     a member     talks with members only. What the gateway passes on of others makes these *guests*: they count as peers, and what they are asked
 *                  goes through the gateway
 *     the gateway  talks with all. What comes from outside it passes on inside; own announcements stay inside, releases go outside (`tellOutside`)
 *     alone        talks with all, as without a cluster
 *
 * The gateway answers what members ask of guests out of what it was told once: a body passes the line to the outside once for the whole cluster. It cannot change
 * anything, since a guest's announcement is signed, names the hash of the body, and stands in a log whose proof the member checks itself.
 */
import { forgetOldest } from "../base/bounded.ts";
import { HearsayError, isHearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { PeerId, Reply, RequestHandler, Transport, Verdict } from "../base/seams.ts";
import { decodeAnnouncement } from "../wire/announcement.ts";
import { createErrands, decodeErrand, encodeErrand } from "./errands.ts";

export interface BorderOptions {
  readonly names: { readonly announce: string; readonly evidence: string; readonly errand: string };
  /** Protocols that those outside may ask, whoever speaks. */
  readonly open: readonly string[];
  /** Protocols that members may ask guests for. */
  readonly passed: readonly string[];
  /** Those of them whose answers never change. */
  readonly remembered: readonly string[];
  isInside(peer: PeerId): boolean;
  /** As of `Cluster`. */
  speaks(): boolean;
  hasMembers(): boolean;
  gateway(): PeerId | undefined;
}

export interface Border {
  /** What the peer uses in place of the host's. */
  readonly transport: Transport;
  /** Whether a peer is outside, and this one asks it through its gateway. */
  isGuest(peer: PeerId): boolean;
  /** Whether a peer is outside, and what this one asks it is told to members too. */
  isShared(peer: PeerId): boolean;
  /** Announces to those outside. */
  tellOutside(body: Uint8Array): Promise<void>;
  /** Does an errand of a member. @throws HearsayError */
  readonly errand: RequestHandler;
  /** The gateway is another one: connections to those outside come into sight, or go out of it. */
  changed(): void;
  /** A peer that may be connected has turned out to be a member. */
  entered(peer: PeerId): void;
}

/** What the functions of this file share. */
interface Gate extends BorderOptions {
  readonly inner: Transport;
  /** Authors outside of whom the gateway told, the newest last. */
  readonly guests: Set<PeerId>;
  readonly errands: ReturnType<typeof createErrands>;
  readonly greeters: ((peer: PeerId) => void)[];
  readonly leavers: ((peer: PeerId) => void)[];
  /** Those outside whom the peer has been told of as connected. */
  seen: Set<PeerId>;
  /** Those outside that speak: they have asked something, or answered. Members of other clusters do neither, and need not be told anything. */
  readonly speakers: Set<PeerId>;
  /** Where announcements come in. */
  hear: ((from: PeerId, body: Uint8Array) => Verdict) | undefined;
  listed: readonly PeerId[] | undefined;
  from: readonly PeerId[];
}

export function createBorder(inner: Transport, options: BorderOptions): Border {
  const gate: Gate = {
    ...options,
    inner,
    guests: new Set(),
    errands: createErrands(inner, options.remembered),
    greeters: [],
    leavers: [],
    seen: new Set(),
    speakers: new Set(),
    hear: undefined,
    listed: undefined,
    from: [],
  };
  inner.onConnect((peer) => connected(gate, peer));
  inner.onDisconnect((peer) => {
    gate.listed = undefined;
    gate.speakers.delete(peer);
    if (options.isInside(peer) || gate.seen.delete(peer)) for (const leave of gate.leavers) leave(peer);
  });
  return {
    transport: transportOf(gate),
    isShared: (peer) => !gate.isInside(peer) && gate.hasMembers() && gate.speaks(),
    isGuest: (peer) => gate.guests.has(peer) && !gate.isInside(peer) && !gate.speaks(),
    tellOutside: (body) => inner.announce(options.names.announce, body, new Set(gate.speakers)),
    errand: (from, body) => doErrand(gate, from, body),
    changed: () => changed(gate),
    entered(peer) {
      gate.guests.delete(peer);
      if (inner.peers().includes(peer)) connected(gate, peer);
    },
  };
}

function transportOf(gate: Gate): Transport {
  const { inner, names } = gate;
  const { recycle: _, ...rest } = inner; // an answer may be that of others too
  return {
    ...rest,
    announce(topic, body, to) {
      if (!gate.hasMembers() && gate.speaks()) return inner.announce(topic, body, to);
      if (topic === names.evidence && gate.speaks()) return inner.announce(topic, body, to);
      const members = inside(gate);
      return inner.announce(
        topic,
        body,
        to === undefined ? members : new Set([...members].filter((peer) => to.has(peer))),
      );
    },
    onAnnounce(topic, handler) {
      if (topic === names.announce) gate.hear = handler;
      inner.onAnnounce(topic, (from, body) => heard(gate, topic, handler, from, body));
    },
    request: (peer, protocol, body, signals) => request(gate, peer, protocol, body, signals),
    onRequest: (protocol, handler) =>
      inner.onRequest(protocol, (from, body) => {
        if (gate.open.includes(protocol)) return handler(from, body);
        if (!gate.isInside(from) && !gate.speaks())
          throw new HearsayError("ERR_UNREACHABLE", "its gateway speaks for it");
        if (!gate.isInside(from)) gate.speakers.add(from);
        return handler(from, body);
      }),
    peers: () => peers(gate),
    prefixOf: (peer) => (gate.guests.has(peer) && !gate.speaks() ? peer : inner.prefixOf(peer)),
    onConnect: (handler) => void gate.greeters.push(handler),
    onDisconnect: (handler) => void gate.leavers.push(handler),
  };
}

const inside = ({ inner, isInside }: Gate): Set<PeerId> => new Set(inner.peers().filter(isInside));

/** Members, and who is outside: connected where this peer has the word, told of by the gateway where it has not. Sorted. */
function peers(gate: Gate): readonly PeerId[] {
  const { inner, isInside, guests } = gate;
  const from = inner.peers();
  if (gate.listed !== undefined && from === gate.from) return gate.listed;
  const members = from.filter(isInside);
  gate.from = from;
  gate.listed = gate.speaks() ? from : [...members, ...[...guests].filter((peer) => !isInside(peer))].sort();
  return gate.listed;
}

function connected(gate: Gate, peer: PeerId): void {
  gate.listed = undefined;
  const isInside = gate.isInside(peer);
  if (!isInside && !gate.speaks()) return;
  if (!isInside) gate.seen.add(peer);
  for (const greet of gate.greeters) greet(peer);
}

function changed(gate: Gate): void {
  gate.listed = undefined;
  if (!gate.speaks()) {
    const gone = gate.seen;
    gate.seen = new Set();
    for (const peer of gone) for (const leave of gate.leavers) leave(peer);
    return;
  }
  for (const peer of gate.inner.peers()) if (!gate.isInside(peer) && !gate.seen.has(peer)) connected(gate, peer);
}

function heard(
  gate: Gate,
  topic: string,
  handler: (from: PeerId, body: Uint8Array) => Verdict,
  from: PeerId,
  body: Uint8Array,
): Verdict {
  const isMember = gate.isInside(from);
  if (!isMember && !gate.speaks()) return { verdict: "ignore" };
  const verdict = handler(from, body);
  if (verdict.verdict !== "accept") return verdict;
  if (topic !== gate.names.announce) return verdict; // evidence goes wherever gossip takes it
  if (!isMember) passOn(gate, body);
  else welcome(gate, from, body);
  return isMember ? { ...verdict, relay: false } : verdict; // all members hear each other
}

/** Members are told one by one: gossip passes nothing on that it has seen, and of an author less than members need. */
function passOn(gate: Gate, body: Uint8Array): void {
  const { inner, names } = gate;
  const news = encodeErrand({ peer: "", protocol: names.announce, body });
  for (const member of inside(gate)) inner.request(member, names.errand, news).catch(() => {}); // a member that is not reached hears the next one
}

/** What the gateway passes on makes its author a guest. */
function welcome(gate: Gate, from: PeerId, body: Uint8Array): void {
  const { author } = decodeAnnouncement(body);
  if (author === from || gate.isInside(author) || from !== gate.gateway()) return;
  if (!gate.guests.has(author)) gate.listed = undefined;
  gate.guests.delete(author);
  gate.guests.add(author);
  forgetOldest(gate.guests, LIMITS.maxClusterGuests);
}

function request(
  gate: Gate,
  peer: PeerId,
  protocol: string,
  body: Uint8Array,
  signals?: { signal?: AbortSignal },
): Promise<Uint8Array> {
  const { inner } = gate;
  if (gate.isInside(peer)) return inner.request(peer, protocol, body, signals);
  if (gate.speaks()) return askOutside(gate, peer, protocol, body, signals);
  const gateway = gate.gateway();
  if (gateway === undefined || !gate.passed.includes(protocol))
    return Promise.reject(
      new HearsayError("ERR_UNREACHABLE", `${peer} is outside, and no gateway asks it ${protocol}`),
    );
  return inner.request(gateway, gate.names.errand, encodeErrand({ peer, protocol, body }), signals);
}

async function askOutside(
  { errands, speakers }: Gate,
  peer: PeerId,
  protocol: string,
  body: Uint8Array,
  signals?: { signal?: AbortSignal },
): Promise<Uint8Array> {
  try {
    const answer = await errands.ask(peer, protocol, body, signals);
    speakers.add(peer);
    return answer;
  } catch (error) {
    if (isHearsayError(error, "ERR_UNREACHABLE")) speakers.delete(peer);
    throw error;
  }
}

async function doErrand(gate: Gate, from: PeerId, bytes: Uint8Array): Promise<Reply> {
  const { peer, protocol, body } = decodeErrand(bytes);
  if (!gate.isInside(from)) throw new HearsayError("ERR_NOT_FOUND", "this peer goes on errands for its cluster only");
  if (protocol === gate.names.announce) {
    if (from === gate.gateway() && gate.hear !== undefined) heard(gate, protocol, gate.hear, from, body);
    return NOTHING;
  }
  if (gate.isInside(peer) || !gate.speaks() || !gate.passed.includes(protocol))
    throw new HearsayError("ERR_NOT_FOUND", "this peer goes on no such errand");
  return askOutside(gate, peer, protocol, body);
}

const NOTHING = new Uint8Array(0);
