/**
 * The places for pulls in progress: LIMITS.maxConcurrentPulls of them, shared so that authors which never answer cannot hold them.
 *
 *     failed lately      one of them at a time
 *     newcomers          all places, until one of them is silent; then one place. One more for each that delivers, one less for each that is refused
 *     slow               a pull that takes much longer than the mean gives its place up as soon as another waits, and goes on without one;
 *                        so many at once, then the one that has taken longest is given up
 *
 * While newcomers have less than all places they are distrusted: whoever is known is drawn before them.
 *
 * Keys cost nothing: without this, four that are new and silent every five seconds hold all places for ever. And a network in which all are new
 * to each other still starts with all places, since there everybody delivers.
 */
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { PeerContext } from "../context.ts";

export interface Places {
  hasFree(): boolean;
  /** Whether this author may have a place now; `hasFailed`: lately. */
  mayTake(author: PeerId, hasFailed: boolean): boolean;
  /** The signal ends the pull; its reason is a HearsayError. */
  take(author: PeerId, hasFailed: boolean): AbortSignal;
  /** A pull has ended. `silent`: without an answer, or too slow; `busy`: its author answers others. */
  end(author: PeerId, outcome: "delivered" | "silent" | "refused" | "busy"): void;
  /** Takes the place of the slowest pull that takes much longer than the mean, and says whose it was. */
  release(): PeerId | undefined;
  /** Newcomers whose pull takes much longer than the mean, and that are distrusted from now on: one that never answers would be waited for else. */
  lateNewcomers(): PeerId[];
  /** Whether newcomers failed more often than they delivered, lately. */
  distrustsNewcomers(): boolean;
  /**
   * These authors in the order in which they are drawn, those of one group alike: while newcomers are distrusted whoever is known comes first, and
   * newcomers of one address prefix count as one.
   */
  inTurns(authors: readonly PeerId[]): readonly (readonly PeerId[])[];
  /** Authors of all pulls in progress, with a place or without. */
  pulling(): PeerId[];
  /** Those that have a place. */
  placed(): PeerId[];
  /** Moving average of the duration of a pull, ms; 0 before the first. */
  meanMs(): number;
}

interface Pull {
  readonly startedMs: number;
  readonly isNewcomer: boolean;
  readonly hasFailed: boolean;
  readonly ending: AbortController;
  hasPlace: boolean;
}

/** A pull is slow that takes so many times the mean, and no less than this. */
const SLOW = 4;
const LEAST_SLOW_MS = 250;

/** @param bodyBytes of a model: how long a pull may take before there is a mean. */
export function createPlaces(
  { clock, standing, transport, signal }: Pick<PeerContext, "clock" | "standing" | "transport" | "signal">,
  bodyBytes: number,
): Places {
  const pulls = new Map<PeerId, Pull>();
  let newcomersPlaces: number = LIMITS.maxConcurrentPulls;
  let meanMs = 0;
  signal.addEventListener("abort", () => {
    for (const { ending } of pulls.values()) ending.abort(signal.reason);
  });

  const distrustsNewcomers = () => newcomersPlaces < LIMITS.maxConcurrentPulls;

  function counted(matches: (pull: Pull) => boolean): number {
    let count = 0;
    for (const pull of pulls.values()) if (matches(pull)) count++;
    return count;
  }

  /** A quarter of all the time that a pull has, while nothing is known. */
  function slowMs(): number {
    if (meanMs > 0) return Math.max(LEAST_SLOW_MS, SLOW * meanMs);
    return Math.max(LIMITS.requestTimeoutMs, (1000 * bodyBytes) / LIMITS.minBytesPerSecond) / SLOW;
  }

  const isSlow = ({ startedMs }: Pull) => clock.monotonicMs() - startedMs >= slowMs();

  /** Of the pulls that have a place or not, the one that began first, which is first in the map. */
  function oldest(hasPlace: boolean): [PeerId, Pull] | undefined {
    for (const one of pulls) if (one[1].hasPlace === hasPlace) return one;
    return undefined;
  }

  return {
    hasFree: () => counted(({ hasPlace }) => hasPlace) < LIMITS.maxConcurrentPulls,
    mayTake(author, hasFailed) {
      if (hasFailed && counted((pull) => pull.hasFailed) > 0) return false;
      return standing.isKnown(author) || counted((pull) => pull.isNewcomer && pull.hasPlace) < newcomersPlaces;
    },
    take(author, hasFailed) {
      const ending = new AbortController();
      const isNewcomer = !standing.isKnown(author);
      pulls.set(author, { startedMs: clock.monotonicMs(), isNewcomer, hasFailed, ending, hasPlace: true });
      return ending.signal;
    },
    end(author, outcome) {
      const pull = pulls.get(author);
      if (pull === undefined) return;
      pulls.delete(author);
      const tookMs = clock.monotonicMs() - pull.startedMs;
      if (outcome === "delivered") meanMs = meanMs === 0 ? tookMs : 0.8 * meanMs + 0.2 * tookMs;
      if (pull.isNewcomer) newcomersPlaces = placesAfter(newcomersPlaces, outcome);
    },
    release() {
      const [author, slow] = oldest(true) ?? [];
      if (slow === undefined || !isSlow(slow)) return undefined;
      const [, late] = oldest(false) ?? [];
      if (late !== undefined && counted(({ hasPlace }) => !hasPlace) >= LIMITS.maxSlowPulls)
        late.ending.abort(new HearsayError("ERR_TIMEOUT", "slower than the others, while others waited"));
      slow.hasPlace = false;
      return author;
    },
    lateNewcomers() {
      const slow = [...pulls].filter(([, pull]) => pull.isNewcomer && isSlow(pull));
      if (slow.length > 0) newcomersPlaces = 1;
      return slow.map(([author]) => author);
    },
    distrustsNewcomers,
    inTurns(authors) {
      if (!distrustsNewcomers()) return [authors];
      const { known = [], newcomers = [] } = Object.groupBy(authors, (author) =>
        standing.isKnown(author) ? "known" : "newcomers",
      );
      const ofPrefix = Map.groupBy(newcomers, transport.prefixOf);
      return [known, [...ofPrefix.values()].map(([first]) => first as PeerId)];
    },
    pulling: () => [...pulls.keys()],
    placed: () => [...pulls].filter(([, { hasPlace }]) => hasPlace).map(([author]) => author),
    meanMs: () => meanMs,
  };
}

/** What newcomers have after a pull of one of them. */
function placesAfter(places: number, outcome: Parameters<Places["end"]>[1]): number {
  if (outcome === "silent") return 1;
  const change = { delivered: 1, refused: -1, busy: 0 }[outcome];
  return Math.min(LIMITS.maxConcurrentPulls, Math.max(1, places + change));
}
