/**
 * The composition root of a real peer: libp2p, LevelDB, the wall clock and a trainer in a worker thread around
 * `protocol/peer`. One state directory holds one peer of one task:
 *
 *   key                 the peer's private key (mode 0600)
 *   db/                 log, parameters, address book (LevelDB)
 *   model.safetensors   the model for predictions, rewritten as it improves
 *   released.safetensors   the release that serves predictions, where the task has release keys
 *   bodies/             the models that went into its newest merges, for audits
 */
import { toHex } from "../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../protocol/base/errors.ts";
import type { Trainer } from "../protocol/base/learning-seams.ts";
import type { Store } from "../protocol/base/seams.ts";
import type { Following } from "../protocol/learn/stream/following.ts";
import type { StreamStatus } from "../protocol/learn/stream/stream.ts";
import { heedLeaving } from "../protocol/membership/leaving.ts";
import { createIdentities } from "../protocol/peer/memory/identities.ts";
import type { PeerOptions } from "../protocol/peer/modules.ts";
import { createPeer, type Peer } from "../protocol/peer/peer.ts";
import { encodeTask } from "../protocol/task/manifest.ts";
import { taskNames } from "../protocol/wire/messages.ts";
import { createRemoteLogs, type RemoteLogs } from "./api/remote-log.ts";
import { wallClock } from "./clock.ts";
import { type Closing, createClosing, ENDS_WITHIN_MS } from "./closing.ts";
import { nodeCrypto } from "./crypto.ts";
import type { FileArchive } from "./disk/archive.ts";
import { asDiskFault } from "./disk/disk-fault.ts";
import type { ModelFile } from "./disk/model-file.ts";
import { openStart } from "./disk/start-file.ts";
import type { LearningThread } from "./engines/client.ts";
import { retellEnds } from "./keys/farewell.ts";
import { openOwnKey } from "./keys/own-key.ts";
import { openBook } from "./net/book.ts";
import type { Company } from "./net/company.ts";
import { peersIn } from "./net/connections.ts";
import type { HearsayNode } from "./net/libp2p.ts";
import type { LinkReport, Metering } from "./net/metering.ts";
import { type Neighbour, neighboursOf } from "./net/neighbours.ts";
import { createTransport } from "./net/transport.ts";
import type { TurnedAwayCounts } from "./net/turned-away.ts";
import type { QuietPeer } from "./policy/quiet-peer.ts";
import { peerUnder } from "./policy/site.ts";
import { nodeSecrecy } from "./secrecy.ts";
import { createNodeDraws, createSecretRng } from "./secret-rng.ts";
import { openEngine, openFollowing } from "./start-learning.ts";
import type { StartOptions } from "./start-options.ts";
import {
  companyOf,
  keptQuiet,
  meteredNow,
  openBodies,
  openDatabase,
  openLimits,
  openMembership,
  openModelFile,
  openNetwork,
  openReleaseSite,
  pausesOf,
} from "./start-parts.ts";

/** A peer with everything that was opened for it: network, database, thread. */
export interface RunningPeer {
  readonly peer: Peer;
  readonly store: Store;
  /** What the peer learns with: it can be asked for figures of other models too. */
  readonly trainer: Trainer;
  readonly archive?: FileArchive;
  /** The stream of rows; left out where the rows are fixed. */
  readonly stream?: () => StreamStatus;
  /** Logs of others, for audits. */
  readonly remote: RemoteLogs;
  /** The known peers, and how each is reached. */
  readonly company: Company;
  /** What is left of the budget; empty where there is none. */
  budget(): LinkReport[];
  /** The connected peers. */
  neighbours(): Neighbour[];
  /** Incoming connections that were refused or came to nothing, counted by reason. */
  turnedAway(): TurnedAwayCounts;
  /** Multiaddrs with peer id, to give to others. */
  addresses(): string[];
  /** Settles when the peer has ended; rejects if it failed, e.g. because the disk is full. Call `stop` all the same: it closes what is open. */
  readonly done: Promise<void>;
  /**
   * Ends cleanly: finishes the step in progress, saves, closes connections and database. All of it is done whatever fails, each within
   * seconds. Rejects with the first thing that failed.
   */
  stop(): Promise<void>;
}

/** A step in progress at `stop` gets this long before its worker is ended; what is left of its time is for saving. */
const STOP_GRACE_MS = 3_000;

/**
 * Starts a peer, and returns once it learns. Where that fails, what was opened is closed again.
 * @throws HearsayError ERR_STATE | ERR_POLICY | ERR_LOG_CHAIN | ERR_ENGINE | ERR_DATA | ERR_CONFIG, with what to do about it.
 */
export async function startPeer(options: StartOptions): Promise<RunningPeer> {
  const closing = createClosing();
  try {
    const bootstrap = [...options.bootstrap, ...(options.cluster ?? [])];
    return await startParts({ ...options, bootstrap, ...(await peerUnder(options)) }, closing);
  } catch (error) {
    await closing.close().catch(() => {}); // the first error says more
    throw withRemedy(asDiskFault(error));
  }
}

/** What this machine gives every peer. */
const HOST = { clock: wallClock, crypto: nodeCrypto, secrecy: nodeSecrecy } as const;

/** Everything that is opened is given to `closing` at once. */
async function startParts(options: StartOptions, closing: Closing): Promise<RunningPeer> {
  const { stateDir, task } = options;
  const { store, place } = await openDatabase(options, closing);
  const { identity, privateKey, warnings } = await openOwnKey(stateDir, store, options.passphrase);
  for (const warning of warnings) options.warn?.(warning);
  const start = await openStart(stateDir, task, options.start);
  const learning = await openEngine(options, closing);

  const taskId = nodeCrypto.sha256(encodeTask(task));
  const names = taskNames(taskId);
  const identities = createIdentities(peersIn(options.bootstrap));
  const isKnown = (peer: string) => identities.isKnown(peer);
  const { metering, spending } = await openLimits(options, store, closing);
  const { node, traffic } = await openNetwork(options, { privateKey, taskId, isKnown, metering }, closing);
  const book = await openBook(store, identity.peerId, isKnown);
  const direct = heedLeaving(createTransport(node, traffic, { isMetered: meteredNow(options) }), book);
  const transport = options.wrapTransport?.(direct) ?? direct;
  const membership = openMembership(options, { node, transport, book, isKnown, metering, names }, closing);

  const archive = openBodies(options, closing);
  const releases = openReleaseSite(options, toHex(taskId), identity.peerId, closing);
  const model = () => peer.serving();
  const following = await openFollowing(options, { store, trainer: learning.trainer, model }, closing);
  const { trainer } = following ?? learning;
  const modelFile = await openModelFile(options, toHex(taskId), trainer);
  const quiet = keptQuiet(options, options.wrapTrainer?.(trainer) ?? trainer, node, book);
  const peer = await createPeer(ownOf(options), {
    ...HOST,
    rng: createSecretRng(),
    draws: createNodeDraws(),
    identity,
    transport,
    store,
    place,
    trainer: quiet.trainer,
    aggregator: options.wrapAggregator?.(learning.aggregator) ?? learning.aggregator,
    identities,
    services: [membership.service],
    releases,
    ...pausesOf(options, closing),
    ...(start && { start }),
    ...(membership.cluster && { cluster: membership.cluster }),
    ...(archive && { archive }),
    ...(spending && { spending }),
    observe(event) {
      options.observe?.(event);
      if (event.kind === "merged" || event.kind === "alone") modelFile.offer(peer.serving(), peer.status());
    },
  });

  membership.start();
  closing.add("the news of ended keys", await retellEnds(stateDir, store, node, names.evidence));
  closing.add("the model file", () => writeLast(modelFile, peer), ENDS_WITHIN_MS.writing);
  const company = companyOf(options, { identities, transport, peer });
  const remote = createRemoteLogs(transport, task, taskId, { ...(peer.others && { known: peer.others }) });
  const done = run(peer, learning, quiet, closing);
  const opened = { peer, store, trainer: quiet.trainer, company, remote, done };
  return runningPeer(opened, { node, metering, archive, following }, closing);
}

interface RunningParts {
  readonly node: HearsayNode;
  readonly metering: Metering | undefined;
  readonly archive: FileArchive | undefined;
  readonly following: Following | undefined;
}

function runningPeer(
  opened: Pick<RunningPeer, "peer" | "store" | "trainer" | "company" | "remote" | "done">,
  { node, metering, archive, following }: RunningParts,
  closing: Closing,
): RunningPeer {
  return {
    ...opened,
    ...(archive && { archive }),
    ...(following && { stream: following.status }),
    budget: () => metering?.report() ?? [],
    neighbours: () => neighboursOf(node),
    addresses: () => node.getMultiaddrs().map(String),
    turnedAway: node.turnedAway.counts,
    stop: () => closing.close().catch(throwAsDiskFault),
  };
}

/** The options of the peer itself. */
function ownOf({ task, minCycleMs, name, selection }: StartOptions): PeerOptions {
  return { task, minCycleMs, explain: true, ...(name !== undefined && { name }), ...(selection && { selection }) };
}

/** Resolves when the file has the last model. */
function writeLast(file: Pick<ModelFile, "offer" | "flush">, peer: Peer): Promise<void> {
  file.offer(peer.serving(), peer.status());
  return file.flush();
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
  closing.add("the step in progress", stop, ENDS_WITHIN_MS.writing);
  closing.add("the quiet hours", quiet.stop);
  return done;
}

function throwAsDiskFault(error: unknown): never {
  throw asDiskFault(error);
}

/** A log that does not hold is left as it is; the error says what helps. */
function withRemedy(error: unknown): unknown {
  if (!isHearsayError(error, "ERR_LOG_CHAIN")) return error;
  const message = `${error.message}; hearsay log repair says what is left, and lets the peer go on`;
  return new HearsayError("ERR_LOG_CHAIN", message, error.details, error);
}
