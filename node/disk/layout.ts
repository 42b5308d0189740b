/**
 * Which layout a database has. Software reads all layouts up to its own and writes its own; a newer one may hold what it does not know, or would take for damage
 * and repair away. So the file LAYOUT beside the database's files says which layout it is, and which version of Hearsay wrote that first. A version that does not know the layout
 * touches nothing. A database without the file has layout 1.
 *
 * Raise LAYOUT whenever what the version before reads would no longer be true, or would be refused: another version of a record, a log of another version.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HearsayError } from "../../protocol/base/errors.ts";
import { packageVersion } from "./package-root.ts";
import { writeWhole } from "./whole-file.ts";

/** Of what this version writes. */
export const LAYOUT = 1;
/** Beside LevelDB's files, which it leaves alone. */
export const LAYOUT_FILE = "LAYOUT";

/** The first line; people read the rest. */
const LINE = /^layout (\d{1,9}), hearsay (\S{1,64})$/m;
const WORDS = "An older Hearsay that does not know this layout refuses the directory by this file: leave it here.\n";

/** What the file says; undefined where there is none, or it says nothing. */
function readLayout(directory: string): { readonly layout: number; readonly version: string } | undefined {
  try {
    const [, layout = "", version = ""] = LINE.exec(readFileSync(join(directory, LAYOUT_FILE), "utf8")) ?? [];
    return layout === "" ? undefined : { layout: Number(layout), version };
  } catch {
    return undefined; // from before there were such files, or not readable: opening the database says why
  }
}

/** Before the database is opened. @throws HearsayError ERR_STATE (details.code NEWER_LAYOUT) where a newer version wrote it. */
export function refuseNewerLayout(directory: string): void {
  const found = readLayout(directory);
  if (found === undefined || found.layout <= LAYOUT) return;
  const { layout, version } = found;
  const remedy = `install hearsay ${version} or newer again`;
  throw new HearsayError(
    "ERR_STATE",
    `${directory} was written by hearsay ${version} (layout ${layout}); this is hearsay ${packageVersion()}, which knows layouts up to ${LAYOUT}: ${remedy}; nothing was changed`,
    { directory, code: "NEWER_LAYOUT", layout, version, remedy },
  );
}

/** Before anything is written. A disk that takes nothing is left as it is: whoever writes next says so. */
export async function markLayout(directory: string): Promise<void> {
  if (readLayout(directory)?.layout === LAYOUT) return;
  const text = `layout ${LAYOUT}, hearsay ${packageVersion()}\n${WORDS}`;
  await writeWhole(join(directory, LAYOUT_FILE), text, { mode: 0o600 }).catch(() => {});
}
