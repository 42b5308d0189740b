/**
 * Do others know more of this peer's log than its store does? Then a backup was restored, a directory copied, or a disk has lost entries; a peer
 * that goes on with the log as it is puts a second entry in a place that has one, a fork that convicts its own key. A new generation of the log is
 * always safe, and costs one of the few that others accept in a day. So a peer that starts on an old log appends and announces nothing before
 * it has settled which of the two it does:
 *
 *     a neighbour tells an entry that the store has not       new generation, whoever tells it: this peer's own key has signed it
 *     the store was moved (a copy, a restored backup)         new generation, at once
 *     it is where it was left                                 the same log, when three known peers know nothing newer, or all of them that are
 *                                                             connected, and one of them knows the last publications in the store; new
 *                                                             generation, when for a while nobody but strangers answers, or none who knows them
 *     nobody can tell                                         the same log, when all known peers know nothing newer and one knows the newest
 *                                                             entry; else new generation
 *
 * A neighbour tells with its answer to a greeting the newest announcement of the asker that it knows. An answer of a stranger, or one that names
 * no announcement, settles nothing. A peer that meets no other peer waits, and trains on without a log: what nobody sees needs no entry. What a neighbour tells later
 * is heeded before the next cycle.
 *
 * An entry that the store has not, and that was signed since this peer started, was written by another process with its key: a second copy runs (`twinSeenMs`).
 *
 * What this cannot see: a machine that was set back as a whole, among neighbours that know it as it was then and have been cut off since; and two copies that run at the same time,
 * each beside neighbours of its own. The second is a fork by its owner.
 */
import { equalBytes, toHex } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Log } from "../../log/stored/chain.ts";
import type { Announcement } from "../../wire/announcement.ts";
import type { LogPosition } from "../../wire/messages.ts";
import { isNewer } from "../inbound/announcement-order.ts";
import type { Standing } from "../memory/identities.ts";
import type { Reports } from "../reports.ts";

/** `waiting`: nothing may be appended or announced yet. `same log`, `new log`: the log goes on, or a new generation of it has just begun. */
export type Settlement = "waiting" | "same log" | "new log";

export interface Past {
  /** A greeting was answered; `yours` is the newest announcement of this peer that the answerer knows, `heard` a later place of which it knows without a signature. */
  told(from: PeerId, yours: Uint8Array | undefined, heard?: LogPosition): void;
  /** Before appends. In the first seconds of a start it waits for answers; later it says at once what holds. */
  settle(): Promise<Settlement>;
  /** When the work of another process with this peer's key was last seen, by this peer's clock; undefined where it never was. */
  twinSeenMs(): number | undefined;
}

/** Known peers whose word is enough. */
const ENOUGH = 3;
/** No answer for so long: all have answered that will. */
const QUIET_MS = 1000;
const LOOK_EVERY_MS = 250;
/** Own announcements told that are looked at in one cycle. */
const MAX_TOLD = 64;
/** Entries from the end of a log among which its last `publish` stands. */
const NEAR_END = 64;
/** Clocks of two machines of one owner may differ by so much: a statement that is dated later says that this peer's own clock is wrong. */
const CLOCKS_DIFFER_MS = 600_000;

interface State {
  /** Where the log has no past, or it is known how to go on. */
  settled: boolean;
  /** Announcements of this peer that were told and not looked at yet, by entry. */
  readonly told: Map<string, Announcement>;
  /** Peers that have heard of a place that the log has not, without a signature: no reason to begin anew, but none of them confirms the log. */
  readonly unsure: Set<PeerId>;
  /** Peers that answered, and the newest place that each told; undefined where it told none, or is unsure. */
  readonly answers: Map<PeerId, LogPosition | undefined>;
  firstAnswerMs: number;
  lastAnswerMs: number;
  /** Sequence numbers of the newest publication in the store, and of the one before it; -1 where there is none. */
  newestSeq: number;
  beforeSeq: number;
  wake: () => void;
}

export interface PastComponents {
  readonly log: Log;
  readonly clock: Clock;
  readonly transport: Pick<Transport, "peers">;
  readonly identities: Pick<Standing, "known">;
  readonly reports: Pick<Reports, "tell">;
}

export interface PastOptions {
  /** Whether others could know of the log. */
  readonly hasPast: boolean;
  /** See `StorePlace.moved`. */
  readonly moved: boolean | undefined;
  readonly signal: AbortSignal;
  /** See own-announcement.ts. */
  own(sealed: Uint8Array): Announcement | undefined;
  readonly begin: (told: Announcement | undefined, isTwin: boolean) => Promise<void>;
}

export function createPast(components: PastComponents, options: PastOptions): Past {
  const { log, clock, identities, reports } = components;
  const { hasPast, signal, own, begin } = options;
  const known = new Set(identities.known());
  const isSinceStart = createSinceStart(clock);
  const untilMs = clock.monotonicMs() + LIMITS.headQueryMs;
  let twinMs: number | undefined;
  const state: State = {
    settled: !hasPast,
    told: new Map(),
    unsure: new Set(),
    answers: new Map(),
    firstAnswerMs: Number.POSITIVE_INFINITY,
    lastAnswerMs: 0,
    newestSeq: -1,
    beforeSeq: -1,
    wake: () => {},
  };
  let isFirst = true;

  /** An entry that a neighbour told and the store has not; else what holds by the answers so far. */
  async function look(): Promise<Announcement | Settlement> {
    const unknown = await unknownOf(log, state);
    return unknown ?? (state.settled ? "same log" : verdict(components, options.moved, state, known));
  }

  async function beginAnew(told: Announcement | undefined): Promise<void> {
    const isTwin = told !== undefined && isSinceStart(told.tsMs);
    if (isTwin) twinMs = clock.now();
    await begin(told, isTwin);
  }

  return {
    told(from, yours, heard) {
      const announcement = yours && own(yours);
      if (announcement && state.told.size < MAX_TOLD) state.told.set(toHex(announcement.entry), announcement);
      const newest = heard && (announcement === undefined || isNewer(heard, announcement)) ? heard : announcement;
      const isUnsure = newest !== undefined && goesBeyond(log, newest);
      if (isUnsure) state.unsure.add(from);
      state.answers.set(from, isUnsure ? undefined : newest);
      state.lastAnswerMs = clock.monotonicMs();
      state.firstAnswerMs = Math.min(state.firstAnswerMs, state.lastAnswerMs);
      state.wake();
    },
    async settle() {
      if (!state.settled && isFirst) [state.beforeSeq = -1, state.newestSeq = -1] = await lastPublished(log);
      let found = await look();
      while (found === "waiting" && isFirst && clock.monotonicMs() < untilMs && !signal.aborted) {
        await nextLook(clock, signal, state);
        found = await look();
      }
      if (found === "waiting" && isFirst) reports.tell({ kind: "waiting" });
      isFirst = false;
      if (found === "waiting") return found;
      if (found !== "same log") await beginAnew(found === "new log" ? undefined : found);
      state.settled = true;
      return found === "same log" ? found : "new log";
    },
    twinSeenMs: () => twinMs,
  };
}

/**
 * Whether a time, in whole minutes, is after the minute in which this was called. A clock that was set meanwhile counts as it is now, and as it was:
 * a machine that starts in 1970 has not met its twin when it is told what it wrote before.
 */
function createSinceStart(clock: Clock): (tsMs: number) => boolean {
  const [startMs, monotonicMs] = [clock.now(), clock.monotonicMs()];
  return (tsMs) => {
    const nowMs = clock.now();
    const startByNowMs = nowMs - (clock.monotonicMs() - monotonicMs);
    return tsMs > Math.max(startMs, startByNowMs) && tsMs <= nowMs + CLOCKS_DIFFER_MS;
  };
}

/** Resolves at the next answer, or a little later. */
function nextLook(clock: Clock, signal: AbortSignal, state: State): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      state.wake = () => {};
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(LOOK_EVERY_MS, done);
    state.wake = done;
    signal.addEventListener("abort", done, { once: true });
  });
}

/** What the answers so far say, where none of them told of an entry that the store has not. */
function verdict(
  components: PastComponents,
  moved: boolean | undefined,
  state: State,
  known: ReadonlySet<PeerId>,
): Settlement {
  if (moved === true) return "new log";
  if (state.answers.size === 0) return "waiting";
  const sinceFirstMs = components.clock.monotonicMs() - state.firstAnswerMs;
  if (moved === undefined) {
    if (isConfirmedByAll(components.log, state, known)) return "same log";
    return sinceFirstMs < LIMITS.headQueryMs ? "waiting" : "new log";
  }
  if (isConfirmedByEnough(components, state, known)) return "same log";
  return sinceFirstMs < LIMITS.strangersOnlyMs ? "waiting" : "new log";
}

/** Nobody can tell whether the store was moved: all known peers have answered, and one of them knows the newest publication. */
function isConfirmedByAll(log: Log, state: State, known: ReadonlySet<PeerId>): boolean {
  const isSure = (peer: PeerId) => state.answers.has(peer) && !state.unsure.has(peer);
  return [...known].every(isSure) && knows(log, toldBy(known, state), state.newestSeq);
}

/**
 * The store is where it was left: a known peer knows the last publication but one, and enough have answered: three known peers, or all that are
 * connected, or all that do so in time. The last publication may not have been told when the peer ended. Whoever knows less has forgotten something, or was away:
 * its word says nothing of what came later.
 */
function isConfirmedByEnough(
  { clock, log, transport }: PastComponents,
  state: State,
  known: ReadonlySet<PeerId>,
): boolean {
  const told = toldBy(known, state);
  if (!knows(log, told, state.beforeSeq)) return false;
  const nowMs = clock.monotonicMs();
  const isQuiet = nowMs - state.lastAnswerMs >= QUIET_MS;
  const allHere = transport.peers().every((peer) => !known.has(peer) || state.answers.has(peer));
  return told.length >= ENOUGH || (isQuiet && allHere) || nowMs - state.firstAnswerMs >= LIMITS.headQueryMs;
}

/** The newest places of this peer's log of which known peers told. */
function toldBy(known: ReadonlySet<PeerId>, { answers }: State): LogPosition[] {
  return [...answers].flatMap(([peer, newest]) => (known.has(peer) && newest ? [newest] : []));
}

/** Whether one of the places is that of this sequence number in the log of now, or a later one. */
function knows({ generation }: Log, told: readonly LogPosition[], seq: number): boolean {
  return told.some((place) => place.generation === generation && place.seq >= seq);
}

/** The newest of the announcements told that is of an entry which the log has not; all of them are looked at then. */
async function unknownOf(log: Log, { told }: State): Promise<Announcement | undefined> {
  let newest: Announcement | undefined;
  const announcements = [...told.values()];
  told.clear();
  for (const announcement of announcements) {
    if (newest !== undefined && !isNewer(announcement, newest)) continue;
    if (!(await has(log, announcement))) newest = announcement;
  }
  return newest;
}

/** Whether a place is none of the store's log. */
function goesBeyond(log: Log, { generation, seq }: LogPosition): boolean {
  return generation > log.generation || (generation === log.generation && seq >= log.head().size);
}

/** Whether the store's log has the announced entry, or went on without it already. */
async function has(log: Log, { generation, seq, entry }: Announcement): Promise<boolean> {
  if (generation !== log.generation) return generation < log.generation;
  if (seq >= log.head().size) return false;
  for await (const { id } of log.entries(seq)) return equalBytes(id, entry);
  return false;
}

/** Sequence numbers of the last two publications, ascending. */
async function lastPublished(log: Log): Promise<number[]> {
  const published: number[] = [-1, -1];
  for await (const { type, seq } of log.entries(Math.max(0, log.head().size - NEAR_END)))
    if (type === "publish") published.push(seq);
  return published.slice(-2);
}
