/**
 * Another peer's log and the models that it names, fetched over the network for an audit (`hearsay log audit PEER`): the log as an export in
 * JSON lines, which is then verified like any file. Nothing here is trusted.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { equalBytes } from "../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Clock, PeerId, Transport, Verdict } from "../../protocol/base/seams.ts";
import { numParams, type Task } from "../../protocol/base/task.ts";
import { codecOf } from "../../protocol/codec/registry.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "../../protocol/log/entry/entry.ts";
import type { ExportHeader } from "../../protocol/log/export/exported.ts";
import { writeJsonl } from "../../protocol/log/export/jsonl.ts";
import { readCheckpoint } from "../../protocol/log/tree/checkpoint.ts";
import type { LogWatch, OtherLogs } from "../../protocol/peer/account/log-watch.ts";
import { pullBlob } from "../../protocol/peer/inbound/pull-blob.ts";
import { publicKeyFromPeerId } from "../../protocol/wire/identity.ts";
import {
  decodeCheckpointAnswer,
  decodeEntriesAnswer,
  decodeGenerationsAnswer,
  encodeLogRequest,
  LOG_PROTOCOL,
  type LogRequest,
} from "../../protocol/wire/log-messages.ts";
import { taskNames } from "../../protocol/wire/messages.ts";
import { wallClock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";

export interface RemoteLogs {
  /**
   * The log of a neighbour, of the current generation unless told, up to its newest checkpoint, as lines with their ends; what the peer does not
   * send is missing in it.
   * @throws HearsayError ERR_TOO_LARGE (more entries than are fetched), ERR_CONFIG (no peer id), ERR_UNREACHABLE (no neighbour now), ERR_TIMEOUT, ERR_NOT_FOUND, ERR_DECODE.
   */
  log(peer: PeerId, generation?: number): Promise<AsyncIterable<string>>;
  /**
   * The newest entries of a neighbour's current log up to its checkpoint, oldest first, at most `most` and as many as come in one answer. Each is signed by
   * the neighbour for this log; what is not is left out.
   * @throws HearsayError as `log`.
   */
  newest(peer: PeerId, most: number): Promise<Entry[]>;
  /** The generations of a neighbour's logs that it has, ascending. @throws HearsayError as `log`. */
  generations(peer: PeerId): Promise<number[]>;
  /** What a peer announced of that log of its to this one, sealed, in base64: to hold a copy of the log against. */
  heads(peer: PeerId, generation: number): readonly string[];
  /** Evidence that the owner found in files: this peer looks at it as at what comes by gossip. `ignore` where it answers for no logs. */
  found(evidence: Uint8Array): Verdict;
  /** A body or parameter vector by SHA-256, from the first of these peers that has it. */
  blob(hash: Uint8Array, peers: readonly PeerId[]): Promise<Uint8Array | undefined>;
}

/** How often a neighbour is asked that answers with ERR_RATE, and the time between. */
const ATTEMPTS = 60;
const RETRY_MS = 1000;

/** Entries that are asked for at once; as many come as fit into a frame. */
const ENTRIES_ASKED = 4096;

export interface RemoteLogsOptions {
  readonly clock?: Clock;
  /** What this peer knows of the logs of others: what is fetched is held against it. */
  readonly known?: OtherLogs;
  /** The most bytes of entries that are fetched of one log; LIMITS.maxAuditedBytes where left out. */
  readonly maxLogBytes?: number;
}

/** How logs are asked for, and of which task. */
interface Asking {
  readonly transport: Transport;
  readonly task: Task;
  readonly taskId: Uint8Array;
  readonly clock: Clock;
  readonly maxLogBytes: number;
}

export function createRemoteLogs(
  transport: Transport,
  task: Task,
  taskId: Uint8Array,
  { clock = wallClock, known, maxLogBytes = LIMITS.maxAuditedBytes }: RemoteLogsOptions = {},
): RemoteLogs {
  const asking: Asking = { transport, task, taskId, clock, maxLogBytes };
  return {
    generations: (peer) => generationsOf(asking, peer),
    log: async (peer, generation) => fetchLog(asking, peer, generation, known),
    newest: (peer, most) => newestOf(asking, peer, most),
    heads: (peer, generation) =>
      (known?.heads(peer, generation) ?? []).map(({ sealed }) => Buffer.from(sealed).toString("base64")),
    found: (evidence) => known?.found(evidence) ?? { verdict: "ignore" },
    blob: (hash, peers) => fetchBlob(asking, hash, peers),
  };
}

async function fetchLog(
  asking: Asking,
  peer: PeerId,
  wanted: number | undefined,
  known: OtherLogs | undefined,
): Promise<AsyncIterable<string>> {
  const { taskId } = asking;
  const publicKey = publicKeyFromPeerId(peer);
  if (publicKey === undefined) throw new HearsayError("ERR_CONFIG", `${peer} is no peer id`);
  const generation = wanted ?? (await generationsOf(asking, peer)).at(-1) ?? 0;
  const logId = logIdOf(publicKey, taskId, nodeCrypto, generation);
  const { note, cosigned } = decodeCheckpointAnswer(await ask(asking, peer, { what: "checkpoint", logId }));
  const { size } = readCheckpoint(note);
  if (size > LIMITS.maxAuditedEntries) {
    const most = `at most ${LIMITS.maxAuditedEntries} are fetched`;
    throw new HearsayError(
      "ERR_TOO_LARGE",
      `the log of ${peer} has ${size} entries, and ${most}: ask its owner for an export (hearsay log export)`,
      { size },
    );
  }
  const watch = known?.watch(peer, generation);
  for (const shown of [note, cosigned]) if (shown !== undefined) watch?.checkpoint(shown);
  const own = { publicKey, task: taskId, generation, size };
  const header: ExportHeader = { ...own, checkpoint: note, cosigned: cosigned ?? null, evidence: [] };
  return writeJsonl(header, watched(entriesOf(asking, peer, logId, size, watch), watch), nodeCrypto);
}

async function newestOf(asking: Asking, peer: PeerId, most: number): Promise<Entry[]> {
  const publicKey = publicKeyFromPeerId(peer);
  if (publicKey === undefined) throw new HearsayError("ERR_CONFIG", `${peer} is no peer id`);
  const generation = (await generationsOf(asking, peer)).at(-1) ?? 0;
  const logId = logIdOf(publicKey, asking.taskId, nodeCrypto, generation);
  const { note } = decodeCheckpointAnswer(await ask(asking, peer, { what: "checkpoint", logId }, 1));
  const from = Math.max(0, readCheckpoint(note).size - most);
  const answer = await ask(asking, peer, { what: "entries", logId, from, limit: most }, 1);
  const entries = decodeEntriesAnswer(answer).entries.slice(0, most);
  return entries
    .map((signed) => readEntry(signed, nodeCrypto))
    .filter((entry) => equalBytes(entry.logId, logId) && signatureHolds(entry, nodeCrypto, publicKey));
}

async function generationsOf(asking: Asking, peer: PeerId): Promise<number[]> {
  return decodeGenerationsAnswer(await ask(asking, peer, { what: "generations", task: asking.taskId }));
}

async function fetchBlob(
  { transport, task, taskId, clock }: Asking,
  hash: Uint8Array,
  peers: readonly PeerId[],
): Promise<Uint8Array | undefined> {
  const modules = { transport, crypto: nodeCrypto, clock };
  const { signal } = new AbortController();
  // a body, or a parameter vector, which is longer where the codec has fewer bits
  const maxBytes = Math.max(codecOf(task, taskId).maxBytes, Float32Array.BYTES_PER_ELEMENT * numParams(task));
  for (const peer of peers) {
    try {
      return await pullBlob(modules, peer, taskNames(taskId).blob, { hash, maxBytes, signal });
    } catch (error) {
      if (!isHearsayError(error)) throw error; // whatever it was, the next may have it
    }
  }
  return undefined;
}

/** A peer that answers too many at the moment is asked again: it earns what one answer costs in less than a second. */
async function ask(asking: Asking, peer: PeerId, request: LogRequest, attempts = ATTEMPTS): Promise<Uint8Array> {
  try {
    return await asking.transport.request(peer, LOG_PROTOCOL, encodeLogRequest(request));
  } catch (error) {
    if (!isHearsayError(error, "ERR_RATE") || attempts <= 1) throw error;
    await sleep(RETRY_MS);
    return ask(asking, peer, request, attempts - 1);
  }
}

/** Ends early where the peer refuses, or sends too little, too slowly or too much: the header says that more should come. */
async function* entriesOf(
  asking: Asking,
  peer: PeerId,
  logId: Uint8Array,
  size: number,
  watch: LogWatch | undefined,
): AsyncIterable<Uint8Array> {
  const { clock, maxLogBytes } = asking;
  const startedMs = clock.monotonicMs();
  let [from, bytes] = [0, 0];
  while (from < size) {
    const limit = Math.min(ENTRIES_ASKED, size - from);
    const answer = await orNothing(() => ask(asking, peer, { what: "entries", logId, from, limit }));
    const some = answer === undefined ? [] : decodeEntriesAnswer(answer).entries.slice(0, limit);
    if (some.length < Math.min(LIMITS.minEntriesAnswered, limit)) return;
    bytes += some.reduce((sum, { length }) => sum + length, 0);
    if (bytes > maxLogBytes || tooSlow(bytes, clock.monotonicMs() - startedMs)) return;
    watch?.entries(from, some);
    yield* some;
    from += some.length;
  }
}

/** The same, and then what came to light is acted on. */
async function* watched(fetched: AsyncIterable<Uint8Array>, watch: LogWatch | undefined): AsyncIterable<Uint8Array> {
  try {
    yield* fetched;
  } finally {
    watch?.end();
  }
}

/** Beyond what one answer may take, and the rate that a body has to have too. */
function tooSlow(bytes: number, ms: number): boolean {
  return ms > ATTEMPTS * RETRY_MS + LIMITS.requestTimeoutMs + (1000 * bytes) / LIMITS.minBytesPerSecond;
}

/** Undefined where the peer refuses, or goes. */
async function orNothing<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (isHearsayError(error)) return undefined;
    throw error;
  }
}
