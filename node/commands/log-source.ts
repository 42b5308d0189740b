/** Where the log of a state directory is read: from the peer that runs on it, else from its database. */

import { access } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { HearsayError } from "../../protocol/errors.ts";
import { storedEntries, verifyStoredLog } from "../../protocol/log/chain.ts";
import { readEntry } from "../../protocol/log/entry.ts";
import { formatLine, verifyLines } from "../../protocol/log/jsonl.ts";
import type { Verification, VerifyOptions } from "../../protocol/log/verify.ts";
import type { Store } from "../../protocol/seams.ts";
import { askApi } from "../api.ts";
import { nodeCrypto } from "../crypto.ts";
import { openStore } from "../store.ts";

/**
 * The log as JSON lines, not verified.
 * @throws HearsayError ERR_STATE where there is none, ERR_DECODE at a damaged entry.
 */
export async function* logLines(stateDir: string): AsyncIterable<string> {
  const running = await runningLog(stateDir);
  if (running !== undefined) return yield* running;
  const store = await openLogStore(stateDir);
  try {
    for await (const signed of storedEntries(store)) yield formatLine(readEntry(signed, nodeCrypto));
  } finally {
    await store.close();
  }
}

/** Verifies the log of a state directory. @throws HearsayError ERR_STATE where there is none. */
export async function verifyStateLog(stateDir: string, options: VerifyOptions): Promise<Verification> {
  const running = await runningLog(stateDir);
  if (running !== undefined) return verifyLines(running, options);
  const store = await openLogStore(stateDir);
  try {
    return await verifyStoredLog(store, options);
  } finally {
    await store.close();
  }
}

/** From the peer that runs and holds the database; undefined where none does. */
async function runningLog(stateDir: string): Promise<AsyncIterable<string> | undefined> {
  const response = await askApi(stateDir, "/log");
  if (!response?.body) return undefined;
  // the DOM's and Node's types of web streams differ by name only
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  return createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY });
}

/** The database of a peer that does not run. @throws HearsayError ERR_STATE where there is none. */
export async function openLogStore(stateDir: string): Promise<Store> {
  const path = join(stateDir, "db");
  await access(path).catch(() => {
    throw new HearsayError("ERR_STATE", `${stateDir} has no log: no peer ever ran on it`, { path });
  });
  return openStore(path);
}
