/**
 * Rows to forecast a series from: what was known at the moment of the forecast, beside what came `horizon` steps later.
 *
 *     features   lag i: the value i - 1 steps before the moment of the forecast
 *     target     the value `horizon` steps after it
 *
 * Time is counted in steps, and a step that is missing is not bridged: every row that would need it is left out, and counted.
 */
export interface LagSpec {
  /** Ascending, from 1. */
  readonly lags: readonly number[];
  /** Steps, from 1. */
  readonly horizon: number;
  /** A value may come so many steps after a newer one (`fill`). */
  readonly late?: number;
}

/** One row of the forecast; lags in the order of the spec. */
export interface LaggedRow {
  readonly lags: readonly number[];
}

/** What became of a value of the series. */
export type LagOutcome = LaggedRow | "gap" | "again" | "back";

export interface Lags {
  /**
   * Takes the next value of the series. Gives the row whose target it is; "gap" where a value that the row needs is missing, as at the beginning; "again" or "back" for a step
   * that was there, or before the last: it is not taken.
   */
  add(step: number, value: number): LagOutcome;
  /**
   * As `add`, of a step before the last, too: where it fills a gap it gives all rows that are whole now, in order. "gap" where there is none; "back" for what comes later than
   * `LagSpec.late` allows.
   */
  fill(step: number, value: number): readonly FilledRow[] | "gap" | "again" | "back";
  /** What is known for the forecast of a step that has not come. */
  at(step: number): LaggedRow | "gap";
  /** Steps and values that are held, for after a restart. */
  state(): readonly (readonly [step: number, value: number])[];
}

/** A row, and the step and value that are its target. */
export interface FilledRow extends LaggedRow {
  readonly step: number;
  readonly value: number;
}

/** Values that are held of one series, at most. */
export function heldValues({ lags, horizon, late = 0 }: LagSpec): number {
  return horizon - 1 + Math.max(...lags) + (late === 0 ? 0 : late + 1);
}

/**
 * A series; memory for as many values as a row looks back.
 * @example
 * import { createLags } from "hearsay/protocol/learn/data/lags";
 * const lags = createLags({ lags: [1, 2], horizon: 1 });
 * [[0, 10], [1, 11], [2, 12], [4, 14]].map(([step, value]) => lags.add(step, value)); // -> ["gap", "gap", { lags: [11, 10] }, "gap"]
 */
export function createLags(spec: LagSpec, past: ReturnType<Lags["state"]> = []): Lags {
  return new HeldSeries(spec, past);
}

class HeldSeries implements Lags {
  readonly #spec: LagSpec;
  readonly #most: number;
  readonly #values = new Map<number, number>();
  #newest = Number.NEGATIVE_INFINITY;

  constructor(spec: LagSpec, past: ReturnType<Lags["state"]>) {
    this.#spec = spec;
    this.#most = heldValues(spec);
    for (const [step, value] of past) this.#keep(step, value);
  }

  at(step: number): LaggedRow | "gap" {
    const { lags, horizon } = this.#spec;
    const found = lags.map((lag) => this.#values.get(step - horizon + 1 - lag));
    return found.includes(undefined) ? "gap" : { lags: found as number[] };
  }

  add(step: number, value: number): LagOutcome {
    if (step <= this.#newest) return step === this.#newest ? "again" : "back";
    const row = this.at(step);
    this.#keep(step, value);
    return row;
  }

  fill(step: number, value: number): readonly FilledRow[] | "gap" | "again" | "back" {
    if (step > this.#newest) {
      const row = this.add(step, value);
      return typeof row === "string" ? row : [{ ...row, step, value }];
    }
    if (this.#values.has(step)) return "again";
    if (step < this.#newest - (this.#spec.late ?? 0)) return "back";
    this.#keep(step, value);
    const whole = this.#targetsOf(step).flatMap((target) => {
      const row = this.at(target);
      return row === "gap" ? [] : [{ ...row, step: target, value: this.#values.get(target) as number }];
    });
    return whole.length === 0 ? "gap" : whole;
  }

  state(): readonly (readonly [step: number, value: number])[] {
    return [...this.#values].sort(([a], [b]) => a - b);
  }

  /** Steps that have come whose row needs this one, and itself; ascending. */
  #targetsOf(step: number): number[] {
    const { lags, horizon } = this.#spec;
    return [step, ...lags.map((lag) => step + horizon - 1 + lag)].filter((target) => this.#values.has(target));
  }

  #keep(step: number, value: number): void {
    this.#newest = Math.max(this.#newest, step);
    this.#values.set(step, value);
    for (const old of this.#values.keys()) {
      if (old > this.#newest - this.#most) break;
      this.#values.delete(old);
    }
  }
}

/**
 * `1..7`, `1,2,7` or `1..3,7`, ascending and once each; undefined for anything else.
 * @example
 * import { parseLags } from "hearsay/protocol/learn/data/lags";
 * parseLags("1..3,7", 100); // -> [1, 2, 3, 7]
 * parseLags("0..3", 100); // -> undefined
 */
export function parseLags(text: string, most: number): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [, first = "", last = first] = /^\s*(\d{1,9})(?:\.\.(\d{1,9}))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === "" || from < 1 || to < from || to > most) return undefined;
    for (let lag = from; lag <= to; lag++) found.add(lag);
  }
  return [...found].sort((a, b) => a - b);
}
