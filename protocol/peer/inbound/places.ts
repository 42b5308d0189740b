/**
 * The places for pulls in progress: LIMITS.maxConcurrentPulls of them, shared so that authors which never answer cannot hold them. A place is held as long as a pull
 * takes; a seat (committee.ts) as long as a cycle does. Who is drawn has a seat, and its model is pulled when there is a place.
 *
 *     failed lately      one of them at a time
 *     newcomers          all places, until one of them is silent; then one place. One more for each that delivers, one less for each that is refused
 *     slow               a pull that takes much longer than the mean gives its place up as soon as another waits, and goes on without one;
 *                        so many at once, then the one that has taken longest is given up. A cycle that begins meanwhile gives it no seat (inbound.ts)
 *
 * While newcomers have fewer than all places they are distrusted: known authors are drawn before them.
 *
 * Keys cost nothing: without this rule, four new and silent keys every five seconds hold all places for ever. A network in which all peers are new
 * to each other still starts with all places, because there every peer delivers.
 */
import { forgetOldest } from "../../base/bounded.ts";
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Standing } from "../memory/identities.ts";

/** Of a pull. `silent`: without an answer, or too slow; `busy`: its author answers others. */
export type PullOutcome = "delivered" | "silent" | "refused" | "busy";

export interface Places {
  hasFree(): boolean;
  /** Whether this author may have a place now; `hasFailed`: lately. */
  mayTake(author: PeerId, hasFailed: boolean): boolean;
  /** The signal ends the pull; its reason is a HearsayError. */
  take(author: PeerId, hasFailed: boolean): AbortSignal;
  /** A pull has ended; whether it had a place. */
  end(author: PeerId, outcome: PullOutcome): boolean;
  /** Whether `release` would take a place. */
  hasSlow(): boolean;
  /** Takes the place of the slowest pull that takes much longer than the mean, and says whose it was. */
  release(): PeerId | undefined;
  /**
   * Authors whose pull takes much longer than the mean: one that never answers would be waited for else. Where a newcomer is among them, newcomers are
   * distrusted from now on.
   */
  late(): PeerId[];
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
  /** The same of one author; undefined before the first, and of authors of long ago. */
  pullMs(author: PeerId): number | undefined;
  /** After how long a pull is slow, ms: by the pulls of this author, where there were some, else of all. */
  slowMs(author?: PeerId): number;
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

/** What places need of a peer. */
export interface PlacesComponents {
  readonly clock: Clock;
  readonly standing: Pick<Standing, "isKnown">;
  readonly transport: Pick<Transport, "prefixOf">;
  /** Ends all pulls. */
  readonly signal: AbortSignal;
}

/** @param bodyBytes of a model: how long a pull may take before there is a mean. */
export function createPlaces(components: PlacesComponents, bodyBytes: number): Places {
  return new PlacesOf(components, bodyBytes);
}

/** A class, since each peer of a simulation has one: its methods are shared. */
class PlacesOf implements Places {
  readonly #components: PlacesComponents;
  readonly #bodyBytes: number;
  /** In the order of their beginnings. */
  readonly #pulls = new Map<PeerId, Pull>();
  #newcomersPlaces: number = LIMITS.maxConcurrentPulls;
  #meanMs = 0;
  /** The same of each author, in the order in which they delivered for the first time. */
  readonly #means = new Map<PeerId, number>();

  constructor(components: PlacesComponents, bodyBytes: number) {
    this.#components = components;
    this.#bodyBytes = bodyBytes;
    const { signal } = components;
    signal.addEventListener("abort", () => {
      for (const { ending } of this.#pulls.values()) ending.abort(signal.reason);
    });
  }

  hasFree(): boolean {
    return this.#counted(({ hasPlace }) => hasPlace) < LIMITS.maxConcurrentPulls;
  }

  mayTake(author: PeerId, hasFailed: boolean): boolean {
    if (hasFailed && this.#counted((pull) => pull.hasFailed) > 0) return false;
    if (this.#components.standing.isKnown(author)) return true;
    return this.#counted((pull) => pull.isNewcomer && pull.hasPlace) < this.#newcomersPlaces;
  }

  take(author: PeerId, hasFailed: boolean): AbortSignal {
    const { clock, standing } = this.#components;
    const ending = new AbortController();
    const isNewcomer = !standing.isKnown(author);
    this.#pulls.set(author, { startedMs: clock.monotonicMs(), isNewcomer, hasFailed, ending, hasPlace: true });
    return ending.signal;
  }

  end(author: PeerId, outcome: PullOutcome): boolean {
    const pull = this.#pulls.get(author);
    if (pull === undefined) return false;
    this.#pulls.delete(author);
    if (outcome === "delivered") {
      const tookMs = this.#components.clock.monotonicMs() - pull.startedMs;
      this.#meanMs = averaged(this.#meanMs, tookMs);
      this.#means.set(author, averaged(this.#means.get(author) ?? 0, tookMs));
      forgetOldest(this.#means, LIMITS.maxIdentities.near);
    }
    if (pull.isNewcomer) this.#newcomersPlaces = placesAfter(this.#newcomersPlaces, outcome);
    return pull.hasPlace;
  }

  hasSlow(): boolean {
    return this.#slowest() !== undefined;
  }

  release(): PeerId | undefined {
    const [author, slow] = this.#slowest() ?? [];
    if (slow === undefined) return undefined;
    const [, late] = this.#oldest(false) ?? [];
    if (late !== undefined && this.#counted(({ hasPlace }) => !hasPlace) >= LIMITS.maxSlowPulls)
      late.ending.abort(new HearsayError("ERR_TIMEOUT", "slower than the others, while others waited"));
    slow.hasPlace = false;
    return author;
  }

  late(): PeerId[] {
    const slow = [...this.#pulls].filter(([, pull]) => this.#isSlow(pull));
    if (slow.some(([, { isNewcomer }]) => isNewcomer)) this.#newcomersPlaces = 1;
    return slow.map(([author]) => author);
  }

  distrustsNewcomers(): boolean {
    return this.#newcomersPlaces < LIMITS.maxConcurrentPulls;
  }

  inTurns(authors: readonly PeerId[]): readonly (readonly PeerId[])[] {
    const { standing, transport } = this.#components;
    if (!this.distrustsNewcomers()) return [authors];
    const { known = [], newcomers = [] } = Object.groupBy(authors, (author) =>
      standing.isKnown(author) ? "known" : "newcomers",
    );
    const ofPrefix = Map.groupBy(newcomers, transport.prefixOf);
    return [known, [...ofPrefix.values()].map(([first]) => first as PeerId)];
  }

  pulling(): PeerId[] {
    return [...this.#pulls.keys()];
  }

  placed(): PeerId[] {
    return [...this.#pulls].filter(([, { hasPlace }]) => hasPlace).map(([author]) => author);
  }

  meanMs(): number {
    return this.#meanMs;
  }

  pullMs(author: PeerId): number | undefined {
    return this.#means.get(author);
  }

  slowMs(author?: PeerId): number {
    const meanMs = (author === undefined ? undefined : this.pullMs(author)) ?? this.#meanMs;
    if (meanMs > 0) return Math.max(LEAST_SLOW_MS, SLOW * meanMs);
    const allMs = Math.max(LIMITS.requestTimeoutMs, (1000 * this.#bodyBytes) / LIMITS.minBytesPerSecond);
    return allMs / SLOW; // while nothing is known, a quarter of all the time that a pull has
  }

  #counted(matches: (pull: Pull) => boolean): number {
    let count = 0;
    for (const pull of this.#pulls.values()) if (matches(pull)) count++;
    return count;
  }

  #isSlow({ startedMs }: Pull): boolean {
    return this.#components.clock.monotonicMs() - startedMs >= this.slowMs();
  }

  /** Of the pulls that have a place or not, the one that began first, which is first in the map. */
  #oldest(hasPlace: boolean): [PeerId, Pull] | undefined {
    for (const one of this.#pulls) if (one[1].hasPlace === hasPlace) return one;
    return undefined;
  }

  /** Of the pulls that have a place, the one that began first, if it takes much longer than the mean. */
  #slowest(): [PeerId, Pull] | undefined {
    const first = this.#oldest(true);
    return first !== undefined && this.#isSlow(first[1]) ? first : undefined;
  }
}

function averaged(meanMs: number, tookMs: number): number {
  return meanMs === 0 ? tookMs : 0.8 * meanMs + 0.2 * tookMs;
}

/** What newcomers have after a pull of one of them. */
function placesAfter(places: number, outcome: PullOutcome): number {
  if (outcome === "silent") return 1;
  const change = { delivered: 1, refused: -1, busy: 0 }[outcome];
  return Math.min(LIMITS.maxConcurrentPulls, Math.max(1, places + change));
}
