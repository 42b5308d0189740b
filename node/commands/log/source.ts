/** Where the log of a state directory is read: from the peer that runs on it, else from its database. */

import { stat } from "node:fs/promises";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Store } from "../../../protocol/base/seams.ts";
import { readJsonl } from "../../../protocol/log/export/jsonl.ts";
import { type LogSource, openStoredExport } from "../../../protocol/log/export/stored-export.ts";
import { verifyExport } from "../../../protocol/log/export/verify-export.ts";
import { storedGenerations } from "../../../protocol/log/stored/records.ts";
import { verifyStoredLog } from "../../../protocol/log/stored/stored.ts";
import type { VerifyOptions } from "../../../protocol/log/verify/verifier.ts";
import type { Verification } from "../../../protocol/log/verify/verify.ts";
import { isGeneration } from "../../../protocol/wire/values.ts";
import { askApi, TURN_WITHIN_MS } from "../../api/ask.ts";
import { nodeCrypto } from "../../crypto.ts";
import { databasePath } from "../../disk/state-dir.ts";
import { openStoreToRead } from "../../disk/store-copy.ts";

/** The logs of the key in a state directory. */
export interface StateLogs {
  /** Of which there is anything, ascending. */
  generations(): Promise<readonly number[]>;
  /** One of them, of the current generation unless told; not verified. @throws HearsayError ERR_STATE where there is none. */
  log(generation?: number): Promise<LogSource>;
}

/**
 * Gives the log of a state directory, of the current generation unless told, to `use`, and the others beside it; nothing is verified.
 * @throws HearsayError ERR_STATE where there is none, ERR_CONFIG for a generation that is no number.
 */
export async function withLog<T>(
  stateDir: string,
  generation: string | undefined,
  use: (log: LogSource, logs: StateLogs) => Promise<T>,
): Promise<T> {
  const wanted = generationIn(generation);
  const running = await runningLog(stateDir, wanted);
  if (running !== undefined) return use(running, logsOfRunning(stateDir));
  const store = await openLogStore(stateDir);
  const log = (one?: number) => openStoredExport(store, nodeCrypto, one);
  try {
    return await use(await log(wanted), { generations: () => storedGenerations(store), log });
  } finally {
    await store.close();
  }
}

/** The value of --generation. @throws HearsayError ERR_CONFIG where it is no number of one. */
export function generationIn(text: string | undefined): number | undefined {
  const generation = text === undefined ? undefined : Number(text);
  if (generation !== undefined && !isGeneration(generation))
    throw new HearsayError("ERR_CONFIG", `--generation ${text}: give a whole number from 0`);
  return generation;
}

function logsOfRunning(stateDir: string): StateLogs {
  const gone = () => new HearsayError("ERR_STATE", "the peer ended while its log was read");
  return {
    async generations() {
      const response = await askApi(stateDir, "/generations");
      if (response === undefined) throw gone();
      return (await response.json()) as number[];
    },
    async log(generation) {
      const log = await runningLog(stateDir, generation);
      if (log === undefined) throw gone();
      return log;
    },
  };
}

/**
 * Verifies the log of a state directory: of a peer that runs the current generation as it would export it, else all that its database
 * holds of all generations. @throws HearsayError ERR_STATE where there is none.
 */
export async function verifyStateLog(stateDir: string, options: VerifyOptions): Promise<Verification> {
  const running = await logOfRunning(stateDir);
  if (running !== undefined) return verifyExport(running, options);
  const store = await openLogStore(stateDir);
  try {
    return await verifyStoredLog(store, options);
  } finally {
    await store.close();
  }
}

/** The log of the peer that runs and holds the database; undefined where none does. */
async function runningLog(stateDir: string, generation?: number): Promise<LogSource | undefined> {
  const first = await logOfRunning(stateDir, generation);
  if (first === undefined) return undefined;
  const { header, entries } = await readJsonl(first, nodeCrypto);
  if (header === undefined) throw new HearsayError("ERR_STATE", "the peer that runs is of an older version");
  let unread: AsyncIterable<Uint8Array> | undefined = entries;

  async function* again(): AsyncGenerator<Uint8Array> {
    const chunks = await logOfRunning(stateDir, header?.generation);
    if (chunks === undefined) throw new HearsayError("ERR_STATE", "the peer ended while its log was read");
    let left = header?.size ?? 0; // it may have grown
    for await (const signed of (await readJsonl(chunks, nodeCrypto)).entries) {
      yield signed;
      if (--left === 0) return;
    }
  }

  return {
    header,
    entries() {
      const source = unread ?? again();
      unread = undefined;
      return source;
    },
  };
}

/** The export of a running peer, as it comes. */
async function logOfRunning(stateDir: string, generation?: number): Promise<AsyncIterable<Uint8Array> | undefined> {
  const query = generation === undefined ? "" : `?generation=${generation}`;
  const response = await askApi(stateDir, `/log${query}`, TURN_WITHIN_MS);
  return response?.body ?? undefined;
}

/** The database of a peer that does not run. @throws HearsayError ERR_STATE where there is none. */
export async function openLogStore(stateDir: string): Promise<Store> {
  return openStoreToRead(databasePath(stateDir));
}

/** @throws HearsayError ERR_STATE, with what to name instead, where there is no file. */
export async function requireFile(path: string, remedy: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) return;
  const why = found === undefined ? `there is no ${path}` : `${path} is a folder`;
  throw new HearsayError("ERR_STATE", `${why}: ${remedy}`, { path });
}
