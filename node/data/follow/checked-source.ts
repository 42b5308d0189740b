/** A source of records as a stream of rows: what does not fit the task is put aside, counted and told. */
import type { Clock } from "../../../protocol/base/seams.ts";
import type { StreamRow } from "../../../protocol/learn/stream/slot-rows.ts";
import type { Batch, StreamSource } from "../../../protocol/learn/stream/stream.ts";
import type { OpenSource } from "../sources/source.ts";
import type { DeadLetter, DeadLetters } from "./dead-letters.ts";
import type { RowCheck } from "./row-check.ts";
import type { SeriesRecords } from "./series-records.ts";

export interface CheckedSourceParts {
  readonly source: OpenSource;
  readonly check: RowCheck;
  readonly letters: DeadLetters;
  /** Where the source gives the values of a series: makes rows of them. */
  readonly series?: SeriesRecords | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly warn?: (message: string) => void;
}

/** Of a series, where its source goes on and what its rows look back on: one without the other would lose rows, or make them of other values. */
export interface SeriesPosition {
  readonly source?: unknown;
  readonly series: ReturnType<SeriesRecords["state"]>;
}

export function createCheckedSource({ source, check, letters, series, clock, warn }: CheckedSourceParts): StreamSource {
  let bad = 0;
  return {
    name: source.name,
    async take(maxRows): Promise<Batch> {
      const { records, isMore } = await source.take(maxRows);
      const rows: StreamRow[] = [];
      const refused: DeadLetter[] = [];
      const made = series === undefined ? records : series.rowsOf(records, clock.now());
      for (const checked of check.check(made, clock.now())) {
        if ("row" in checked) rows.push(checked.row);
        else refused.push({ source: source.name, reason: checked.reason, row: checked.record.text });
      }
      if (bad === 0 && refused.length > 0)
        warn?.(
          `${source.name}: a row does not fit the task (${refused[0]?.reason}); such rows are listed in ${letters.path}`,
        );
      bad += refused.length;
      await letters.add(refused, clock.now());
      const position = records.length > 0 ? positionOf(source, series) : undefined;
      return {
        rows,
        bad,
        isMore,
        ...(series && { apart: { ...series.tallies } }),
        ...(position !== undefined && { position }),
      };
    },
    acknowledge: () => source.acknowledge(),
  };
}

function positionOf(source: OpenSource, series: SeriesRecords | undefined): unknown {
  const place = source.position();
  if (series === undefined) return place;
  return { ...(place !== undefined && { source: place }), series: series.state() } satisfies SeriesPosition;
}
