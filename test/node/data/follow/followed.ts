/** What a source gives, in tests: its rows as numbers, and what was put aside. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createCheckedSource } from "../../../../node/data/follow/checked-source.ts";
import { createDeadLetters } from "../../../../node/data/follow/dead-letters.ts";
import { RowCheck } from "../../../../node/data/follow/row-check.ts";
import { sourceFor } from "../../../../node/data/sources/registry.ts";
import type { OpenSource, OpenSourceOptions } from "../../../../node/data/sources/source.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";

export const TASK = parseTask({
  name: "follow",
  input: { shape: [2], features: ["x", "y"] },
  output: { kind: "regression", targets: ["t"] },
  model: { kind: "softmax" },
});

export async function folderFor(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-follow-"));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function tableOptions(check: RowCheck): OpenSourceOptions["table"] {
  return {
    wanted: check.wanted,
    refuseHeader: (fields) => void check.columnsOf(fields),
    isHeader(fields) {
      try {
        check.columnsOf(fields);
        return true;
      } catch {
        return false;
      }
    },
  };
}

export class Followed {
  readonly source: OpenSource;
  readonly stream: ReturnType<typeof createCheckedSource>;
  bad = 0;

  private constructor(source: OpenSource, check: RowCheck, rejected: string) {
    this.source = source;
    const letters = createDeadLetters(rejected);
    this.stream = createCheckedSource({ source, check, letters, clock: { now: () => 1000 } });
  }

  static async open(
    path: string,
    rejected: string,
    { past, time, warn }: { past?: unknown; time?: string; warn?: (message: string) => void } = {},
  ): Promise<Followed> {
    const check = new RowCheck({ source: {}, task: TASK, time });
    const kind = await sourceFor(path);
    const source = await kind.open({
      path,
      past,
      columns: check.wanted,
      table: tableOptions(check),
      store: createMemoryStore(),
      ...(warn && { warn }),
    });
    return new Followed(source, check, rejected);
  }

  static around(source: (check: RowCheck) => OpenSource, rejected: string): Followed {
    const check = new RowCheck({ source: {}, task: TASK });
    return new Followed(source(check), check, rejected);
  }

  /** The targets of the rows that have come. */
  async take(most = 1000): Promise<number[]> {
    const { rows, bad } = await this.stream.take(most);
    this.bad = bad;
    return rows.map(({ targets }) => targets[0] as number);
  }
}
