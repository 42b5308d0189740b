/** `hearsay init --from FILE`: all peers begin with these parameters. The task holds their hash, so that it is another task than the one that begins elsewhere. */
import type { Document } from "yaml";
import { numParams } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { startHash } from "../../../protocol/task/start.ts";
import { nodeCrypto } from "../../crypto.ts";
import { readStart } from "../../disk/start-file.ts";

/** Sets `start` in a document that is complete otherwise; what was taken, for people. @throws as `readStart`. */
export async function useStart(document: Document, path: string): Promise<string> {
  const task = parseTask(document.toJS());
  const hash = startHash(await readStart(path, task), nodeCrypto);
  document.set("start", document.createNode(hash));
  const node = document.getIn(["start"], true) as { comment?: string | null };
  node.comment = " SHA-256 of the first parameters; a peer has them from hearsay up --start, or from the invite";
  return `${path}: ${numParams(task)} parameters; hearsay up needs it with --start, whoever joins has it from a peer`;
}
