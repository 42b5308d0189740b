/**
 * The state directory: where a peer of one task keeps what it has. Beside the files that `start.ts` names it holds `task.cbor`, the
 * manifest in canonical bytes, `config.yaml`, and `api.json` while the peer runs.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, toHex } from "../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import type { Task } from "../../protocol/base/task.ts";
import { decodeTask, encodeTask, parseTask } from "../../protocol/task/manifest.ts";
import { nodeCrypto } from "../crypto.ts";
import { parseTaskYaml } from "../task-yaml.ts";
import { writeWhole } from "./whole-file.ts";
import { makeDirectory, STATE, writingTo } from "./write-fault.ts";

export interface OpenTask {
  readonly task: Task;
  /** Lower-case hexadecimal. */
  readonly taskId: string;
}

export function configPath(stateDir: string): string {
  return join(stateDir, "config.yaml");
}

/** Of a database that is there. @throws HearsayError ERR_STATE where none is. */
export function databasePath(stateDir: string): string {
  const path = join(stateDir, "db");
  if (!existsSync(path))
    throw new HearsayError("ERR_STATE", `${stateDir} has no log: no peer ever ran on it`, { path });
  return path;
}

/** Of the archive (archive.ts). */
export function bodiesPath(stateDir: string): string {
  return join(stateDir, "bodies");
}

export function modelPath(stateDir: string): string {
  return join(stateDir, "model.safetensors");
}

/** The release that answers, where the task has release keys (release/served-file.ts). */
export function releasedPath(stateDir: string): string {
  return join(stateDir, "released.safetensors");
}

/**
 * The task of a state directory; where `taskFile` (YAML) is given it becomes the directory's, unless that has another already.
 * @throws HearsayError ERR_STATE, ERR_TASK.
 */
export async function openTask(stateDir: string, taskFile?: string): Promise<OpenTask> {
  const stored = await readIfThere(taskPath(stateDir));
  const given = taskFile === undefined ? undefined : encodeTask(await readTaskFile(taskFile));
  const manifest = stored ?? given;
  if (manifest === undefined) {
    throw new HearsayError(
      "ERR_STATE",
      `${stateDir} has no task yet: run hearsay up --task FILE (see hearsay init) or hearsay join INVITE first, or name another directory with --state`,
    );
  }
  if (stored !== undefined && given !== undefined && !equalBytes(stored, given)) {
    throw new HearsayError(
      "ERR_STATE",
      `${stateDir} belongs to task ${idOf(stored)}, ${taskFile} is ${idOf(given)}: use another --state for it`,
    );
  }
  const task = decodeTask(manifest);
  if (stored === undefined) await storeTask(stateDir, manifest);
  return { task, taskId: idOf(manifest) };
}

/** The task of a file, where one is named; else that of the state directory. @throws HearsayError ERR_STATE, ERR_TASK. */
export async function findTask(stateDir: string, taskFile: string | undefined): Promise<OpenTask> {
  if (taskFile === undefined) return openTask(stateDir);
  const task = await readTaskFile(taskFile);
  return { task, taskId: idOf(encodeTask(task)) };
}

/** Writes a manifest into a state directory that has none. @throws HearsayError ERR_CONFIG, ERR_STATE, with path and remedy. */
export async function storeTask(stateDir: string, manifest: Uint8Array): Promise<void> {
  await writingTo(stateDir, STATE, async () => {
    await makeDirectory(stateDir, 0o700);
    await writeWhole(taskPath(stateDir), manifest, { mode: 0o600 });
  });
}

/** A task as people write it. @throws HearsayError ERR_TASK with the file's name, and all faults. */
export async function readTaskFile(path: string): Promise<Task> {
  const source = await readTaskSource(path);
  try {
    return parseTask(source);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    throw new HearsayError(error.code, `${path}: ${error.message}`, { ...error.details, path }, error);
  }
}

/** What a task file says, unchecked. @throws HearsayError ERR_TASK where there is none, it is empty, or no YAML. */
export async function readTaskSource(path: string): Promise<unknown> {
  const text = await readIfThere(path);
  if (text === undefined)
    throw new HearsayError("ERR_TASK", `there is no ${path}: write one with hearsay init`, { path });
  const source = yamlOf(text, path);
  if (source === null || source === undefined)
    throw new HearsayError("ERR_TASK", `${path} is empty: write a task with hearsay init`, { path });
  return source;
}

function yamlOf(text: Uint8Array, path: string): unknown {
  try {
    return parseTaskYaml(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (error) {
    throw new HearsayError("ERR_TASK", `${path} is not YAML in UTF-8: ${(error as Error).message}`, { path }, error);
  }
}

export function taskPath(stateDir: string): string {
  return join(stateDir, "task.cbor");
}

function idOf(manifest: Uint8Array): string {
  return toHex(nodeCrypto.sha256(manifest));
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw new HearsayError("ERR_STATE", `cannot read ${path}: ${(error as Error).message}`, { path }, error);
  }
}
