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
  /** What is known for the forecast of a step that has not come. */
  at(step: number): LaggedRow | "gap";
}

/**
 * A series; memory for as many values as a row looks back.
 * @example
 * import { createLags } from "hearsay/protocol/learn/data/lags";
 * const lags = createLags({ lags: [1, 2], horizon: 1 });
 * [[0, 10], [1, 11], [2, 12], [4, 14]].map(([step, value]) => lags.add(step, value)); // -> ["gap", "gap", { lags: [11, 10] }, "gap"]
 */
export function createLags({ lags, horizon }: LagSpec): Lags {
  const back = horizon - 1 + Math.max(...lags);
  const values = new Map<number, number>();
  let newest = Number.NEGATIVE_INFINITY;
  const at = (step: number): LaggedRow | "gap" => {
    const found = lags.map((lag) => values.get(step - horizon + 1 - lag));
    return found.includes(undefined) ? "gap" : { lags: found as number[] };
  };
  return {
    at,
    add(step, value) {
      if (step <= newest) return step === newest ? "again" : "back";
      newest = step;
      const row = at(step);
      values.set(step, value);
      for (const old of values.keys()) {
        if (old > step - back) break;
        values.delete(old);
      }
      return row;
    },
  };
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
