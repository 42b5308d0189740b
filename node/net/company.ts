/**
 * The other peers of a task as their owner may want to see them: who is connected and how, who is known, and which of the known are silent.
 *
 * A known peer (protocol/peer/memory/identities.ts) is silent where this peer has heard no announcement of it for more own cycles than the task lets a
 * model be stale, and for at least a minute. Then no model of it takes part in merges any more. One that was banned, or has ended, is not missed.
 */
import type { Clock, PeerId, Transport } from "../../protocol/base/seams.ts";
import type { EvidenceKind } from "../../protocol/log/entry/evidence.ts";
import type { Refusal } from "../../protocol/peer/inbound/acquaintance.ts";
import type { Identities } from "../../protocol/peer/memory/identities.ts";
import type { Grade, IdentityRecord } from "../../protocol/peer/memory/record.ts";
import { kindOfConnection, type PlaceKind } from "./address-scope.ts";

/** One connection to a peer. */
export interface Route {
  readonly address: string;
  readonly isOutbound: boolean;
  readonly kind: PlaceKind;
}

/** What the owner or the peer itself made of another: named in the configuration, its model came, or neither yet. */
export type PeerStanding = "configured" | "known" | "newcomer" | "banned";

export interface Companion {
  readonly peer: PeerId;
  /** What its owner calls it; checked by nobody, so never shown without the id. */
  readonly name?: string;
  readonly standing: PeerStanding;
  /** What there is against it, where it is banned. */
  readonly proves?: EvidenceKind;
  /** Why it was refused at its last connection, where it was: it is of another task or another version. */
  readonly refused?: Refusal;
  /** Open connections; none where it is not here. */
  readonly routes: readonly Route[];
  /** Seconds since its last announcement; null where none has come since the start. */
  readonly heardSecondsAgo: number | null;
  /** Of its newest announcement: training steps; left out where none has come since the start. */
  readonly age?: number;
  /** Whether it is known and silent. */
  readonly isSilent: boolean;
  /** Pulls from it failed: before this own cycle nothing is pulled from it. */
  readonly waitsUntilCycle?: number;
}

/** A known peer that does not take part. */
export interface SilentPeer {
  readonly peer: PeerId;
  readonly name?: string;
  /** Since its last announcement, or since the start where none has come: then it was silent before, too. */
  readonly silentSeconds: number;
  readonly isSinceStart: boolean;
  /** Whether it is nevertheless connected. */
  readonly isHere: boolean;
}

export interface Silence {
  /** Peers that are known and not banned. */
  readonly known: number;
  /** How many of them are silent. */
  readonly silent: number;
  /** Of the silent, those that were heard last; at most MAX_NAMED. */
  readonly peers: readonly SilentPeer[];
  /** Of all, the longest; 0 where none is silent. */
  readonly longestSeconds: number;
}

export interface Company {
  /** Everybody who is connected, known or banned; those who are here first. At most MAX_LISTED. @param cycle own cycles so far. */
  peers(cycle: number): Companion[];
  /** @param cycle own cycles so far. */
  silence(cycle: number): Silence;
  /** How many connections there are of each kind and direction. */
  connections(): readonly { readonly kind: PlaceKind; readonly isOutbound: boolean }[];
}

export interface CompanyComponents {
  readonly identities: Identities;
  readonly transport: Pick<Transport, "connections">;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** What the owner of a peer calls it. */
  nameOf(peer: PeerId): string | undefined;
  /** Why a peer was refused at its last connection. */
  refusalOf(peer: PeerId): Refusal | undefined;
}

export interface CompanyOptions {
  /** Own cycles before this start. */
  readonly startCycle: number;
  /** Of the task: staleness.cutoff. */
  readonly silentCycles: number;
  /** Named by the owner. */
  readonly configured: readonly PeerId[];
}

/** Silence is no news before. */
export const SILENT_AFTER_MS = 60_000;
/** Silent peers that are named. */
export const MAX_NAMED = 16;
/** Peers in a list: a bound for an open network. */
export const MAX_LISTED = 512;
const GRADES: readonly Grade[] = ["known", "met", "stranger"];

interface State extends CompanyComponents, CompanyOptions {
  readonly startedMs: number;
}

export function createCompany(components: CompanyComponents, options: CompanyOptions): Company {
  const state: State = { ...components, ...options, startedMs: components.clock.monotonicMs() };
  return {
    peers: (cycle) => peersOf(state, cycle),
    silence: (cycle) => silenceOf(state, cycle),
    connections: () =>
      state.transport.connections().map((one) => ({ kind: kindOfConnection(one), isOutbound: one.isOutbound })),
  };
}

function peersOf(state: State, cycle: number): Companion[] {
  const { identities } = state;
  const routes = routesOf(state);
  const banned = GRADES.flatMap((grade) => [...identities.banned(grade)].map(({ peer }) => peer));
  const all = [...new Set([...[...routes.keys()].sort(), ...identities.known(), ...banned])];
  const listed = all
    .slice(0, MAX_LISTED)
    .map((peer) => companion(state, { peer, routes: routes.get(peer) ?? [], cycle }));
  return listed.sort((a, b) => rankOf(a) - rankOf(b) || (a.peer < b.peer ? -1 : 1));
}

function routesOf({ transport }: State): Map<PeerId, Route[]> {
  const routes = new Map<PeerId, Route[]>();
  for (const connection of transport.connections()) {
    const { peer, address, isOutbound } = connection;
    const before = routes.get(peer) ?? [];
    routes.set(peer, [...before, { address, isOutbound, kind: kindOfConnection(connection) }]);
  }
  return routes;
}

function companion(
  state: State,
  { peer, routes, cycle }: Pick<Companion, "peer" | "routes"> & { readonly cycle: number },
): Companion {
  const record = state.identities.get(peer);
  const heardMs = record?.slot?.announced.firstSeenMs;
  const standing = standingOf(state, peer, record);
  const isMissed = standing === "configured" || standing === "known";
  const waitsUntilCycle = record?.strikes?.untilCycle ?? 0;
  const name = state.nameOf(peer);
  const refused = state.refusalOf(peer);
  return {
    peer,
    standing,
    ...(refused && { refused }),
    ...(name !== undefined && { name }),
    ...(record?.evidence && { proves: record.evidence.kind }),
    routes,
    heardSecondsAgo: heardMs === undefined ? null : secondsSince(state, heardMs),
    ...(record?.slot && { age: record.slot.announced.age }),
    isSilent: isMissed && silentPeer(state, peer, cycle) !== undefined,
    ...(waitsUntilCycle > cycle && { waitsUntilCycle }),
  };
}

function standingOf({ configured, identities }: State, peer: PeerId, record: IdentityRecord | undefined): PeerStanding {
  if (record?.evidence !== undefined) return "banned";
  if (configured.includes(peer)) return "configured";
  return identities.isKnown(peer) ? "known" : "newcomer";
}

function rankOf({ routes, standing }: Companion): number {
  return (routes.length > 0 ? 0 : 2) + (standing === "banned" ? 4 : 0);
}

function silenceOf(state: State, cycle: number): Silence {
  const { identities, transport } = state;
  const here = new Set(transport.connections().map(({ peer }) => peer));
  const known = identities.known().filter((peer) => identities.get(peer)?.evidence === undefined);
  const silent = known.flatMap((peer) => silentPeer(state, peer, cycle) ?? []);
  silent.sort((a, b) => a.silentSeconds - b.silentSeconds || (a.peer < b.peer ? -1 : 1));
  return {
    known: known.length,
    silent: silent.length,
    peers: silent.slice(0, MAX_NAMED).map((one) => {
      const name = state.nameOf(one.peer);
      return { ...one, ...(name !== undefined && { name }), isHere: here.has(one.peer) };
    }),
    longestSeconds: silent.at(-1)?.silentSeconds ?? 0,
  };
}

/** Undefined for one that is heard. */
function silentPeer(state: State, peer: PeerId, cycle: number): Omit<SilentPeer, "isHere"> | undefined {
  const { clock, silentCycles, startCycle, startedMs } = state;
  const announced = state.identities.get(peer)?.slot?.announced;
  const { firstSeenMs, firstSeenCycle } = announced ?? { firstSeenMs: startedMs, firstSeenCycle: startCycle };
  if (clock.monotonicMs() - firstSeenMs < SILENT_AFTER_MS || cycle - firstSeenCycle <= silentCycles) return undefined;
  return { peer, silentSeconds: secondsSince(state, firstSeenMs), isSinceStart: announced === undefined };
}

function secondsSince({ clock }: State, ms: number): number {
  return Math.max(0, Math.round((clock.monotonicMs() - ms) / 1000));
}
