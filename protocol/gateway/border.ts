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

interface State extends BorderOptions {
  /** The host's. */
  readonly inner: Transport;
  readonly errands: ReturnType<typeof createErrands>;
  /** Authors outside of whom the gateway told, the newest last. */
  readonly guests: Set<PeerId>;
  /** Those outside of whom the peer was told that they are connected. */
  shown: Set<PeerId>;
  /** Those outside that speak: they have asked something, or answered. Members of other clusters do neither, and need not be told anything. */
  readonly speakers: Set<PeerId>;
  /** What the peer wants to hear: of connections that come and go, and announcements. */
  readonly onConnect: ((peer: PeerId) => void)[];
  readonly onDisconnect: ((peer: PeerId) => void)[];
  onAnnouncement: ((from: PeerId, body: Uint8Array) => Verdict) | undefined;
  /** The last answer of `peers`, and the host's list of which it was made. Undefined: it has to be made anew. */
  peers: readonly PeerId[] | undefined;
  peersOf: readonly PeerId[];
}

export function createBorder(inner: Transport, options: BorderOptions): Border {
  const state: State = {
    ...options,
    inner,
    errands: createErrands(inner, options.remembered),
    guests: new Set(),
    shown: new Set(),
    speakers: new Set(),
    onConnect: [],
    onDisconnect: [],
    onAnnouncement: undefined,
    peers: undefined,
    peersOf: [],
  };
  inner.onConnect((peer) => connected(state, peer));
  inner.onDisconnect((peer) => {
    state.peers = undefined;
    state.speakers.delete(peer);
    if (options.isInside(peer) || state.shown.delete(peer)) for (const leave of state.onDisconnect) leave(peer);
  });
  return {
    transport: transportOf(state),
    isShared: (peer) => !state.isInside(peer) && state.hasMembers() && state.speaks(),
    isGuest: (peer) => state.guests.has(peer) && !state.isInside(peer) && !state.speaks(),
    tellOutside: (body) => inner.announce(options.names.announce, body, new Set(state.speakers)),
    errand: (from, body) => doErrand(state, from, body),
    changed: () => changed(state),
    entered(peer) {
      state.guests.delete(peer);
      if (inner.peers().includes(peer)) connected(state, peer);
    },
  };
}

function transportOf(state: State): Transport {
  const { inner, names } = state;
  const { recycle: _, ...rest } = inner; // an answer may be that of others too
  return {
    ...rest,
    announce(topic, body, to) {
      const isToAll = state.speaks() && (!state.hasMembers() || topic === names.evidence);
      if (isToAll) return inner.announce(topic, body, to);
      const members = [...membersOf(state)].filter((peer) => to === undefined || to.has(peer));
      return inner.announce(topic, body, new Set(members));
    },
    onAnnounce(topic, handler) {
      if (topic === names.announce) state.onAnnouncement = handler;
      inner.onAnnounce(topic, (from, body) => heard(state, topic, handler, from, body));
    },
    request: (peer, protocol, body, signals) => request(state, peer, protocol, body, signals),
    onRequest: (protocol, handler) =>
      inner.onRequest(protocol, (from, body) => {
        if (state.open.includes(protocol)) return handler(from, body);
        if (!state.isInside(from) && !state.speaks())
          throw new HearsayError("ERR_UNREACHABLE", "its gateway speaks for it");
        if (!state.isInside(from)) state.speakers.add(from);
        return handler(from, body);
      }),
    peers: () => peers(state),
    prefixOf: (peer) => (state.guests.has(peer) && !state.speaks() ? peer : inner.prefixOf(peer)),
    onConnect: (handler) => void state.onConnect.push(handler),
    onDisconnect: (handler) => void state.onDisconnect.push(handler),
  };
}

const membersOf = ({ inner, isInside }: State): Set<PeerId> => new Set(inner.peers().filter(isInside));

/** Members, and who is outside: connected where this peer has the word, told of by the gateway where it has not. Sorted. */
function peers(state: State): readonly PeerId[] {
  const { inner, isInside, guests } = state;
  const all = inner.peers();
  if (state.peers !== undefined && all === state.peersOf) return state.peers;
  const members = all.filter(isInside);
  state.peersOf = all;
  state.peers = state.speaks() ? all : [...members, ...[...guests].filter((peer) => !isInside(peer))].sort();
  return state.peers;
}

function connected(state: State, peer: PeerId): void {
  state.peers = undefined;
  const isInside = state.isInside(peer);
  if (!isInside && !state.speaks()) return;
  if (!isInside) state.shown.add(peer);
  for (const greet of state.onConnect) greet(peer);
}

function changed(state: State): void {
  state.peers = undefined;
  if (!state.speaks()) {
    const gone = state.shown;
    state.shown = new Set();
    for (const peer of gone) for (const leave of state.onDisconnect) leave(peer);
    return;
  }
  for (const peer of state.inner.peers()) if (!state.isInside(peer) && !state.shown.has(peer)) connected(state, peer);
}

function heard(
  state: State,
  topic: string,
  handler: (from: PeerId, body: Uint8Array) => Verdict,
  from: PeerId,
  body: Uint8Array,
): Verdict {
  const isMember = state.isInside(from);
  if (!isMember && !state.speaks()) return { verdict: "ignore" };
  const verdict = handler(from, body);
  if (verdict.verdict !== "accept") return verdict;
  if (topic !== state.names.announce) return verdict; // evidence goes wherever gossip takes it
  if (!isMember) passOn(state, body);
  else welcome(state, from, body);
  return isMember ? { ...verdict, relay: false } : verdict; // all members hear each other
}

/** Members are told one by one: gossip passes nothing on that it has seen, and of an author less than members need. */
function passOn(state: State, body: Uint8Array): void {
  const { inner, names } = state;
  const news = encodeErrand({ peer: "", protocol: names.announce, body });
  for (const member of membersOf(state)) inner.request(member, names.errand, news).catch(() => {}); // a member that is not reached hears the next one
}

/** What the gateway passes on makes its author a guest. */
function welcome(state: State, from: PeerId, body: Uint8Array): void {
  const { author } = decodeAnnouncement(body);
  if (author === from || state.isInside(author) || from !== state.gateway()) return;
  if (!state.guests.has(author)) state.peers = undefined;
  state.guests.delete(author);
  state.guests.add(author);
  forgetOldest(state.guests, LIMITS.maxClusterGuests);
}

function request(
  state: State,
  peer: PeerId,
  protocol: string,
  body: Uint8Array,
  signals?: { signal?: AbortSignal },
): Promise<Uint8Array> {
  const { inner } = state;
  if (state.isInside(peer)) return inner.request(peer, protocol, body, signals);
  if (state.speaks()) return askOutside(state, peer, protocol, body, signals);
  const gateway = state.gateway();
  if (gateway === undefined || !state.passed.includes(protocol))
    return Promise.reject(
      new HearsayError("ERR_UNREACHABLE", `${peer} is outside, and no gateway asks it ${protocol}`),
    );
  return inner.request(gateway, state.names.errand, encodeErrand({ peer, protocol, body }), signals);
}

async function askOutside(
  { errands, speakers }: State,
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

async function doErrand(state: State, from: PeerId, bytes: Uint8Array): Promise<Reply> {
  const { peer, protocol, body } = decodeErrand(bytes);
  if (!state.isInside(from)) throw new HearsayError("ERR_NOT_FOUND", "this peer goes on errands for its cluster only");
  if (protocol === state.names.announce) {
    if (from === state.gateway() && state.onAnnouncement !== undefined)
      heard(state, protocol, state.onAnnouncement, from, body);
    return NOTHING;
  }
  if (state.isInside(peer) || !state.speaks() || !state.passed.includes(protocol))
    throw new HearsayError("ERR_NOT_FOUND", "this peer goes on no such errand");
  return askOutside(state, peer, protocol, body);
}

const NOTHING = new Uint8Array(0);
