/**
 * The members of a cluster among themselves: every few seconds each sends its beacon to all others that it is connected to, and gets theirs. From what it has
 * heard of late each works out who is the gateway (election.ts). A member that falls silent, or whose connection closes, is no longer a member, so another takes over.
 */
import { forgetOldest } from "../base/bounded.ts";
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Clock, Crypto, Identity, PeerId, Transport } from "../base/seams.ts";
import { peerIdFromPublicKey, publicKeyFromPeerId } from "../wire/identity.ts";
import { type Beacon, type LinkGrade, NONE, openBeacon, type SignedBeacon, sealBeacon, signBeacon } from "./beacon.ts";
import { isOfThatTime } from "./certificate.ts";
import { elect, uptimeBucket } from "./election.ts";

/** From beacon to beacon of a member; and so long after its last one a member counts as gone: two may get lost, and another takes over within 15 s. */
export const BEAT_MS = 4_000;
export const SILENT_MS = 13_000;

/** A member looks so often who is the gateway. */
const LOOK_MS = 1_000;

/** Whether a peer would speak for others: its setting `gateway`. */
export type GatewayWish = "never" | "auto" | "prefer";

const WISHES: readonly GatewayWish[] = ["never", "auto", "prefer"];

export interface ClusterComponents {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  /** The network as it is, members and others. */
  readonly transport: Pick<Transport, "peers" | "request" | "onConnect" | "onDisconnect">;
}

export interface ClusterOptions {
  readonly task: Uint8Array;
  /** Name of the protocol of beacons. */
  readonly protocol: string;
  readonly wish: GatewayWish;
  readonly signal: AbortSignal;
  /** How good the own line to the outside is now. */
  link(): LinkGrade;
  /** Members that are never elected here. */
  readonly liars: ReadonlySet<PeerId>;
  /** Whether a peer is in the cluster. */
  isInside(peer: PeerId): boolean;
  /** Hears that another one is the gateway, or that members came or went. */
  changed(): void;
  /** Hears that a member has published. */
  news(): void;
}

/** For people and dashboards. */
export interface ClusterStatus {
  /** Undefined where it is not settled. */
  readonly gateway: PeerId | undefined;
  /** Since when, as this peer sees it, ms of the wall clock. */
  readonly sinceMs: number;
  /** Members that are heard, this peer among them. */
  readonly members: number;
  /** Those of them that are others, sorted. */
  readonly others: readonly PeerId[];
  /** Those of the others that this peer does not elect, since their releases lied, or were not shown. */
  readonly unelected: readonly Unelected[];
}

export interface Unelected {
  readonly peer: PeerId;
  /** Until when, ms of the wall clock; null: for good, a lie is proved. */
  readonly untilMs: number | null;
}

export interface Cluster {
  status(): ClusterStatus;
  /** Who speaks for the cluster, perhaps this peer; undefined where it is not settled, or nobody does. */
  gateway(): PeerId | undefined;
  /** Whether this peer has the word outside: it is the gateway, or has no cluster around it. */
  speaks(): boolean;
  /** Whether members are around that have been heard of. */
  hasMembers(): boolean;
  /** The own newest publication, told with the next beacons, which go out at once. */
  published(model: Uint8Array, age: number): void;
  /** The newest word of each member that names this peer as its gateway, and a model. @param tsMs of the release that they are for. */
  words(tsMs: number): readonly SignedBeacon[];
  /** The same of this peer itself. */
  ownWord(): SignedBeacon;
  /** Members that name another gateway than this peer does, sorted: they may know something of this one. */
  doubters(): readonly PeerId[];
  /** This one released what its members did not give, or does not show what it released: for so long it is not elected here. @param ms Infinity: until this is started again. */
  distrust(gateway: PeerId, ms: number): void;
  /** Answers beacons with the own one. @throws HearsayError where it is none. */
  handle(from: PeerId, sealed: Uint8Array): Uint8Array;
  start(): void;
}

/** The newest beacon of a member, and when it came. */
interface Heard {
  readonly atMs: number;
  readonly beacon: SignedBeacon;
}

interface State extends ClusterComponents, ClusterOptions {
  readonly heard: Map<PeerId, Heard>;
  /** Members that are not elected, and until when. */
  readonly distrusted: Map<PeerId, number>;
  readonly startedMs: number;
  own: Pick<Beacon, "model" | "age">;
  gateway: PeerId | undefined;
  /** Since when, by the wall clock. */
  sinceMs: number;
  atS: number;
}

export function createCluster(components: ClusterComponents, options: ClusterOptions): Cluster {
  const { clock, identity } = components;
  const state: State = {
    ...components,
    ...options,
    heard: new Map(),
    distrusted: new Map(),
    startedMs: clock.monotonicMs(),
    own: { model: NONE, age: 0 },
    gateway: undefined,
    sinceMs: clock.now(),
    atS: 0,
  };
  const self = identity.peerId;
  return {
    status: () => {
      const { gateway, sinceMs, heard } = state;
      const others = [...heard.keys()].sort();
      const unelected = others.flatMap((peer) => unelectedOf(state, peer) ?? []);
      return { gateway, sinceMs, members: 1 + heard.size, others, unelected };
    },
    gateway: () => state.gateway,
    speaks: () => state.gateway === self || isAlone(state),
    hasMembers: () => state.heard.size > 0,
    published(model, age) {
      state.own = { model, age };
      tell(state);
      state.news();
    },
    words: (tsMs) =>
      [...state.heard.values()].flatMap(({ beacon }) => {
        const { gateway, model } = beacon.says;
        const isForUs = equalBytes(gateway, identity.publicKey) && !equalBytes(model, NONE);
        return isForUs && isOfThatTime(beacon.says, tsMs) ? [beacon] : [];
      }),
    doubters: () => doubters(state),
    ownWord: () => signBeacon(state.task, ownSays(state), identity),
    distrust(gateway, ms) {
      state.distrusted.set(gateway, clock.monotonicMs() + ms);
      forgetOldest(state.distrusted, LIMITS.maxClusterMembers);
      look(state);
    },
    handle(from, sealed) {
      if (!state.isInside(from)) throw new HearsayError("ERR_NOT_FOUND", "this peer is in no cluster with you");
      hear(state, from, sealed);
      return ownBeacon(state);
    },
    start: () => start(state),
  };
}

function unelectedOf({ clock, distrusted, liars }: State, peer: PeerId): Unelected | undefined {
  const leftMs = (distrusted.get(peer) ?? 0) - clock.monotonicMs();
  if (liars.has(peer) || leftMs === Number.POSITIVE_INFINITY) return { peer, untilMs: null };
  return leftMs > 0 ? { peer, untilMs: clock.now() + leftMs } : undefined;
}

function doubters({ heard, gateway }: State): readonly PeerId[] {
  const named = gateway === undefined ? undefined : publicKeyFromPeerId(gateway);
  if (named === undefined) return [];
  const isOther = ({ says }: SignedBeacon) => !equalBytes(says.gateway, NONE) && !equalBytes(says.gateway, named);
  return [...heard].flatMap(([peer, { beacon }]) => (isOther(beacon) ? [peer] : [])).sort();
}

function start(state: State): void {
  const { clock, transport, signal, heard } = state;
  transport.onConnect((peer) => state.isInside(peer) && ask(state, peer));
  transport.onDisconnect((peer) => {
    if (heard.delete(peer)) look(state);
  });
  const again = (everyMs: number, act: () => void): void => {
    if (signal.aborted) return;
    act();
    clock.after(everyMs, () => again(everyMs, act));
  };
  again(BEAT_MS, () => tell(state));
  again(LOOK_MS, () => look(state));
}

/** No member is connected: there is nobody to speak for, and nobody who would. */
function isAlone({ transport, isInside }: State): boolean {
  return !transport.peers().some(isInside);
}

function tell(state: State): void {
  for (const peer of state.transport.peers()) if (state.isInside(peer)) ask(state, peer);
}

/** Sends the own beacon to a member, and takes the member's. A member that does not answer is asked again soon. */
function ask(state: State, peer: PeerId): void {
  const { transport, protocol, signal } = state;
  const answer = transport.request(peer, protocol, ownBeacon(state), { signal });
  answer.then((sealed) => hear(state, peer, sealed)).catch(() => {});
}

function ownBeacon(state: State): Uint8Array {
  return sealBeacon(state.task, ownSays(state), state.identity);
}

function ownSays(state: State): Beacon {
  const { clock, own, wish, gateway, startedMs } = state;
  state.atS = Math.max(state.atS, Math.floor(clock.now() / 1000)); // a clock that is set back must not make newer words older
  const named = gateway === undefined ? undefined : publicKeyFromPeerId(gateway);
  const uptime = uptimeBucket(clock.monotonicMs() - startedMs);
  return { gateway: named ?? NONE, ...own, atS: state.atS, link: state.link(), uptime, wish: WISHES.indexOf(wish) };
}

/** @throws HearsayError as `openBeacon`. */
function hear(state: State, from: PeerId, sealed: Uint8Array): void {
  const { heard, clock, task, crypto } = state;
  const publicKey = publicKeyFromPeerId(from);
  if (publicKey === undefined) throw new HearsayError("ERR_SIGNATURE", "a beacon of a peer without a key");
  const beacon = openBeacon(task, publicKey, sealed, crypto);
  const newest = heard.get(from)?.beacon;
  if (newest !== undefined && beacon.says.atS < newest.says.atS) return; // an old one, brought again, is no sign of life
  if (newest === undefined && heard.size >= LIMITS.maxClusterMembers - 1) return;
  heard.set(from, { atMs: clock.monotonicMs(), beacon });
  if (newest === undefined) look(state);
  if (newest === undefined || !equalBytes(newest.says.model, beacon.says.model)) state.news();
}

function look(state: State): void {
  const { clock, heard, identity, crypto, task, startedMs } = state;
  const nowMs = clock.monotonicMs();
  let isOther = false;
  for (const [peer, { atMs }] of heard)
    if (nowMs - atMs > SILENT_MS) {
      heard.delete(peer);
      isOther = true;
    }
  const runners = [...heard]
    .filter(([peer]) => unelectedOf(state, peer) === undefined)
    .map(([, { beacon }]) => ({ publicKey: beacon.publicKey, says: beacon.says }));
  const uptime = uptimeBucket(nowMs - startedMs);
  const self = {
    publicKey: identity.publicKey,
    says: { wish: WISHES.indexOf(state.wish), link: state.link(), uptime },
  };
  if (nowMs - startedMs >= SILENT_MS) runners.push(self as (typeof runners)[number]); // it has not heard all of them before
  const best = elect(runners, task, crypto);
  const gateway = best && peerIdFromPublicKey(best.publicKey);
  if (gateway !== state.gateway) {
    isOther = true;
    state.sinceMs = clock.now();
  }
  state.gateway = gateway;
  if (isOther) state.changed();
}
