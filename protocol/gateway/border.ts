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
  const state: State = {
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
  inner.onConnect((peer) => connected(state, peer));
  inner.onDisconnect((peer) => {
    state.listed = undefined;
    state.speakers.delete(peer);
    if (options.isInside(peer) || state.seen.delete(peer)) for (const leave of state.leavers) leave(peer);
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
      if (!state.hasMembers() && state.speaks()) return inner.announce(topic, body, to);
      if (topic === names.evidence && state.speaks()) return inner.announce(topic, body, to);
      const members = inside(state);
      return inner.announce(
        topic,
        body,
        to === undefined ? members : new Set([...members].filter((peer) => to.has(peer))),
      );
    },
    onAnnounce(topic, handler) {
      if (topic === names.announce) state.hear = handler;
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
    onConnect: (handler) => void state.greeters.push(handler),
    onDisconnect: (handler) => void state.leavers.push(handler),
  };
}

const inside = ({ inner, isInside }: State): Set<PeerId> => new Set(inner.peers().filter(isInside));

/** Members, and who is outside: connected where this peer has the word, told of by the gateway where it has not. Sorted. */
function peers(state: State): readonly PeerId[] {
  const { inner, isInside, guests } = state;
  const from = inner.peers();
  if (state.listed !== undefined && from === state.from) return state.listed;
  const members = from.filter(isInside);
  state.from = from;
  state.listed = state.speaks() ? from : [...members, ...[...guests].filter((peer) => !isInside(peer))].sort();
  return state.listed;
}

function connected(state: State, peer: PeerId): void {
  state.listed = undefined;
  const isInside = state.isInside(peer);
  if (!isInside && !state.speaks()) return;
  if (!isInside) state.seen.add(peer);
  for (const greet of state.greeters) greet(peer);
}

function changed(state: State): void {
  state.listed = undefined;
  if (!state.speaks()) {
    const gone = state.seen;
    state.seen = new Set();
    for (const peer of gone) for (const leave of state.leavers) leave(peer);
    return;
  }
  for (const peer of state.inner.peers()) if (!state.isInside(peer) && !state.seen.has(peer)) connected(state, peer);
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
  for (const member of inside(state)) inner.request(member, names.errand, news).catch(() => {}); // a member that is not reached hears the next one
}

/** What the gateway passes on makes its author a guest. */
function welcome(state: State, from: PeerId, body: Uint8Array): void {
  const { author } = decodeAnnouncement(body);
  if (author === from || state.isInside(author) || from !== state.gateway()) return;
  if (!state.guests.has(author)) state.listed = undefined;
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
    if (from === state.gateway() && state.hear !== undefined) heard(state, protocol, state.hear, from, body);
    return NOTHING;
  }
  if (state.isInside(peer) || !state.speaks() || !state.passed.includes(protocol))
    throw new HearsayError("ERR_NOT_FOUND", "this peer goes on no such errand");
  return askOutside(state, peer, protocol, body);
}

const NOTHING = new Uint8Array(0);
