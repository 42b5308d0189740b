/**
 * The composition root of a real peer: libp2p, LevelDB, the wall clock and a trainer in a worker thread around
 * `protocol/peer`. One state directory holds one peer of one task:
 *
 *   key                 the peer's private key (mode 0600)
 *   db/                 log, parameters, address book (LevelDB)
 *   model.safetensors   the model for predictions, rewritten as it improves
 *   bodies/             what its newest merges were made of, for audits
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../protocol/bytes.ts";
import { HearsayError, isHearsayError } from "../protocol/errors.ts";
import type { Dataset } from "../protocol/learn/dataset.ts";
import { encodeTask } from "../protocol/manifest.ts";
import { openAddressBook } from "../protocol/membership/address-book.ts";
import type { PeerEvent } from "../protocol/peer/context.ts";
import { createPeer, type Peer } from "../protocol/peer/peer.ts";
import { createRng } from "../protocol/rng.ts";
import type { Aggregator, Store, Trainer, Transport } from "../protocol/seams.ts";
import type { Task } from "../protocol/task.ts";
import { taskNames } from "../protocol/wire/messages.ts";
import { type FileArchive, openArchive, type Retention } from "./archive.ts";
import { wallClock } from "./clock.ts";
import { nodeCrypto } from "./crypto.ts";
import { type EngineChoice, startEngine } from "./engines/client.ts";
import { retellEnds } from "./farewell.ts";
import { loadOrCreateIdentity } from "./keys.ts";
import { serviceTagOf, startLibp2p } from "./libp2p.ts";
import { peerIn, startMembership } from "./membership.ts";
import { createModelFile } from "./model-file.ts";
import type { AskPassphrase } from "./passphrase.ts";
import { findPlace } from "./place.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { createRemoteLogs, type RemoteLogs } from "./remote-log.ts";
import { settleRotation } from "./rotation.ts";
import { bodiesPath } from "./state-dir.ts";
import { openStore } from "./store.ts";
import { createTransport } from "./transport.ts";

export interface StartOptions {
  readonly stateDir: string;
  readonly task: Task;
  readonly train: Dataset;
  readonly holdout?: Dataset;
  readonly engine: EngineChoice;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** Multiaddrs of peers to start from. */
  readonly bootstrap: readonly string[];
  readonly mdns: boolean;
  /** Shortest time between the starts of two trainings. */
  readonly minCycleMs: number;
  /** Peers that are dialled at most; more may connect from outside. */
  readonly maxOutbound: number;
  /** What is kept for audits; nothing where left out. */
  readonly retention?: Retention;
  readonly observe?: (event: PeerEvent) => void;
  /** Gives the passphrase of a protected key; from environment or terminal where left out. */
  readonly passphrase?: AskPassphrase;
  /** Sentences for the user: what works, but should be mended. */
  readonly warn?: (message: string) => void;
  /** A simulation or a test puts its own trainer around the real one. */
  readonly wrapTrainer?: (trainer: Trainer) => Trainer;
  /** A test makes a liar of it. */
  readonly wrapTransport?: (transport: Transport) => Transport;
}

export interface RunningPeer {
  readonly peer: Peer;
  readonly store: Store;
  readonly archive?: FileArchive;
  /** Logs of others, for audits. */
  readonly remote: RemoteLogs;
  /** Multiaddrs with peer id, to give to others. */
  addresses(): string[];
  /** Settles when the peer has ended; rejects if it failed. */
  readonly done: Promise<void>;
  /** Ends cleanly: finishes the step in progress, closes connections, saves. */
  stop(): Promise<void>;
}

/** A step in progress at `stop` gets this long before its worker is ended. */
const STOP_GRACE_MS = 3_000;

/**
 * Starts a peer, and returns once it learns.
 * @throws HearsayError ERR_STATE | ERR_LOG_CHAIN | ERR_ENGINE | ERR_DATA, with what to do about it.
 */
export async function startPeer(options: StartOptions): Promise<RunningPeer> {
  const { stateDir, task, train, holdout } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const tightened = await makePrivateDirectory(stateDir);
    if (tightened !== undefined) options.warn?.(tightened);
    await settleRotation(stateDir);
    refuseLostLog(stateDir);
    const store = await openStore(join(stateDir, "db"));
    closers.push(() => store.close());
    const place = await findPlace(join(stateDir, "db"), store);
    const { identity, privateKey, warnings } = await loadOrCreateIdentity(join(stateDir, "key"), options.passphrase);
    for (const warning of warnings) options.warn?.(warning);

    const engine = await startEngine({ task, train, ...(holdout && { holdout }), engine: options.engine });
    closers.push(() => engine.close());
    if (engine.warning !== undefined) options.warn?.(engine.warning);
    const trainer = options.wrapTrainer?.(engine) ?? engine;
    const aggregator: Aggregator = engine;

    const taskId = nodeCrypto.sha256(encodeTask(task));
    const rng = createRng(`${identity.peerId}/${randomUUID()}`);
    const names = taskNames(taskId);
    const { node, traffic } = await startLibp2p({
      privateKey,
      listen: options.listen,
      mdns: options.mdns,
      serviceTag: serviceTagOf(taskId),
      topics: [names.announce, names.evidence],
    });
    closers.push(async () => node.stop());
    const book = await openAddressBook({ clock: wallClock, rng: rng.fork("book"), store, self: identity.peerId });
    const direct = createTransport(node, traffic, (peer) => book.ban(peer));
    const transport = options.wrapTransport?.(direct) ?? direct;

    const archive =
      options.retention &&
      openArchive({ ...options, directory: bodiesPath(stateDir), clock: wallClock, retention: options.retention });
    if (archive !== undefined) closers.push(() => archive.close());
    const modelFile = createModelFile(join(stateDir, "model.safetensors"), task, toHex(taskId));
    const configured = options.bootstrap.map(peerIn).filter((peer) => peer !== undefined);
    const peer = await createPeer(
      { task, minCycleMs: options.minCycleMs, explain: true, configured },
      {
        clock: wallClock,
        crypto: nodeCrypto,
        identity,
        transport,
        store,
        trainer,
        aggregator,
        rng,
        ...(archive && { archive }),
        place,
        observe(event) {
          options.observe?.(event);
          if (event.kind === "merged" || event.kind === "alone") modelFile.offer(peer.serving(), peer.status());
        },
      },
    );
    const membership = startMembership(node, transport, book, {
      bootstrap: options.bootstrap,
      protocol: names.peers,
      maxOutbound: options.maxOutbound,
      rng: rng.fork("membership"),
    });
    const retelling = await retellEnds(stateDir, store, node, names.evidence);
    closers.push(async () => retelling());

    const done = peer.run();
    done.catch(() => {}); // whoever awaits `done` hears of it
    const stop = async () => {
      peer.stop();
      const stopGrace = wallClock.after(STOP_GRACE_MS, () => void engine.close());
      await done.catch(() => {});
      stopGrace();
      await membership.stop();
      modelFile.offer(peer.serving(), peer.status());
      await modelFile.flush();
      await close();
    };
    const remote = createRemoteLogs(transport, task, taskId);
    return {
      peer,
      store,
      remote,
      ...(archive && { archive }),
      addresses: () => node.getMultiaddrs().map(String),
      done,
      stop,
    };
  } catch (error) {
    await close();
    throw withRemedy(error);
  }
}

/** A key that has outlived its log would sign a second first entry: a fork that convicts its owner. */
function refuseLostLog(stateDir: string): void {
  if (existsSync(join(stateDir, "key")) && !existsSync(join(stateDir, "db"))) {
    throw new HearsayError(
      "ERR_STATE",
      `${stateDir} has a key but its log is gone: restore ${join(stateDir, "db")}; or remove the key, to become a new peer or to ` +
        "let hearsay key restore take a backup of it",
    );
  }
}

/** A log that does not hold is left as it is; the error says what helps. */
function withRemedy(error: unknown): unknown {
  if (!isHearsayError(error, "ERR_LOG_CHAIN")) return error;
  const message = `${error.message}; hearsay log repair says what is left, and lets the peer go on`;
  return new HearsayError("ERR_LOG_CHAIN", message, error.details, error);
}
