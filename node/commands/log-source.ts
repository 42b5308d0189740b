/** Where the log of a state directory is read: from the peer that runs on it, else from its database. */

import { access } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { HearsayError } from "../../protocol/errors.ts";
import { storedEntries } from "../../protocol/log/chain.ts";
import { readEntry } from "../../protocol/log/entry.ts";
import { formatLine } from "../../protocol/log/jsonl.ts";
import { askApi } from "../api.ts";
import { nodeCrypto } from "../crypto.ts";
import { openStore } from "../store.ts";

/**
 * The log as JSON lines, not verified.
 * @throws HearsayError ERR_STATE where there is none.
 */
export async function* logLines(stateDir: string): AsyncIterable<string> {
  const response = await askApi(stateDir, "/log");
  if (response?.body) {
    // the DOM's and Node's types of web streams differ by name only
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    yield* createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY });
    return;
  }
  const path = join(stateDir, "db");
  await access(path).catch(() => {
    throw new HearsayError("ERR_STATE", `${stateDir} has no log: no peer ever ran on it`, { path });
  });
  const store = await openStore(path);
  try {
    for await (const signed of storedEntries(store)) yield formatLine(readEntry(signed, nodeCrypto));
  } finally {
    await store.close();
  }
}
