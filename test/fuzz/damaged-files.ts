/** Feeds a reader with damaged copies of files that it reads. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createRng, type Rng } from "../../protocol/base/rng.ts";

export interface FileReader {
  /** Also the name under which files are written, so that it ends as the reader wants. */
  readonly file: string;
  /** What it accepts, to be damaged. */
  readonly valid: readonly Uint8Array[];
}

export interface Damaging {
  /** Where the files are written. */
  readonly folder: string;
  /** Names the draws, with the file. */
  readonly seed: string;
  readonly runs: number;
  damage(rng: Rng, bytes: Uint8Array): Uint8Array;
  /** True where the file was read. @throws where it was neither read nor refused as it should be. */
  readsOrRefuses(path: string): Promise<boolean>;
}

const SHOWN_CHARACTERS = 2000;

/** How many of so many damaged files were read; fails with the seed and the file where one was neither read nor refused. */
export async function countRead(reader: FileReader, damaging: Damaging, context: TestContext): Promise<number> {
  const { folder, runs, damage, readsOrRefuses } = damaging;
  const path = join(folder, reader.file);
  const seed = `${damaging.seed}/${reader.file}/1`;
  const draw = createRng(seed);
  for (const bytes of reader.valid) {
    writeFileSync(path, bytes);
    assert.ok(await readsOrRefuses(path), "the real files are read");
  }
  let accepted = 0;
  for (let i = 0; i < runs; i++) {
    const rng = draw.fork(i);
    const bytes = damage(rng, reader.valid[rng.below(reader.valid.length)] as Uint8Array);
    writeFileSync(path, bytes);
    try {
      if (await readsOrRefuses(path)) accepted++;
    } catch (cause) {
      const shown = JSON.stringify(Buffer.from(bytes).toString("latin1").slice(0, SHOWN_CHARACTERS));
      throw new Error(`seed "${seed}" input ${i}: ${shown}`, { cause });
    }
  }
  context.diagnostic(`seed "${seed}": ${runs} files, ${accepted} read`);
  return accepted;
}
