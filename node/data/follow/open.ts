/** A stream of rows as the settings describe it: opened, checked, and with what it kept of a former life of the process. */

import { join } from "node:path";
import { durationMs } from "../../../protocol/base/duration.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { Clock, Store } from "../../../protocol/base/seams.ts";
import { inputSize, type Task, targetSize } from "../../../protocol/base/task.ts";
import type { FollowingOptions, FollowingParts } from "../../../protocol/learn/stream/following.ts";
import type { StreamPast } from "../../../protocol/learn/stream/stream.ts";
import { parseWindow } from "../../../protocol/learn/stream/windows/registry.ts";
import { valuesIn } from "../name-list.ts";
import { listed } from "../names.ts";
import type { DataSource } from "../readers/reader.ts";
import { SOURCES, sourceFor } from "../sources/registry.ts";
import type { SourceKind } from "../sources/source.ts";
import { createCheckedSource, type SeriesPosition } from "./checked-source.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { lagColumns, lagSpecOf } from "./lag-columns.ts";
import { RowCheck } from "./row-check.ts";
import { SeriesRecords, type SeriesSpec } from "./series-records.ts";
import { openStreamStore, type StreamKind } from "./stream-store.ts";
import type { TableRecordsOptions } from "./table-records.ts";

/** Of the settings `data.*`, what a stream is made of. */
export interface StreamSettings extends Omit<DataSource, "path" | "targets"> {
  readonly path?: string | undefined;
  readonly window: string;
  readonly time?: string | undefined;
  /** Zone of times that name none. */
  readonly zone?: string | undefined;
  /** Of a series whose rows are made as it comes. */
  readonly lag?: string | undefined;
  readonly horizon: number;
  readonly step?: string | undefined;
  readonly ca?: string | undefined;
  readonly lateness: string;
  readonly drift: string;
  readonly onDrift: "rate" | "window";
  readonly driftRate: number;
  readonly driftFor: string;
  readonly holdout: number;
  readonly seed: number;
}

export interface OpenStreamParts {
  readonly task: Task;
  readonly stateDir: string;
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly warn?: (message: string) => void;
  /** Those that are asked; default `SOURCES`. */
  readonly sources?: readonly SourceKind[];
}

/** What `createFollowing` takes of it. */
export interface OpenedStream {
  readonly parts: Pick<FollowingParts, "source" | "memory">;
  readonly options: FollowingOptions;
  readonly past: StreamPast | undefined;
  close(): Promise<void>;
}

/** Beside the database. */
const REJECTED = "rejected.ndjson";

/** @throws HearsayError ERR_CONFIG, ERR_DATA for settings or a source that cannot be followed. */
export async function openStream(settings: StreamSettings, parts: OpenStreamParts): Promise<OpenedStream> {
  const { task, stateDir, store, clock, warn, sources = SOURCES } = parts;
  const { path, time } = settings;
  if (path === undefined)
    throw new HearsayError("ERR_CONFIG", "stream.follow: name what is to be followed with --data");
  const spec = seriesOf(settings, task);
  const check = new RowCheck(
    spec === undefined ? { source: settings, task, time, zone: settings.zone } : { source: {}, task, time },
  );
  const saved = await openStreamStore(store, kindOf(settings, path, task));
  const past = saved.past?.position as SeriesPosition | undefined;
  const series = spec && new SeriesRecords(spec, past?.series);
  const table = headerCheck(check, series);
  const source = await (await sourceFor(path, sources)).open({
    path,
    table: {
      encoding: encodingOf(settings.encoding),
      delimiter: settings.delimiter,
      decimal: settings.decimal,
      ...table,
    },
    columns: table.wanted,
    store,
    ca: settings.ca,
    past: series === undefined ? past : past?.source,
    ...(warn && { warn }),
  });
  const letters = createDeadLetters(join(stateDir, REJECTED));
  return {
    parts: {
      source: createCheckedSource({ source, check, letters, series, clock, ...(warn && { warn }) }),
      memory: saved.memory,
    },
    options: followingOptions(settings, task),
    past: saved.past,
    close: () => source.close(),
  };
}

function followingOptions(settings: StreamSettings, task: Task): FollowingOptions {
  const { window, time, lateness, drift, onDrift, driftRate, driftFor, holdout, seed } = settings;
  return {
    task,
    window: parseWindow(window),
    holdout,
    seed: String(seed),
    isTimed: time !== undefined,
    latestMs: durationMs(lateness) ?? 0,
    alarm: {
      detector: drift,
      does: onDrift,
      factor: driftRate,
      forMs: durationMs(driftFor) ?? 0,
      leastRows: task.training.batch,
    },
  };
}

/** What rows are made of; undefined where they come as they are. @throws HearsayError ERR_CONFIG where the settings and the task do not fit. */
function seriesOf(settings: StreamSettings, task: Task): SeriesSpec | undefined {
  const { lag, horizon, step, time, zone, owner, lateness, missing } = settings;
  if (lag === undefined) {
    if (step === undefined) return undefined;
    throw new HearsayError("ERR_CONFIG", "stream.step: it is about a series to forecast: give --lag too, as 1..7");
  }
  if (step === undefined || time === undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "stream.lag: rows are made of a series: give --time (its column of times) and --step (from one row to the next: 15m, 1h, 1d)",
    );
  const spec = lagSpecOf(lag, String(horizon));
  const { output, input } = task;
  const [target = "", ...more] = output.kind === "regression" ? output.targets : [];
  const made = lagColumns(target, spec);
  const fits = target !== "" && more.length === 0 && made.join("\n") === input.features.join("\n");
  if (!fits)
    throw new HearsayError(
      "ERR_CONFIG",
      `stream.lag: ${lag} makes the columns ${listed(made)}, and the task has ${listed(input.features)}; give the lags of the task, or make one with hearsay init --lag`,
    );
  const lateSteps = Math.floor((durationMs(lateness) ?? 0) / (durationMs(step) ?? 1));
  return {
    ...spec,
    late: Math.min(LIMITS.maxLateSteps, lateSteps),
    time,
    target,
    owner,
    step,
    zone,
    missing: [...(input.missing ?? []), ...(missing === undefined ? [] : valuesIn(missing))],
  };
}

/** A change of any of these makes earlier rows useless: the window then begins anew. */
function kindOf(settings: StreamSettings, path: string, task: Task): StreamKind {
  const { window, holdout, seed, lag, horizon, step, zone = "UTC", owner = "" } = settings;
  const series = lag === undefined ? "" : ` ${lag}/${horizon} by ${step} in ${zone} of ${owner}`;
  return {
    window: `${window} ${holdout} ${seed}${series}`,
    source: path.replace(/\/\/[^/@]*@/, "//"),
    inputs: inputSize(task),
    targets: targetSize(task),
  };
}

/** Line ends are looked for byte by byte. */
function encodingOf(name: string | undefined): string | undefined {
  if (name === undefined || !/^utf-?(?:16|32)/i.test(name)) return name;
  throw new HearsayError("ERR_CONFIG", `data.encoding: a table of ${name} cannot be followed; write it as UTF-8`);
}

/** By what a header is known: that of the rows, or of the series that rows are made of. */
function headerCheck(
  check: RowCheck,
  series: SeriesRecords | undefined,
): Pick<TableRecordsOptions, "isHeader" | "refuseHeader"> & { readonly wanted: string[] } {
  const refuseHeader = (fields: readonly string[]) =>
    series === undefined ? void check.columnsOf(fields) : series.refuseHeader(fields);
  const isHeader = (fields: readonly string[]) => {
    try {
      refuseHeader(fields);
      return true;
    } catch (error) {
      if (error instanceof HearsayError) return false;
      throw error;
    }
  };
  return { wanted: (series ?? check).wanted, isHeader, refuseHeader };
}
