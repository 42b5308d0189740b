/** Files that a test writes and its end removes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** Writes `content` under `name` in a folder of its own; returns the path. */
export function temporaryFile(context: TestContext, name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(context), name);
  writeFileSync(path, content);
  return path;
}

export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "hearsay-data-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
