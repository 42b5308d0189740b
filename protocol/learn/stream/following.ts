/**
 * A trainer whose rows come without end. Before each training it takes what has come since the last one:
 *
 *     take -> sift (late, twice) -> test (prequential error, drift) -> window or hold-out -> save -> train
 *
 * Each row is predicted before it is learned from. The trainer below gets the rows that are in the window then; between two trainings nothing changes, so that every
 * figure of a cycle is of one set of rows.
 */

import { HearsayError } from "../../base/errors.ts";
import type { FitRequest, FitResult, Metrics, Split, Trainer } from "../../base/learning-seams.ts";
import { LIMITS } from "../../base/limits.ts";
import { createOneByOne } from "../../base/one-by-one.ts";
import { createRng } from "../../base/rng.ts";
import type { Clock } from "../../base/seams.ts";
import { type Alarm, type AlarmSpec, createAlarm } from "./alarm.ts";
import { createPrequential, figureOf, type Prequential, rowErrors } from "./prequential.ts";
import { boundedWindow, labelOf, type Shelf, type ShelfOptions, shelfOf } from "./shelf.ts";
import { createSifting, type Sifting } from "./sifting.ts";
import type { StreamRow } from "./slot-rows.ts";
import type {
  Batch,
  KeptRow,
  StreamChange,
  StreamCounts,
  StreamEvent,
  StreamMemory,
  StreamPast,
  StreamSource,
  StreamStatus,
  StreamTallies,
  WindowName,
} from "./stream.ts";
import type { StreamWindow } from "./window.ts";

export interface FollowingParts {
  /** It has `replace`. */
  readonly trainer: Trainer;
  readonly source: StreamSource;
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
  readonly memory?: StreamMemory;
  /** What predictions are made with now: it is what rows test. The model of the training where it is left out. */
  readonly model?: () => Float32Array | undefined;
  readonly tell?: (event: StreamEvent) => void;
}

export interface FollowingOptions extends ShelfOptions {
  readonly isTimed: boolean;
  readonly latestMs: number;
  readonly alarm: AlarmSpec;
}

export interface Following {
  readonly trainer: Trainer;
  status(): StreamStatus;
  /** Sum of the errors (prequential.ts) of all rows so far, and how many. */
  totals(): { readonly sum: number; readonly rows: number };
}

/** @throws HearsayError ERR_ENGINE where the trainer's rows cannot be replaced. */
export function createFollowing(parts: FollowingParts, options: FollowingOptions, past?: StreamPast): Following {
  const learner = new StreamLearner(parts, { ...options, window: boundedWindow(options) }, past);
  const { trainer } = parts;
  return {
    status: () => learner.status(),
    totals: () => learner.totals(),
    trainer: {
      ...trainer,
      get numExamples() {
        return learner.numExamples;
      },
      get revision() {
        return trainer.revision ?? 0;
      },
      fit: (request) => learner.fit(request),
      evaluate: (params, split) => learner.evaluate(params, split),
    },
  };
}

const NAMES: readonly WindowName[] = ["train", "holdout"];

class StreamLearner {
  readonly #parts: FollowingParts;
  readonly #options: FollowingOptions;
  readonly #shelves: Readonly<Record<WindowName, Shelf>>;
  readonly #sifting: Sifting;
  readonly #prequential: Prequential;
  readonly #alarm: Alarm;
  #errorSum = 0;
  readonly #replace: NonNullable<Trainer["replace"]>;
  readonly #tallies: StreamTallies = { taken: 0, bad: 0, late: 0, ahead: 0, duplicate: 0, alarms: 0 };
  readonly #inTurn = createOneByOne();
  #apart: Batch["apart"];
  #nextSeq: number;
  #isStale: boolean;

  constructor(parts: FollowingParts, options: FollowingOptions, past: StreamPast | undefined) {
    const { trainer } = parts;
    if (trainer.replace === undefined)
      throw new HearsayError("ERR_ENGINE", `the engine ${trainer.engine} cannot take rows while it learns`);
    this.#replace = trainer.replace.bind(trainer);
    this.#parts = parts;
    this.#options = options;
    this.#shelves = { train: shelfOf(options, "train", past), holdout: shelfOf(options, "holdout", past) };
    this.#sifting = createSifting(options);
    for (const { row } of past?.rows ?? []) this.#sifting.remember(row);
    this.#prequential = createPrequential(options.task.output, past?.prequential);
    this.#alarm = createAlarm(options.alarm, parts.clock, past?.alarm);
    this.#nextSeq = past?.nextSeq ?? 0;
    this.#isStale = past !== undefined && past.rows.length > 0;
  }

  get numExamples(): number {
    return this.#shelves.train.rows.length;
  }

  async fit(request: FitRequest): Promise<FitResult> {
    await this.#inTurn(() => this.#absorb(request.params)); // who looks on trains beside the peer
    if (this.numExamples === 0)
      throw new HearsayError("ERR_TRAINER", `no row to learn from has come yet from ${this.#parts.source.name}`);
    return this.#parts.trainer.fit(
      this.#alarm.factor() === 1 ? request : { ...request, rateFactor: this.#alarm.factor() },
    );
  }

  async evaluate(params: Float32Array, split: Split): Promise<Metrics> {
    const { rows } = this.#shelves[split.startsWith("holdout") ? "holdout" : "train"];
    if (rows.length === 0 || this.#isStale)
      // as of a trainer that does not answer: the peer goes on without
      throw new HearsayError("ERR_TRAINER", `no row of split "${split}" has come yet from ${this.#parts.source.name}`);
    return this.#parts.trainer.evaluate(params, split);
  }

  totals(): { readonly sum: number; readonly rows: number } {
    return { sum: this.#errorSum, rows: this.#prequential.rows };
  }

  status(): StreamStatus {
    const { train, holdout } = this.#shelves;
    const raised = this.#alarm.raised();
    return {
      source: this.#parts.source.name,
      rows: withApart(this.#tallies, this.#apart),
      window: train.rows.length,
      holdout: holdout.rows.length,
      prequential: {
        name: figureOf(this.#options.task.output).name,
        value: this.#prequential.figure() ?? null,
        rows: this.#prequential.rows,
      },
      ...(raised && { raised }),
    };
  }

  /** Takes what has come. */
  async #absorb(params: Float32Array): Promise<void> {
    const { source, memory } = this.#parts;
    const batch = await source.take(LIMITS.maxRowsPerTraining);
    this.#tallies.bad = batch.bad;
    this.#apart = batch.apart;
    const taken = batch.rows.filter((row) => this.#sift(row));
    const freed = [...(await this.#test(taken, params)), ...this.#expire()];
    const kept = taken.flatMap((row) => this.#place(row));
    if (this.#alarm.isOver()) this.#parts.tell?.({ kind: "drift", state: "over" });
    if (batch.rows.length > 0 || batch.position !== undefined)
      await memory?.save({ kept, freed, counts: this.#counts(batch.position) });
    source.acknowledge();
    if (kept.length === 0 && freed.length === 0 && !this.#isStale) return;
    const { train, holdout } = this.#shelves;
    if (train.rows.length === 0) return;
    await this.#replace({ train: train.rows.data(), ...(holdout.rows.length > 0 && { holdout: holdout.rows.data() }) });
    this.#isStale = false;
  }

  #sift(row: StreamRow): boolean {
    const sifted = this.#sifting.look(row, this.#parts.clock.now());
    this.#tallies[sifted]++;
    return sifted === "taken";
  }

  /** Test, then train: what the present model makes of these rows. Gives the slots that an alarm freed. */
  async #test(rows: readonly StreamRow[], params: Float32Array): Promise<StreamChange["freed"]> {
    if (rows.length === 0) return [];
    const model = this.#parts.model?.() ?? params;
    const predictions = await this.#parts.trainer.predict(model, joined(rows, "inputs"));
    const errors = rowErrors(this.#options.task.output, predictions, joined(rows, "targets"));
    const freed: StreamChange["freed"][number][] = [];
    for (const [i, { error, bounded }] of errors.entries()) {
      this.#prequential.add(error);
      this.#errorSum += error;
      const recent = this.#alarm.add(bounded);
      if (recent !== undefined) freed.push(...this.#raise(recent, this.#nextSeq + i + 1));
    }
    return freed;
  }

  /** @param endSeq number of the row behind the last that was tested. */
  #raise(recent: number, endSeq: number): StreamChange["freed"] {
    this.#tallies.alarms++;
    const { alarm } = this.#options;
    const told = { kind: "drift", state: "alarm", detector: alarm.detector, recent } as const;
    const figure = this.#prequential.figure() ?? 0;
    if (alarm.does === "rate") {
      const { factor, forMs } = alarm;
      this.#parts.tell?.({ ...told, figure, does: { kind: "rate", factor, forMs } });
      return [];
    }
    const kept = Math.max(recent, alarm.leastRows);
    const freed = this.#free((window) => window.keepFrom(endSeq - kept));
    this.#parts.tell?.({ ...told, figure, does: { kind: "window", left: freed.length } });
    return freed;
  }

  #expire(): StreamChange["freed"] {
    const nowMs = this.#options.isTimed ? this.#sifting.newestMs() : this.#parts.clock.now();
    return nowMs === undefined ? [] : this.#free((window) => window.expire(nowMs));
  }

  #free(which: (window: StreamWindow) => readonly number[]): StreamChange["freed"] {
    return NAMES.flatMap((name) => {
      const { window, rows } = this.#shelves[name];
      return which(window).map((slot) => {
        rows.free(slot);
        return { window: name, slot };
      });
    });
  }

  #place(row: StreamRow): KeptRow[] {
    const seq = this.#nextSeq++;
    const { holdout, seed } = this.#options;
    const isHeld = holdout > 0 && createRng(`stream-holdout/${seed}/${seq}`).uniform() < holdout;
    const name: WindowName = isHeld ? "holdout" : "train";
    const { window, rows } = this.#shelves[name];
    const slot = window.admit({ seq, timeMs: row.timeMs, label: labelOf(row, this.#options.task) });
    if (slot === undefined) return [];
    rows.set(slot, row);
    return [{ window: name, slot, seq, row }];
  }

  #counts(position: unknown): StreamCounts {
    const { train, holdout } = this.#shelves;
    const seen = { train: train.window.seen(), holdout: holdout.window.seen() };
    const alarm = this.#alarm.state();
    return {
      nextSeq: this.#nextSeq,
      seen,
      prequential: this.#prequential.state(),
      ...(alarm && { alarm }),
      ...(position !== undefined && { position }),
    };
  }
}

/** The values of a series that made no row are counted by its source. */
function withApart(tallies: StreamTallies, apart: Batch["apart"]): StreamTallies {
  const { late, ahead, duplicate } = tallies;
  if (apart === undefined) return { ...tallies };
  return {
    ...tallies,
    late: late + apart.late,
    ahead: ahead + apart.ahead,
    duplicate: duplicate + apart.duplicate,
    gaps: apart.gaps,
  };
}

function joined(rows: readonly StreamRow[], of: "inputs" | "targets"): Float64Array {
  const width = rows[0]?.[of].length ?? 0;
  const values = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row[of], i * width);
  return values;
}
