/** What a metric is: one row of the table (table.ts), from which `/metrics` and the README come. */
import type { StatusReport } from "../api/api.ts";
import type { Company, Silence } from "../net/company.ts";
import type { Health } from "./health.ts";
import type { MachineFigures } from "./machine.ts";
import type { Tallies } from "./tallies.ts";

/** Everything that the metrics of one scrape are read from. */
export interface Readings {
  readonly status: StatusReport;
  readonly tallies: Tallies;
  readonly silence: Silence;
  readonly connections: ReturnType<Company["connections"]>;
  readonly machine: MachineFigures;
  readonly health: Health;
}

/** One value, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Named {
  /** Ends in _seconds or _bytes where it is a quantity of these, and in _total where it is a counter. */
  readonly name: string;
  /** One line: what it is. */
  readonly help: string;
  /** Of each label, what its values can be: a closed set, or words that say what bounds them. Never a peer id. */
  readonly labels?: Readonly<Record<string, readonly string[] | string>>;
}

/** A number that is read at each scrape; a counter never falls while the process runs. */
export interface ReadMetric extends Named {
  readonly kind: "gauge" | "counter";
  /** Undefined, or no samples, where there is nothing to tell. */
  read(readings: Readings): number | readonly Sample[] | undefined;
}

/** A distribution that grows with events. */
export interface ObservedMetric extends Named {
  readonly kind: "histogram";
  readonly buckets: readonly number[];
  readonly of: "training" | "staleness";
}

export type Metric = ReadMetric | ObservedMetric;

/** A sample for each value of one label, of those that there are. */
export function by(label: string, values: Readonly<Record<string, number | undefined>>): Sample[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ labels: { [label]: name }, value }],
  );
}
