/** Records against the task: rows that are learned from, or what is wrong with them. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { columnCount, fillMissing, withMasks } from "../../../protocol/learn/data/missing.ts";
import type { StreamRow } from "../../../protocol/learn/stream/slot-rows.ts";
import { type CsvColumns, type CsvLabels, findColumns } from "../csv-columns.ts";
import { CsvRows } from "../csv-rows.ts";
import { type NameList, namesIn, valuesIn } from "../name-list.ts";
import { normalised } from "../names.ts";
import type { DataSource, DataTask } from "../readers/reader.ts";
import type { SourceRecord } from "./table-records.ts";
import { createTimes } from "./time-of.ts";

export interface RowCheckOptions {
  readonly source: Omit<DataSource, "path" | "targets">;
  readonly task: DataTask;
  /** Column of the time; the time of arrival where left out. */
  readonly time?: string | undefined;
  /** Zone of times that name none; UTC where left out. */
  readonly zone?: string | undefined;
}

/** A row, or why there is none. */
export type Checked = { readonly row: StreamRow } | { readonly record: SourceRecord; readonly reason: string };

export class RowCheck {
  readonly #options: RowCheckOptions;
  readonly #labels: CsvLabels;
  readonly #missing: readonly string[];
  readonly #times: ReturnType<typeof createTimes>;
  /** Time of the row before: by it the hour that comes twice is told. */
  #lastMs: number | undefined;
  readonly #columns = new Map<string, CsvColumns & { readonly time: number | undefined }>();

  constructor(options: RowCheckOptions) {
    this.#options = options;
    const { task, source, zone } = options;
    this.#times = createTimes(zone);
    const { output } = task;
    this.#labels =
      output.kind === "regression"
        ? { kind: "regression", columns: output.targets }
        : { kind: "classification", column: source.label ?? output.column ?? "label", classes: output.classes };
    this.#missing = [...(task.input.missing ?? []), ...(source.missing === undefined ? [] : valuesIn(source.missing))];
  }

  /** Columns by which a header is known. */
  get wanted(): string[] {
    const { task, source, time } = this.#options;
    const labels = this.#labels.kind === "classification" ? [this.#labels.column] : namesIn(this.#labels.columns);
    const some = source.columns === undefined ? [] : namesIn(source.columns);
    return [...labels, ...task.input.features, ...some, ...(time === undefined ? [] : [time])];
  }

  /** @throws HearsayError ERR_DATA where a column of the task, or of the time, is not there. */
  columnsOf(header: readonly string[]): CsvColumns & { readonly time: number | undefined } {
    const key = header.join("\u0000");
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const columns = this.#find(header);
    if (this.#columns.size > 8) this.#columns.clear(); // headers of few files are in use at one time
    this.#columns.set(key, columns);
    return columns;
  }

  check(records: readonly SourceRecord[], nowMs: number): Checked[] {
    const together = records.every((record) => record.fault === undefined && record.header === records[0]?.header);
    const rows = together ? this.#rowsOf(records, nowMs) : undefined;
    if (Array.isArray(rows)) return rows.map((row) => ({ row }));
    return records.map((record) => this.#one(record, nowMs));
  }

  #one(record: SourceRecord, nowMs: number): Checked {
    if (record.fault !== undefined) return { record, reason: record.fault };
    const found = this.#rowsOf([record], nowMs);
    const [row] = Array.isArray(found) ? found : [];
    return row === undefined ? { record, reason: String(found) } : { row };
  }

  /** All of them, or what is wrong with the first fault. */
  #rowsOf(records: readonly SourceRecord[], nowMs: number): StreamRow[] | string {
    const [first] = records;
    if (first === undefined) return [];
    const { task } = this.#options;
    try {
      const columns = this.columnsOf(first.header);
      const rows = new CsvRows("row", columns, {
        labels: this.#labels,
        features: task.input.features,
        numbers: first.numbers,
        missing: this.#missing,
        refuseMissing: task.input.missingPolicy === "refuse",
      });
      for (const { fields } of records) rows.add(fields, 1);
      const { data, unlabelled } = rows.finish();
      if (unlabelled > 0) return "the row has no label";
      const width = columnCount(task);
      const { inputs, rows: complete, mask } = fillMissing(task.input.missingPolicy, data, width, task.input.mean);
      if (complete !== undefined)
        return "a reading is missing, and the task leaves such rows out (input.missingPolicy)";
      const wide = Float64Array.from(withMasks(inputs, mask, width));
      const [inputWidth, targetWidth] = [wide.length / data.length, data.targets.length / data.length];
      const made: StreamRow[] = [];
      for (const [i, { fields }] of records.entries()) {
        const timeMs =
          columns.time === undefined
            ? nowMs
            : this.#times(fields[columns.time] ?? "", made.at(-1)?.timeMs ?? this.#lastMs);
        if (typeof timeMs === "string") return timeMs;
        made.push({
          timeMs,
          inputs: wide.slice(i * inputWidth, (i + 1) * inputWidth),
          targets: Float64Array.from(data.targets.subarray(i * targetWidth, (i + 1) * targetWidth)),
        });
      }
      this.#lastMs = made.at(-1)?.timeMs;
      return made;
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      const { faults } = error.details as { faults?: readonly string[] };
      return (faults ?? [error.message]).map((fault) => fault.replace(/^line 1(?:, |: )/, "")).join("; ");
    }
  }

  #find(header: readonly string[]): CsvColumns & { readonly time: number | undefined } {
    const { task, source, time } = this.#options;
    const { features } = task.input;
    const isFeature = time !== undefined && features.includes(time);
    const drop = [
      ...(source.drop === undefined ? [] : namesIn(source.drop)),
      ...(time === undefined || isFeature ? [] : [time]),
    ];
    const names = header.map(normalised);
    const columns = findColumns("the stream", header, {
      labels: this.#labels,
      features: features.length > 0 ? features : undefined,
      columns: source.columns as NameList | undefined,
      ...(drop.length > 0 && { drop }),
      owner: source.owner,
    });
    const wanted = columnCount(task);
    if (columns.features.length !== wanted)
      throw new HearsayError(
        "ERR_DATA",
        `the stream has ${columns.features.length} feature columns, the task's input is ${wanted}`,
      );
    if (time === undefined) return { ...columns, time: undefined };
    const place = names.indexOf(normalised(time));
    if (place < 0)
      throw new HearsayError(
        "ERR_DATA",
        `there is no column "${time}" (--time); the header has ${names.slice(0, 20).join(", ")}`,
      );
    return { ...columns, time: place };
  }
}
