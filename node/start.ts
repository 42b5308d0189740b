/**
 * The composition root of a real peer: libp2p, LevelDB, the wall clock and a trainer in a worker thread around
 * `protocol/peer`. One state directory holds one peer of one task:
 *
 *   key                 the peer's private key (mode 0600)
 *   db/                 log, parameters, address book (LevelDB)
 *   model.safetensors   the model for predictions, rewritten as it improves
 *   released.safetensors   the release that answers, where the task has release keys
 *   bodies/             what its newest merges were made of, for audits
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PrivateKey } from "@libp2p/interface";
import { plainAggregator } from "../protocol/aggregate/registry.ts";
import { toHex } from "../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../protocol/base/errors.ts";
import type { PeerId, Store, Trainer, Transport } from "../protocol/base/seams.ts";
import type { Task } from "../protocol/base/task.ts";
import type { Dataset } from "../protocol/learn/data/dataset.ts";
import type { AddressBook } from "../protocol/membership/address-book.ts";
import { heedLeaving } from "../protocol/membership/leaving.ts";
import { createIdentities, type Identities } from "../protocol/peer/memory/identities.ts";
import type { StorePlace } from "../protocol/peer/modules.ts";
import { createPeer, type Peer } from "../protocol/peer/peer.ts";
import type { ReleaseSite } from "../protocol/peer/release/releases.ts";
import type { PeerEvent } from "../protocol/peer/reports.ts";
import { encodeTask } from "../protocol/task/manifest.ts";
import { taskNames } from "../protocol/wire/messages.ts";
import { createRemoteLogs, type RemoteLogs } from "./api/remote-log.ts";
import { wallClock } from "./clock.ts";
import { type Closing, createClosing } from "./closing.ts";
import { nodeCrypto } from "./crypto.ts";
import { type FileArchive, openArchive, type Retention } from "./disk/archive.ts";
import { asDiskFault } from "./disk/disk-fault.ts";
import { createModelFile } from "./disk/model-file.ts";
import { findPlace } from "./disk/place.ts";
import { makePrivateDirectory } from "./disk/private-directory.ts";
import { openStart } from "./disk/start-file.ts";
import { bodiesPath, modelPath, releasedPath } from "./disk/state-dir.ts";
import { openStore } from "./disk/store.ts";
import { type LearningThread, startEngine } from "./engines/client.ts";
import { type ExternalOptions, startExternal } from "./engines/external/open.ts";
import { AUTO } from "./engines/registry.ts";
import { retellEnds } from "./keys/farewell.ts";
import { loadOrCreateIdentity } from "./keys/keys.ts";
import type { AskPassphrase } from "./keys/passphrase.ts";
import { settleRotation } from "./keys/rotation.ts";
import { openBook } from "./net/book.ts";
import { type Company, createCompany } from "./net/company.ts";
import { closeConnection, peersIn } from "./net/connections.ts";
import { type HearsayNode, type NetworkMeasures, serviceTagOf, startLibp2p } from "./net/libp2p.ts";
import { createNodeMembership } from "./net/membership.ts";
import type { LinkReport, Metering } from "./net/metering.ts";
import { type Neighbour, neighboursOf } from "./net/neighbours.ts";
import { type LinkLimit, type OpenBudget, openBudget } from "./net/open-metering.ts";
import { longestExchange } from "./net/quiet.ts";
import { createTransport } from "./net/transport.ts";
import { keepQuiet, type QuietPeer } from "./policy/quiet-peer.ts";
import { createOnPromote } from "./release/on-promote.ts";
import { createServedFile } from "./release/served-file.ts";
import { nodeSecrecy } from "./secrecy.ts";
import { createNodeDraws, createSecretRng } from "./secret-rng.ts";

/** Where and with what a peer runs. */
export interface StartOptions {
  /** A safetensors file of the parameters with which the task begins, where it names them (`Task.start`): needed the first time. */
  readonly start?: string | undefined;
  readonly stateDir: string;
  readonly task: Task;
  /** Rows that an engine trains on, in a thread of its own; left out where `trainer` is given. */
  readonly train?: Dataset;
  readonly holdout?: Dataset;
  /** `auto`, or an engine of the registry (engines/registry.ts); `auto` where left out. */
  readonly engine?: string;
  /**
   * Trains in place of an engine, on this thread, and so are models merged: where a step takes long, let the trainer hand it to a thread or a process
   * of its own. It is closed with the peer.
   */
  readonly trainer?: Trainer;
  /** A program of the owner's trains, in a process of its own, and has the data: neither `train` nor `trainer`. */
  readonly external?: Omit<ExternalOptions, "stateDir">;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** Multiaddrs of peers to start from. */
  readonly bootstrap: readonly string[];
  readonly mdns: boolean;
  /** Shortest time between the starts of two trainings. */
  readonly minCycleMs: number;
  /** Peers that are dialled at most; more may connect from outside. */
  readonly maxOutbound: number;
  /** Bytes that may pass, by kinds of links (net/link-kinds.ts), or one that is only planned with; unlimited where left out. */
  readonly budget?: readonly LinkLimit[];
  /** Hours in which the peer is away: it trains nothing, and has no connection (policy/quiet-peer.ts); none where left out. */
  readonly isQuiet?: (ms: number) => boolean;
  /** What is kept for audits; nothing where left out. */
  readonly retention?: Retention;
  readonly observe?: (event: PeerEvent) => void;
  /** Whether this peer is in the first ring of each rollout, where the task has release keys. */
  readonly canary?: boolean;
  /** A command that runs when another release serves (release/on-promote.ts). */
  readonly onPromote?: string | undefined;
  /** Takes what libp2p measures of itself. */
  readonly networkMetrics?: NetworkMeasures;
  /** What the owner calls this peer: told to neighbours, checked by nobody. */
  readonly name?: string;
  /** Gives the passphrase of a protected key; from environment or terminal where left out. */
  readonly passphrase?: AskPassphrase;
  /** Sentences for the user: what works, but should be mended. */
  readonly warn?: (message: string) => void;
  /** A simulation or a test puts its own trainer around the real one. */
  readonly wrapTrainer?: (trainer: Trainer) => Trainer;
  /** Whoever looks on measures through it, and a test makes a liar of it. */
  readonly wrapTransport?: (transport: Transport) => Transport;
}

/** A peer with everything that was opened for it: network, database, thread. */
export interface RunningPeer {
  readonly peer: Peer;
  readonly store: Store;
  /** What the peer learns with: it can be asked for figures of other models too. */
  readonly trainer: Trainer;
  readonly archive?: FileArchive;
  /** Logs of others, for audits. */
  readonly remote: RemoteLogs;
  /** Who else is there. */
  readonly company: Company;
  /** What is left of the budget; empty where there is none. */
  budget(): LinkReport[];
  /** Who is connected. */
  neighbours(): Neighbour[];
  /** Multiaddrs with peer id, to give to others. */
  addresses(): string[];
  /** Settles when the peer has ended; rejects if it failed, e.g. because the disk is full. What is open is open until `stop`. */
  readonly done: Promise<void>;
  /**
   * Ends cleanly: finishes the step in progress, saves, closes connections and database. All of it is done whatever fails, each within
   * seconds. Rejects with the first thing that failed.
   */
  stop(): Promise<void>;
}

/** A step in progress at `stop` gets this long before its worker is ended. */
const STOP_GRACE_MS = 3_000;
/** The step has ended by then, or hangs. */
const STEP_ENDS_WITHIN_MS = STOP_GRACE_MS + 500;

/**
 * Starts a peer, and returns once it learns. Where that fails, what was opened is closed again.
 * @throws HearsayError ERR_STATE | ERR_LOG_CHAIN | ERR_ENGINE | ERR_DATA | ERR_CONFIG, with what to do about it.
 */
export async function startPeer(options: StartOptions): Promise<RunningPeer> {
  const closing = createClosing();
  try {
    return await startParts(options, closing);
  } catch (error) {
    await closing.close().catch(() => {}); // the first error says more
    throw withRemedy(asDiskFault(error));
  }
}

/** Everything that is opened is given to `closing` at once. */
async function startParts(options: StartOptions, closing: Closing): Promise<RunningPeer> {
  const { stateDir, task } = options;
  const { store, place } = await openDatabase(options, closing);
  const { identity, privateKey, warnings } = await loadOrCreateIdentity(join(stateDir, "key"), options.passphrase);
  for (const warning of warnings) options.warn?.(warning);
  const start = await openStart(stateDir, task, options.start);
  const learning = await openEngine(options, closing);

  const taskId = nodeCrypto.sha256(encodeTask(task));
  const names = taskNames(taskId);
  const { bootstrap, maxOutbound, minCycleMs } = options;
  const identities = createIdentities(peersIn(bootstrap));
  const { isKnown } = identities;
  const { metering, spending } = await openLimits(options, store, closing);
  const { node, traffic } = await openNetwork(options, { privateKey, taskId, isKnown, metering }, closing);
  const book = await openBook(store, identity.peerId, isKnown);
  const direct = heedLeaving(createTransport(node, traffic), book);
  const transport = options.wrapTransport?.(direct) ?? direct;
  const pace = longestExchange(metering?.quietMs(maxOutbound));
  const membership = createNodeMembership(node, transport, book, {
    ...{ bootstrap, maxOutbound, protocol: names.peers, isKnown, budget: node.shares.work, ...pace },
  });
  closing.add("the address book", () => membership.stop());

  const archive = openBodies(options, closing);
  const modelFile = createModelFile(modelPath(stateDir), { ...options, taskId: toHex(taskId) });
  const releases = openReleaseSite(options, toHex(taskId), identity.peerId, closing);
  const quiet = keptQuiet(options, options.wrapTrainer?.(learning.trainer) ?? learning.trainer, node, book);
  const parts = {
    ...{ clock: wallClock, crypto: nodeCrypto },
    ...{ identity, transport, store, trainer: quiet.trainer },
    ...{ aggregator: learning.aggregator, ...(start && { start }) },
  };
  const peer = await createPeer(
    { task, minCycleMs, explain: true, ...(options.name !== undefined && { name: options.name }) },
    {
      ...parts,
      ...{ rng: createSecretRng(), draws: createNodeDraws(), secrecy: nodeSecrecy },
      ...{ identities, services: [membership.service], releases },
      ...{ ...(archive && { archive }), place, ...(spending && { spending }) },
      observe(event) {
        options.observe?.(event);
        if (event.kind === "merged" || event.kind === "alone") modelFile.offer(peer.serving(), peer.status());
      },
    },
  );
  membership.start();
  const retelling = await retellEnds(stateDir, store, node, names.evidence);
  closing.add("the news of ended keys", retelling);
  closing.add("the model file", async () => {
    modelFile.offer(peer.serving(), peer.status());
    await modelFile.flush();
  });
  const company = companyOf(options, { identities, transport, peer });
  const done = run(peer, learning, quiet, closing);
  return {
    ...{ peer, store, trainer: quiet.trainer, company, done, ...(archive && { archive }) },
    remote: createRemoteLogs(transport, task, taskId, { ...(peer.others && { known: peer.others }) }),
    ...{ budget: () => metering?.report() ?? [], neighbours: () => neighboursOf(node) },
    ...{ addresses: () => node.getMultiaddrs().map(String), stop: () => closing.close().catch(throwAsDiskFault) },
  };
}

/** The release that answers, in a file, and the command of the owner that hears of it. */
function openReleaseSite(
  { stateDir, task, canary = false, onPromote, warn }: StartOptions,
  taskId: string,
  peerId: string,
  closing: Closing,
): ReleaseSite {
  const path = releasedPath(stateDir);
  const promoted = createOnPromote(onPromote, path, warn);
  const file = createServedFile({ path, task, taskId, peerId, promoted, ...(warn && { warn }) });
  closing.add("the file of the release", file.flush);
  return { isCanary: canary, changed: file.changed };
}

/** Who is around a peer that is about to run. */
function companyOf(
  { task, bootstrap }: StartOptions,
  { peer, ...seen }: { readonly identities: Identities; readonly transport: Transport; readonly peer: Peer },
): Company {
  return createCompany(
    { ...seen, clock: wallClock, nameOf: peer.nameOf },
    { startCycle: peer.status().cycle, silentCycles: task.staleness.cutoff, configured: peersIn(bootstrap) },
  );
}

/** The trainer as it is where there are no quiet hours. */
function keptQuiet({ isQuiet }: StartOptions, trainer: Trainer, node: HearsayNode, book: AddressBook): QuietPeer {
  if (isQuiet === undefined) return { trainer, stop() {} };
  return keepQuiet({
    ...{ clock: wallClock, isQuiet: () => isQuiet(Date.now()), trainer },
    leave: () => node.getConnections().forEach(closeConnection),
    comeBack: () => book.hurry(),
  });
}

async function openLimits({ budget = [] }: StartOptions, store: Store, closing: Closing): Promise<OpenBudget> {
  const opened = await openBudget(budget, { store, clock: wallClock });
  closing.add("the budget", async () => opened.metering?.stop());
  return opened;
}

/** What the network needs beside the options. */
interface NetworkNeeds {
  readonly privateKey: PrivateKey;
  readonly taskId: Uint8Array;
  readonly isKnown: (peer: PeerId) => boolean;
  readonly metering: Metering | undefined;
}

async function openNetwork(
  { listen, mdns, maxOutbound, networkMetrics: metrics, isQuiet, warn }: StartOptions,
  { taskId, ...needs }: NetworkNeeds,
  closing: Closing,
): ReturnType<typeof startLibp2p> {
  const { announce, evidence } = taskNames(taskId);
  const topics = [announce, evidence];
  const own = { listen, mdns, serviceTag: serviceTagOf(taskId), topics, metrics, warn };
  const isAway = isQuiet && (() => isQuiet(Date.now()));
  const network = await startLibp2p({ ...needs, ...own, isAway, quietMs: needs.metering?.quietMs(maxOutbound) });
  closing.add("the network", () => network.node.stop());
  return network;
}

async function openDatabase(
  { stateDir, warn }: StartOptions,
  closing: Closing,
): Promise<{ readonly store: Store; readonly place: StorePlace }> {
  const tightened = await makePrivateDirectory(stateDir);
  if (tightened !== undefined) warn?.(tightened);
  await settleRotation(stateDir);
  refuseLostLog(stateDir);
  const path = join(stateDir, "db");
  const store = await openStore(path);
  closing.add("the database", () => store.close());
  return { store, place: await findPlace(path, store) };
}

async function openEngine(
  { task, stateDir, train, holdout, engine: choice = AUTO, trainer, external, warn }: StartOptions,
  closing: Closing,
): Promise<LearningThread> {
  if (external !== undefined) {
    const learning = await startExternal(task, { ...external, stateDir });
    closing.add("the trainer", () => learning.close());
    return learning;
  }
  if ((train === undefined) === (trainer === undefined))
    throw new HearsayError(
      "ERR_CONFIG",
      "give `train`, rows to train on, or `trainer`, a Trainer of your own: one of the two",
    );
  const learning =
    train === undefined
      ? inPlace(trainer as Trainer)
      : await startEngine({ task, train, ...(holdout && { holdout }), engine: choice });
  closing.add("the training engine", () => learning.close());
  if (learning.warning !== undefined) warn?.(learning.warning);
  return learning;
}

/** A trainer of the caller's, on the thread of the caller. */
function inPlace(trainer: Trainer): LearningThread {
  return { trainer, aggregator: plainAggregator, close: () => trainer.close() };
}

function openBodies({ stateDir, retention, warn }: StartOptions, closing: Closing): FileArchive | undefined {
  if (retention === undefined) return undefined;
  const archive = openArchive({ directory: bodiesPath(stateDir), clock: wallClock, retention, ...(warn && { warn }) });
  closing.add("the archive", () => archive.close());
  return archive;
}

/** Lets the peer learn until it is closed; the promise is that of `RunningPeer.done`. */
function run(peer: Peer, learning: LearningThread, quiet: QuietPeer, closing: Closing): Promise<void> {
  const done = peer.run().catch(throwAsDiskFault);
  const ended = done.catch(() => {}); // whoever awaits `done` hears of it
  const stop = async () => {
    peer.stop();
    const stopGrace = wallClock.after(STOP_GRACE_MS, () => void learning.close());
    await ended;
    stopGrace();
  };
  closing.add("the step in progress", stop, STEP_ENDS_WITHIN_MS);
  closing.add("the quiet hours", quiet.stop);
  return done;
}

function throwAsDiskFault(error: unknown): never {
  throw asDiskFault(error);
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
