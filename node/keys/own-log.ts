/** The log of a peer that does not run, for the commands that add to it: who holds the database is alone with it (disk/store.ts). */
import { equalBytes } from "../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import type { Identity, Store } from "../../protocol/base/seams.ts";
import type { Statement } from "../../protocol/log/entry/bodies.ts";
import type { Entry } from "../../protocol/log/entry/entry.ts";
import { encodeEvidence, evidenceKey } from "../../protocol/log/entry/evidence.ts";
import { NO_SUCCESSOR, succeededBy } from "../../protocol/log/entry/succession.ts";
import { type Log, type LogOptions, openLog } from "../../protocol/log/stored/chain.ts";
import { AGENT } from "../../protocol/peer/inbound/greet.ts";
import { peerIdFromPublicKey } from "../../protocol/wire/identity.ts";
import { wallClock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";
import { databasePath } from "../disk/state-dir.ts";
import { openStore } from "../disk/store.ts";

/** Opens the log of `identity` in a store; where it has none, it begins with `first`. */
export function openOwnLog(
  store: Store,
  identity: Identity,
  taskId: Uint8Array,
  first?: LogOptions["first"],
): Promise<Log> {
  return openLog({
    store,
    identity,
    taskId,
    crypto: nodeCrypto,
    clock: wallClock,
    agent: AGENT,
    ...(first && { first }),
  });
}

/**
 * Gives the database of a state directory to `action`, and closes it.
 * @throws HearsayError ERR_STATE where there is none, or a running peer holds it.
 */
export async function withDatabase<T>(stateDir: string, action: (store: Store) => Promise<T>): Promise<T> {
  const path = databasePath(stateDir);
  const store = await openStore(path).catch((error: unknown) => {
    if (!isHearsayError(error) || error.details.code !== "LEVEL_LOCKED") throw error;
    throw new HearsayError("ERR_STATE", `a peer runs on ${stateDir}: stop it first`, { path }, error);
  });
  try {
    return await action(store);
  } finally {
    await store.close();
  }
}

/** How a key has ended. */
export interface Ended {
  /** The last entry of its log. */
  readonly end: Entry & Statement<"end">;
  /** What others believe of it without the log (protocol/log/entry/evidence.ts). */
  readonly evidence: Uint8Array;
}

/**
 * Ends the log in a store, with or without a successor, and keeps the evidence of it where a peer keeps what it knows of any key
 * (protocol/peer/account/bans.ts). A log that has ended already is left as it is.
 * @throws HearsayError ERR_STATE where it names another successor.
 */
export async function endLog(store: Store, identity: Identity, taskId: Uint8Array, next?: Identity): Promise<Ended> {
  const { peerId, publicKey } = identity;
  const log = await openOwnLog(store, identity, taskId);
  const end = (await lastWord(log)) ?? (await appendEnd(log, publicKey, next));
  const named = end.body.next;
  if (named !== null && (next === undefined || !equalBytes(named, next.publicKey))) {
    const successor = peerIdFromPublicKey(named);
    throw new HearsayError("ERR_STATE", `the key of ${peerId} has been replaced by that of ${successor} already`);
  }
  const statements = [{ what: "entry", bytes: end.signed }] as const;
  const evidence = encodeEvidence({ kind: "end", publicKey, task: taskId, generation: log.generation, statements });
  const key = evidenceKey(peerId);
  if ((await store.get(key)) === undefined) await store.write([{ key, value: evidence }]); // that of a fork weighs more
  return { end, evidence };
}

async function appendEnd(log: Log, publicKey: Uint8Array, next?: Identity): Promise<Ended["end"]> {
  const body = next === undefined ? NO_SUCCESSOR : succeededBy(next, { logId: log.logId, publicKey });
  const [end] = await log.append([{ type: "end", body }]);
  return end as Ended["end"];
}

/** The end entry, where there is one. */
async function lastWord(log: Log): Promise<Ended["end"] | undefined> {
  for await (const last of log.entries(log.head().seq)) if (last.type === "end") return last;
  return undefined;
}
