/** What a benchmark is, and the figures that it hands back. The same names stand in the table and in the JSON. */

/** One line of figures. Units are part of the names; null: not measured, and a note says why. */
export type Row = Readonly<Record<string, string | number | null>>;

export interface Outcome {
  readonly rows: readonly Row[];
  /** Sentences: what was left out and why. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  /** One line over the table: what is measured, and against what. */
  readonly title: string;
  /**
   * Measures. Runs in a process of its own, so that no benchmark inherits the heap or the compiled code of another.
   * @param scratch an empty directory, which is removed afterwards.
   */
  run(scratch: string): Promise<Outcome>;
}

type Loader = () => Promise<{ readonly benchmark: Benchmark }>;

/** In the order in which they run. */
export const BENCHMARKS: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ["latency", () => import("./latency.ts")],
  ["wire", () => import("./wire.ts")],
  ["overhead", () => import("./overhead.ts")],
  ["day", () => import("./day.ts")],
  ["pull", () => import("./pull.ts")],
  ["event-loop", () => import("./event-loop.ts")],
  ["memory", () => import("./memory.ts")],
  ["training", () => import("./training.ts")],
  ["trainer", () => import("./trainer.ts")],
  ["private-step", () => import("./private-step.ts")],
  ["aggregation", () => import("./aggregation.ts")],
  ["tables", () => import("./tables.ts")],
  ["vertical", () => import("./vertical.ts")],
  ["install", () => import("./install.ts")],
]);
