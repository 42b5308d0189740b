/** The text of `/metrics`: the table (table.ts) through prom-client, and behind it the metrics of libp2p. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metric, ObservedMetric, Readings, ReadMetric, Sample } from "./metric.ts";
import { METRIC_ROWS } from "./table.ts";
import type { Observed } from "./tallies.ts";

export interface Exposition {
  readonly contentType: string;
  /** What the metrics are now, in the text format of Prometheus. */
  text(readings: Readings): Promise<string>;
  /** Takes what distributions are made of. */
  readonly observed: Observed;
}

/** @param network metrics of others that are told behind ours, those of libp2p (libp2p-metrics.ts). */
export function createExposition(network?: Registry): Exposition {
  const registry = new Registry();
  const read = METRIC_ROWS.filter((row) => row.kind !== "histogram").map((row) => shownIn(registry, row));
  const histograms = METRIC_ROWS.filter((row) => row.kind === "histogram").map((row) => histogramIn(registry, row));
  const observe = (of: ObservedMetric["of"], value: number) => {
    for (const one of histograms) if (one.of === of) one.histogram.observe(value);
  };
  return {
    contentType: registry.contentType,
    async text(readings) {
      for (const show of read) show(readings);
      const texts = [await registry.metrics(), ...(network === undefined ? [] : [await network.metrics()])];
      return texts.join("\n");
    },
    observed: {
      training: (seconds) => observe("training", seconds),
      staleness: (cycles) => observe("staleness", cycles),
    },
  };
}

/** Shows the values of a row anew: one that is no longer there is not shown any more. */
function shownIn(registry: Registry, row: ReadMetric): (readings: Readings) => void {
  const options = { ...common(row), registers: [registry] };
  const metric = row.kind === "counter" ? new Counter(options) : new Gauge(options);
  return (readings) => {
    metric.reset();
    if (row.labels === undefined) metric.remove(); // reset() gives one without labels the value 0
    for (const { labels, value } of samplesOf(row, readings)) if (Number.isFinite(value)) metric.inc(labels, value);
  };
}

function samplesOf(row: ReadMetric, readings: Readings): readonly Sample[] {
  const found = row.read(readings);
  if (found === undefined) return [];
  return typeof found === "number" ? [{ labels: {}, value: found }] : found;
}

function histogramIn(registry: Registry, row: ObservedMetric) {
  const histogram = new Histogram({ ...common(row), buckets: [...row.buckets], registers: [registry] });
  return { of: row.of, histogram };
}

function common({ name, help, labels = {} }: Metric) {
  return { name, help, labelNames: Object.keys(labels) };
}
