/** A file that holds no parameters is refused by its name: whoever gave several files knows which one is meant. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readStart } from "../../../node/disk/start-file.ts";
import { blobTask } from "../../support/blobs.ts";

test("a table where parameters were to be given is refused with its path and what to give", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-start-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "rows.csv");
  await writeFile(path, "alcohol,ash\n1,2\n");
  const message = /rows\.csv: not a safetensors file: .*; give the parameters as hearsay export/;
  await assert.rejects(readStart(path, blobTask({})), { code: "ERR_DECODE", message });
});
