/**
 * `released.safetensors` in the state directory: the release that answers predictions, where the task has release keys. It is there exactly while one does,
 * so that `hearsay predict` needs no running peer.
 */
import { readFile, rm } from "node:fs/promises";
import type { Task } from "../../protocol/base/task.ts";
import { decodeSafetensors } from "../../protocol/codec/safetensors.ts";
import type { ServedRelease } from "../../protocol/peer/release/serving.ts";
import { asDiskFault } from "../disk/disk-fault.ts";
import { encodeModel } from "../disk/model-file.ts";
import { writeWhole } from "../disk/whole-file.ts";

export interface ServedFile {
  /** Another release serves, or none. */
  changed(release: ServedRelease | undefined): void;
  /** Resolves when the file is as it should be. */
  flush(): Promise<void>;
}

export interface ServedFileOptions {
  readonly path: string;
  readonly task: Task;
  readonly taskId: string;
  readonly peerId: string;
  /** What happens once the file is there, or gone; not where it was there before. */
  promoted(release: ServedRelease | undefined): void;
  readonly warn?: (message: string) => void;
}

export function createServedFile({ path, task, taskId, peerId, promoted, warn }: ServedFileOptions): ServedFile {
  let writing: Promise<void> = Promise.resolve();

  async function write(release: ServedRelease | undefined): Promise<void> {
    if (release !== undefined && release.id === (await releaseIn(path))) return; // as before the last stop
    if (release === undefined) await rm(path, { force: true });
    else {
      const { id, name } = release;
      const facts = { peerId, cycle: 0, release: { id, name } };
      await writeWhole(path, encodeModel(release.params, task, taskId, facts), { mode: 0o600 });
    }
    promoted(release);
  }

  return {
    changed(release) {
      writing = writing
        .then(() => write(release))
        .catch((error: unknown) => warn?.(`the release is not written: ${(asDiskFault(error) as Error).message}`));
    },
    flush: () => writing,
  };
}

/** The id of the release in a file; undefined where there is none that can be read. */
async function releaseIn(path: string): Promise<string | undefined> {
  try {
    return decodeSafetensors(await readFile(path)).metadata.releaseId;
  } catch {
    return undefined;
  }
}
