/**
 * Values of a series that goes on coming, as rows to forecast it from: each value that completes a row becomes one, by the arithmetic of `hearsay data lags`. What a row looks back on is kept
 * with the place in the source, so that a process that is killed goes on with it.
 */
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createLags, heldValues, type LagSpec, type Lags } from "../../../protocol/learn/data/lags.ts";
import { widthFault } from "../csv-rows.ts";
import { createMissing, type Missing } from "../missing.ts";
import { PLAIN, readNumber } from "../number.ts";
import { lagColumns, placesOf } from "./lag-columns.ts";
import { createSteps, type Steps } from "./steps.ts";
import type { SourceRecord } from "./table-records.ts";

export interface SeriesSpec extends LagSpec {
  /** Columns of the series: its time, its value, and whose it is. */
  readonly time: string;
  readonly target: string;
  readonly owner?: string | undefined;
  readonly step: string;
  readonly zone?: string | undefined;
  /** Texts that mean "no reading": a gap. */
  readonly missing: readonly string[];
}

/** What became of values that made no row, since the start. */
export interface SeriesTallies {
  gaps: number;
  late: number;
  ahead: number;
  duplicate: number;
}

/** A series as it is kept: whose it is, its step 0, and its newest values. */
type KeptSeries = readonly [whose: string, origin: number, values: ReturnType<Lags["state"]>];

interface Series {
  readonly steps: Steps;
  readonly lags: Lags;
  /** Its newest step. */
  last: number | undefined;
}

export class SeriesRecords {
  readonly tallies: SeriesTallies = { gaps: 0, late: 0, ahead: 0, duplicate: 0 };
  /** Of the rows that are made. */
  readonly header: readonly string[];
  readonly #spec: SeriesSpec;
  readonly #missing: Missing;
  readonly #all = new Map<string, Series>();
  readonly #places = new WeakMap<readonly string[], readonly number[]>();
  readonly #mostSeries: number;

  /** @param past the `state` before a restart; anything else counts as none. @throws HearsayError ERR_CONFIG for a step or a zone that is none. */
  constructor(spec: SeriesSpec, past?: unknown) {
    this.#spec = spec;
    this.#missing = createMissing(spec.missing);
    this.#mostSeries = Math.max(1, Math.floor(LIMITS.maxSeriesValues / heldValues(spec)));
    this.header = [spec.time, ...lagColumns(spec.target, spec), spec.target];
    createSteps(spec.step, spec.zone); // refuses at once
    for (const kept of Array.isArray(past) ? (past as readonly KeptSeries[]) : []) this.#recall(kept);
  }

  /** Columns by which a header of the series is known. */
  get wanted(): string[] {
    const { time, target, owner } = this.#spec;
    return [time, target, ...(owner === undefined ? [] : [owner])];
  }

  /** @throws HearsayError ERR_DATA where a column of the series is not there. */
  refuseHeader(fields: readonly string[]): void {
    placesOf("the stream", fields, this.wanted);
  }

  /** Rows that these values complete, and values that cannot be read. @param nowMs of the wall clock. */
  rowsOf(records: readonly SourceRecord[], nowMs: number): SourceRecord[] {
    return records.flatMap((record) => (record.fault === undefined ? this.#take(record, nowMs) : [record]));
  }

  state(): readonly KeptSeries[] {
    return [...this.#all].map(([whose, { steps, lags }]) => [whose, steps.origin() ?? 0, lags.state()]);
  }

  #take(record: SourceRecord, nowMs: number): SourceRecord[] {
    const width = widthFault(record.fields, record.header);
    if (width !== undefined) return [{ ...record, fault: width }]; // 7,8 in two fields is no 7
    const [when = "", text = "", whose = ""] = this.#placesIn(record.header).map((place) => record.fields[place] ?? "");
    const value = readNumber(text, record.numbers);
    if (text === "" || this.#missing.text(text) || (typeof value === "number" && this.#missing.number(value))) {
      this.tallies.gaps++;
      return [];
    }
    const series = this.#all.get(whose) ?? this.#begun();
    const step = series.steps.of(when, series.last);
    if (typeof step === "string") return [{ ...record, fault: step }];
    if (typeof value !== "number") return [{ ...record, fault: `column "${this.#spec.target}": ${value.text}` }];
    if (series.steps.msOf(step) > nowMs + LIMITS.maxClockSkewMs) {
      this.tallies.ahead++; // a single wrong date would make all that follows late
      return [];
    }
    if (!this.#all.has(whose) && this.#all.size >= this.#mostSeries) {
      const most = `more than ${this.#mostSeries} series of ${heldValues(this.#spec)} values`;
      return [{ ...record, fault: `${most} are not followed; is data.owner the right column?` }];
    }
    this.#all.set(whose, series);
    const found = series.lags.fill(step, value);
    series.last = Math.max(series.last ?? step, step);
    return typeof found === "string" ? this.#none(found) : found.map((row) => this.#row(row, series, record));
  }

  #placesIn(header: readonly string[]): readonly number[] {
    const known = this.#places.get(header) ?? placesOf("the stream", header, this.wanted);
    this.#places.set(header, known);
    return known;
  }

  #none(why: "gap" | "again" | "back"): SourceRecord[] {
    this.tallies[why === "gap" ? "gaps" : why === "again" ? "duplicate" : "late"]++;
    return [];
  }

  #row(
    { step, lags, value }: { readonly step: number; readonly lags: readonly number[]; readonly value: number },
    { steps }: Series,
    { text }: SourceRecord,
  ): SourceRecord {
    const fields = [new Date(steps.msOf(step)).toISOString(), ...[...lags, value].map(String)];
    return { header: this.header, numbers: PLAIN, fields, text };
  }

  #begun(origin?: number, values?: ReturnType<Lags["state"]>): Series {
    const { step, zone } = this.#spec;
    return {
      steps: createSteps(step, zone, origin),
      lags: createLags(this.#spec, values),
      last: values?.at(-1)?.[0],
    };
  }

  #recall([whose, origin, values]: KeptSeries): void {
    this.#all.set(whose, this.#begun(origin, values));
  }
}
