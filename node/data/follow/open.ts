/** A stream of rows as the settings describe it: opened, checked, and with what it kept of a former life of the process. */

import { join } from "node:path";
import { durationMs } from "../../../protocol/base/duration.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Clock, Store } from "../../../protocol/base/seams.ts";
import { inputSize, type Task, targetSize } from "../../../protocol/base/task.ts";
import type { FollowingOptions, FollowingParts } from "../../../protocol/learn/stream/following.ts";
import type { StreamPast } from "../../../protocol/learn/stream/stream.ts";
import { parseWindow } from "../../../protocol/learn/stream/windows/registry.ts";
import type { DataSource } from "../readers/reader.ts";
import { SOURCES, sourceFor } from "../sources/registry.ts";
import type { SourceKind } from "../sources/source.ts";
import { createCheckedSource } from "./checked-source.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { RowCheck } from "./row-check.ts";
import { openStreamStore, type StreamKind } from "./stream-store.ts";

/** Of the settings `data.*`, what a stream is made of. */
export interface StreamSettings extends Omit<DataSource, "path" | "targets"> {
  readonly path?: string | undefined;
  readonly window: string;
  readonly time?: string | undefined;
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
  const check = new RowCheck({ source: settings, task, time });
  const saved = await openStreamStore(store, kindOf(settings, path, task));
  const source = await (await sourceFor(path, sources)).open({
    path,
    table: {
      ...{ encoding: encodingOf(settings.encoding), delimiter: settings.delimiter, decimal: settings.decimal },
      wanted: check.wanted,
      isHeader: (fields) => isHeader(check, fields),
      refuseHeader: (fields) => void check.columnsOf(fields),
    },
    columns: check.wanted,
    store,
    ca: settings.ca,
    past: saved.past?.position,
    ...(warn && { warn }),
  });
  const letters = createDeadLetters(join(stateDir, REJECTED));
  return {
    parts: {
      source: createCheckedSource({ source, check, letters, clock, ...(warn && { warn }) }),
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
    ...{ holdout, seed: String(seed), isTimed: time !== undefined, latestMs: durationMs(lateness) ?? 0 },
    alarm: {
      ...{ detector: drift, does: onDrift, factor: driftRate, forMs: durationMs(driftFor) ?? 0 },
      leastRows: task.training.batch,
    },
  };
}

/** Whatever changes here makes the rows of before another window: it then begins anew. */
function kindOf({ window, holdout, seed }: StreamSettings, path: string, task: Task): StreamKind {
  return {
    window: `${window} ${holdout} ${seed}`,
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

function isHeader(check: RowCheck, fields: readonly string[]): boolean {
  try {
    check.columnsOf(fields);
    return true;
  } catch (error) {
    if (error instanceof HearsayError) return false;
    throw error;
  }
}
