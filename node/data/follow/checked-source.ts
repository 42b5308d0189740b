/** A source of records as a stream of rows: what does not fit the task is put aside, counted and told. */
import type { Clock } from "../../../protocol/base/seams.ts";
import type { StreamRow } from "../../../protocol/learn/stream/slot-rows.ts";
import type { Batch, StreamSource } from "../../../protocol/learn/stream/stream.ts";
import type { OpenSource } from "../sources/source.ts";
import type { DeadLetter, DeadLetters } from "./dead-letters.ts";
import type { RowCheck } from "./row-check.ts";

export interface CheckedSourceParts {
  readonly source: OpenSource;
  readonly check: RowCheck;
  readonly letters: DeadLetters;
  readonly clock: Pick<Clock, "now">;
  readonly warn?: (message: string) => void;
}

export function createCheckedSource({ source, check, letters, clock, warn }: CheckedSourceParts): StreamSource {
  let bad = 0;
  return {
    name: source.name,
    async take(maxRows): Promise<Batch> {
      const { records, isMore } = await source.take(maxRows);
      const rows: StreamRow[] = [];
      const refused: DeadLetter[] = [];
      for (const checked of check.check(records, clock.now())) {
        if ("row" in checked) rows.push(checked.row);
        else refused.push({ source: source.name, reason: checked.reason, row: checked.record.text });
      }
      if (bad === 0 && refused.length > 0)
        warn?.(
          `${source.name}: a row does not fit the task (${refused[0]?.reason}); such rows are listed in ${letters.path}`,
        );
      bad += refused.length;
      await letters.add(refused, clock.now());
      const position = records.length > 0 ? source.position() : undefined;
      return { rows, bad, isMore, ...(position !== undefined && { position }) };
    },
    acknowledge: () => source.acknowledge(),
  };
}
