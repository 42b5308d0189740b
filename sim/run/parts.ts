/**
 * One run in several threads: conservative parallel simulation, with the least latency as look-ahead (Chandy and Misra 1979; windows as in Lubachevsky 1989).
 *
 * Each thread builds the whole scenario from its seed, and runs the peers of its part: peer i is in part i mod n. Churn and partitions come from
 * the seed too, so every thread sees the same links. A letter that is sent at time t arrives at t + latency at the earliest. So all threads can run
 * the window [m, m + least latency) without hearing of each other, where m is the time of the earliest event of all. Between windows they swap letters.
 *
 * The order of events of one time depends on the nodes alone (seams/agenda.ts), so the report has the same bytes for every number of threads.
 */
import { leastLatencyMs } from "../network/latency.ts";
import type { Parcel } from "../network/letters.ts";
import type { Elsewhere, Network } from "../network/network.ts";
import { type Packed, packed, unpacked } from "../network/packing.ts";
import type { VirtualClock } from "../seams/clock.ts";
import { isExplained, type Scenario } from "../seams/scenario-type.ts";

/** The thread that a part runs in, and the way to the others. */
export interface RunParts {
  /** From 0. */
  readonly part: number;
  readonly parts: number;
  /**
   * Sends values[i] to part i, and resolves to what each sent here; in place of its own is what it gave. Every part has to call it as often as the others.
   * @param given what of a value's memory this part needs no more, and need not be copied.
   */
  swap<T>(values: readonly T[], given?: (value: T) => readonly ArrayBuffer[]): Promise<readonly T[]>;
}

/** What this thread runs of an experiment. */
export interface Part {
  isHere(node: number): boolean;
  /** For `createNetwork`; undefined where all nodes are here. */
  readonly elsewhere: Elsewhere | undefined;
  /** As `VirtualClock.run`. @throws LinkCut */
  passTime(network: Network, untilMs: number): Promise<void>;
  /** All parts' values at part 0, in the order of the parts; undefined at the others. */
  gather<T>(value: T): Promise<readonly T[] | undefined>;
}

/** A peer has closed a connection by itself: the other end, in another thread, could hear of it too late. The run has to be made by one thread. */
export class LinkCut extends Error {}

/** Why a scenario runs in one thread only; undefined where several can share it. */
export function oneThreadReason(scenario: Scenario): string | undefined {
  const { algorithm, attack, network, stream } = scenario;
  if (algorithm.kind !== "hearsay") return `the algorithm ${algorithm.kind} has no network of its own for each peer`;
  if (stream !== undefined) return "rows test the models of all peers as they come";
  if (attack !== undefined) return "liars of one attack know at once what the others know";
  if (network.topology.kind === "membership") return "peers open and close connections by themselves";
  if (network.bandwidth !== undefined) return "a line is booked by all who send over it";
  if (isExplained(scenario)) return "shares of the influence are added in the order of the merges";
  if (leastLatencyMs(network.latency) <= 0) return "messages without latency leave no time to run ahead";
  return undefined;
}

/** @param parts left out: all of it. */
export function createPart(scenario: Scenario, clock: VirtualClock, parts: RunParts | undefined): Part {
  if (parts === undefined || parts.parts === 1)
    return {
      isHere: () => true,
      elsewhere: undefined,
      passTime: (_, untilMs) => clock.run(untilMs),
      gather: async (value) => [value],
    };
  const together: Together = {
    ...parts,
    clock,
    lookAheadMs: leastLatencyMs(scenario.network.latency),
    leaving: Array.from({ length: parts.parts }, () => []),
    isCut: false,
  };
  const isHere = (node: number) => node % parts.parts === parts.part;
  return {
    isHere,
    elsewhere: {
      isHere,
      send: (parcel) => void together.leaving[parcel.to % parts.parts]?.push(parcel),
      cut() {
        together.isCut = true;
      },
    },
    passTime: (network, untilMs) => passTogether(together, network, untilMs),
    async gather(value) {
      const values = await parts.swap(new Array(parts.parts).fill(parts.part === 0 ? undefined : value));
      return parts.part === 0 ? [value, ...values.slice(1)] : undefined;
    },
  };
}

/** What the functions of this file share. */
interface Together extends RunParts {
  readonly clock: VirtualClock;
  readonly lookAheadMs: number;
  /** Letters to each part since the last swap. */
  leaving: Parcel[][];
  isCut: boolean;
}

/** What the parts tell each other between two windows. */
interface News {
  readonly parcels: Packed;
  /** Of the events to come, those of these and other letters too. */
  readonly earliestMs: number;
  readonly isCut: boolean;
}

async function passTogether(together: Together, network: Network, untilMs: number): Promise<void> {
  const { clock, lookAheadMs } = together;
  for (;;) {
    const startMs = await swapLetters(together, network);
    if (startMs > untilMs) return clock.run(untilMs);
    const endMs = startMs + lookAheadMs;
    await (endMs > untilMs ? clock.run(untilMs) : clock.runBefore(endMs));
  }
}

/** Resolves to the time of the earliest event of all parts. */
async function swapLetters(together: Together, network: Network): Promise<number> {
  const { clock, part, leaving, isCut } = together;
  let earliestMs = clock.nextMs();
  for (const parcels of leaving) for (const { atMs } of parcels) earliestMs = Math.min(earliestMs, atMs);
  const told = leaving.map((parcels): News => ({ parcels: packed(parcels), earliestMs, isCut }));
  const news = await together.swap(told, ({ parcels: { bytes } }) => [bytes.buffer]);
  together.leaving = leaving.map(() => []);
  for (const [from, { parcels }] of news.entries()) if (from !== part) unpacked(parcels).forEach(network.bring);
  if (news.some((one) => one.isCut)) throw new LinkCut();
  return Math.min(...news.map((one) => one.earliestMs));
}
