/** The sources of rows without end. One more is its file and its place in this list. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { file } from "./file.ts";
import { folder } from "./folder.ts";
import { mqtt } from "./mqtt.ts";
import type { SourceKind } from "./source.ts";
import { standardInput } from "./standard-input.ts";

export const SOURCES: readonly SourceKind[] = [standardInput, mqtt, folder, file];

/** The source that a `data.path` names. @throws HearsayError ERR_DATA where it names none. */
export async function sourceFor(path: string, sources: readonly SourceKind[] = SOURCES): Promise<SourceKind> {
  for (const source of sources) if (await source.isMeantBy(path)) return source;
  const known = sources.map(({ name, about }) => `\n  ${name}: ${about}`).join("");
  throw new HearsayError("ERR_DATA", `${path}: nothing of that kind can be followed; what can:${known}`, { path });
}
