/**
 * Peers whose rows come while they learn (`stream` of a scenario): the rows of each, in the order of its file, are there one after another, evenly over the virtual time; of data whose
 * rows have times, when these say, the first of all rows at the start and the last at the end. They are learned from as by `hearsay up --follow` (protocol/learn/stream/), and each is predicted before: that figure, interval by interval, is what is measured of a world that changes.
 */

import { HearsayError } from "../../protocol/base/errors.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { termsOf } from "../../protocol/base/task.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { createFollowing } from "../../protocol/learn/stream/following.ts";
import { figureOf } from "../../protocol/learn/stream/prequential.ts";
import type { StreamRow } from "../../protocol/learn/stream/slot-rows.ts";
import type { StreamSource } from "../../protocol/learn/stream/stream.ts";
import { parseWindow } from "../../protocol/learn/stream/windows/registry.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { spread } from "./further-metrics.ts";
import type { Spread } from "./report.ts";

export type StreamSpec = NonNullable<Scenario["stream"]>;

/** What a peer trains on before its first row has come. */
export const NO_ROWS: Dataset = { inputs: new Float32Array(), targets: new Float32Array(), length: 0 };

export interface Streams {
  /** The trainer of a peer, whose rows come by and by. `trainer` has none. */
  follow(trainer: Trainer, rows: Dataset, index: number): Trainer;
  /** What the models predict with that rows test. */
  know(models: (index: number) => Float32Array | undefined): void;
  /** Over these peers, of the rows since the last call; undefined where none has come. */
  interval(peers: readonly number[]): Spread | undefined;
}

export interface StreamsOptions {
  readonly spec: StreamSpec;
  readonly task: Task;
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
  readonly endMs: number;
  /** Of all rows, where they have times. */
  readonly times?: readonly number[] | undefined;
}

interface Tally {
  readonly sum: number;
  readonly rows: number;
}

/** @throws HearsayError ERR_CONFIG for a task with a privacy budget. */
export function createStreams({ spec, task, clock, endMs, times }: StreamsOptions): Streams {
  if (termsOf(task) !== undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "stream: the privacy budget of the task counts on rows that are all there; leave one of them out",
    );
  const due = times === undefined ? dueEvenly(spec) : dueByTime(times);
  const totals = new Map<number, () => Tally>();
  const before = new Map<number, Tally>();
  let modelOf: (index: number) => Float32Array | undefined = () => undefined;
  return {
    know(models) {
      modelOf = models;
    },
    follow(trainer, rows, index) {
      const following = createFollowing(
        { trainer, clock, source: sourceOf(rows, due, clock, endMs), model: () => modelOf(index) },
        {
          task,
          window: parseWindow(spec.window),
          holdout: 0,
          seed: String(index),
          isTimed: false,
          latestMs: 0,
          alarm: {
            detector: spec.drift,
            does: spec.onDrift,
            factor: spec.driftRate,
            forMs: 1000 * spec.driftSeconds,
            leastRows: task.training.batch,
          },
        },
      );
      totals.set(index, following.totals);
      return frozenFrom(following.trainer, clock, spec.frozenFrom === undefined ? undefined : spec.frozenFrom * endMs);
    },
    interval(peers) {
      const figures = peers.flatMap((index) => {
        const now = totals.get(index)?.() ?? { sum: 0, rows: 0 };
        const { sum, rows } = before.get(index) ?? { sum: 0, rows: 0 };
        before.set(index, now);
        const error = (now.sum - sum) / (now.rows - rows);
        if (now.rows === rows) return [];
        return [task.output.kind === "classification" ? 1 - error : Math.sqrt(error)];
      });
      return figures.length === 0 ? undefined : spread(figures, figureOf(task.output).lowerIsBetter);
    },
  };
}

/** How many of these rows are there when this share of the time has passed. */
type Due = (rows: Dataset, passed: number) => number;

/** Row i of n when i / n of the time has passed; the first share of them from the start. */
function dueEvenly({ first }: StreamSpec): Due {
  return ({ length }, passed) => Math.floor((first + (1 - first) * passed) * length);
}

/** @param all times of the rows of all peers, which share one calendar. */
function dueByTime(all: readonly number[]): Due {
  const [from, to] = all.reduce(
    ([least, most], at) => [Math.min(least, at), Math.max(most, at)],
    [Infinity, -Infinity],
  );
  return ({ times = [] }, passed) => times.filter((at) => at <= from + passed * (to - from)).length;
}

function sourceOf(rows: Dataset, due: Due, clock: Pick<Clock, "monotonicMs">, endMs: number): StreamSource {
  const [inputWidth, targetWidth] = [rows.inputs.length / rows.length, rows.targets.length / rows.length];
  let next = 0;
  const rowAt = (i: number): StreamRow => ({
    timeMs: clock.monotonicMs(),
    inputs: Float64Array.from(rows.inputs.subarray(i * inputWidth, (i + 1) * inputWidth)),
    targets: Float64Array.from(rows.targets.subarray(i * targetWidth, (i + 1) * targetWidth)),
  });
  return {
    name: "the scenario",
    async take(maxRows) {
      const there = Math.max(1, due(rows, Math.min(1, clock.monotonicMs() / endMs))); // a trainer without any row cannot begin
      const most = Math.min(there, rows.length, next + maxRows);
      const come: StreamRow[] = [];
      while (next < most) come.push(rowAt(next++));
      return { rows: come, bad: 0, isMore: false };
    },
    acknowledge() {},
  };
}

/** Stops learning at some time, but goes on to test every row: what a change costs a peer that does not learn. */
function frozenFrom(trainer: Trainer, clock: Pick<Clock, "monotonicMs">, fromMs: number | undefined): Trainer {
  if (fromMs === undefined) return trainer;
  return trainedOtherwise(trainer, async (request) => {
    const result = await trainer.fit(request);
    return clock.monotonicMs() < fromMs ? result : { ...result, params: request.params.slice() };
  });
}
