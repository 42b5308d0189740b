/** What `startPeer` (start.ts) opens: each of these hands what it opened to `closing` at once. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PrivateKey } from "@libp2p/interface";
import { HearsayError } from "../protocol/base/errors.ts";
import type { Trainer } from "../protocol/base/learning-seams.ts";
import type { PeerId, Store, Transport } from "../protocol/base/seams.ts";
import { LINK_GRADES, type LinkGrade } from "../protocol/gateway/beacon.ts";
import { createBestModel } from "../protocol/learn/stream/best-model.ts";
import type { AddressBook } from "../protocol/membership/address-book.ts";
import type { ClusterSite } from "../protocol/peer/gateway/gateway.ts";
import type { Pause, Pauses } from "../protocol/peer/loop/pauses.ts";
import type { Identities } from "../protocol/peer/memory/identities.ts";
import type { StorePlace } from "../protocol/peer/modules.ts";
import type { Peer } from "../protocol/peer/peer.ts";
import type { ReleaseSite } from "../protocol/peer/release/releases.ts";
import { taskNames } from "../protocol/wire/messages.ts";
import { wallClock } from "./clock.ts";
import { type Closing, ENDS_WITHIN_MS } from "./closing.ts";
import { type FileArchive, openArchive } from "./disk/archive.ts";
import { createModelFile, type ModelFacts, type ModelFile, readModel } from "./disk/model-file.ts";
import { findPlace } from "./disk/place.ts";
import { makePrivateDirectory } from "./disk/private-directory.ts";
import { bodiesPath, modelPath, releasedPath } from "./disk/state-dir.ts";
import { openStore } from "./disk/store.ts";
import { settleRotation } from "./keys/rotation.ts";
import { type Company, createCompany } from "./net/company.ts";
import { closeConnection, peersIn } from "./net/connections.ts";
import { type HearsayNode, serviceTagOf, startLibp2p } from "./net/libp2p.ts";
import { createNodeMembership, type NodeMembership } from "./net/membership.ts";
import type { Metering } from "./net/metering.ts";
import { type OpenBudget, openBudget } from "./net/open-metering.ts";
import { createPlace, type Place } from "./net/place.ts";
import { longestExchange } from "./net/quiet.ts";
import { keepQuiet, type QuietPeer } from "./policy/quiet-peer.ts";
import { createOnPromote } from "./release/on-promote.ts";
import { createServedFile } from "./release/served-file.ts";
import type { StartOptions } from "./start-options.ts";

/** The release that answers, in a file, and the command of the owner that hears of it. */
export function openReleaseSite(
  { stateDir, task, canary = false, onPromote, warn }: StartOptions,
  taskId: string,
  peerId: string,
  closing: Closing,
): ReleaseSite {
  const path = releasedPath(stateDir);
  const promoted = createOnPromote(onPromote, path, warn);
  const file = createServedFile({ path, task, taskId, peerId, promoted, ...(warn && { warn }) });
  closing.add("the file of the release", file.flush, ENDS_WITHIN_MS.writing);
  return { isCanary: canary, changed: file.changed };
}

/** The model for predictions, in a file: the newest, or the best by the hold-out. */
export async function openModelFile(
  options: StartOptions,
  taskId: string,
  trainer: Trainer,
): Promise<Pick<ModelFile, "offer" | "flush">> {
  const path = modelPath(options.stateDir);
  const writeEveryMs = 1000 * (options.modelFileSeconds ?? 2);
  const file = createModelFile(path, { ...options, taskId, writeEveryMs });
  if (options.keepBest !== true) return file;
  const before = await readModel(path, options.task).catch(() => undefined); // there is none yet, or of another task
  const { peer: peerId = "", cycle = "0", age = "0" } = before?.metadata ?? {};
  const first = before && { params: before.params, facts: { peerId, cycle: Number(cycle), age: Number(age) } };
  const best = createBestModel<ModelFacts>(trainer, first);
  let offering: Promise<unknown> = Promise.resolve();
  return {
    offer(params, facts) {
      const looked = best.offer({ params, facts }).then((one) => file.offer(one.params, one.facts));
      offering = Promise.all([offering, looked]); // one that is still looked at may be the best
    },
    async flush() {
      await offering;
      await file.flush();
    },
  };
}

/** Who is around a peer that is about to run. */
export function companyOf(
  { task, bootstrap }: StartOptions,
  { peer, ...seen }: { readonly identities: Identities; readonly transport: Transport; readonly peer: Peer },
): Company {
  return createCompany(
    { ...seen, clock: wallClock, nameOf: peer.nameOf, refusalOf: peer.refusalOf },
    { startCycle: peer.status().cycle, silentCycles: task.staleness.cutoff, configured: peersIn(bootstrap) },
  );
}

/** The trainer as it is where there are no quiet hours. */
export function keptQuiet(
  { isQuiet }: StartOptions,
  trainer: Trainer,
  node: HearsayNode,
  book: AddressBook,
): QuietPeer {
  if (isQuiet === undefined) return { trainer, stop() {} };
  return keepQuiet({
    clock: wallClock,
    isQuiet: () => isQuiet(Date.now()),
    trainer,
    leave: () => node.getConnections().forEach(closeConnection),
    comeBack: () => book.hurry(),
  });
}

/** What is paused, by all reasons that there are; empty where there is none. */
export function pausesOf(
  { isQuiet, pauseReasons = [] }: Pick<StartOptions, "isQuiet" | "pauseReasons">,
  closing: Closing,
): { readonly pauses?: Pauses } {
  if (isQuiet === undefined && pauseReasons.length === 0) return {};
  for (const reason of pauseReasons) closing.add("a look at power or link", reason.stop);
  const quiet: Pause = { stops: "all", because: "quiet hours of a policy" };
  const now = () => (isQuiet?.(Date.now()) ? [quiet] : []);
  return { pauses: () => [...now(), ...pauseReasons.flatMap((reason) => reason.pause() ?? [])] };
}

/** The budget of bytes, with what is left of it. */
export async function openLimits({ budget = [] }: StartOptions, store: Store, closing: Closing): Promise<OpenBudget> {
  const opened = await openBudget(budget, { store, clock: wallClock });
  closing.add("the budget", async () => opened.metering?.stop(), ENDS_WITHIN_MS.writing);
  return opened;
}

/** What the network needs beside the options. */
interface NetworkNeeds {
  readonly privateKey: PrivateKey;
  readonly taskId: Uint8Array;
  readonly isKnown: (peer: PeerId) => boolean;
  readonly metering: Metering | undefined;
}

/** libp2p, listening. */
export async function openNetwork(
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

/** Whether the way to the Internet is paid for now. */
export function meteredNow(options: StartOptions): () => boolean {
  const grade = lineGrade(options);
  return () => grade() === LINK_GRADES.metered;
}

/** How good it is. */
function lineGrade({ line, isMetered = false }: Pick<StartOptions, "line" | "isMetered">): () => LinkGrade {
  return line?.grade ?? (() => (isMetered ? LINK_GRADES.metered : LINK_GRADES.usual));
}

/** Where this peer is, where its task has gateways; undefined where it has none, or nobody can be found to be at the same place. */
function openPlace(
  options: StartOptions,
  { node, transport, book }: Pick<MembershipNeeds, "node" | "transport" | "book">,
  closing: Closing,
): Place | undefined {
  const { task, cluster = [], gateway = "auto", line } = options;
  if (line !== undefined) closing.add("the look at the line", line.stop);
  if (task.aggregation.gateways !== true || (node.discovery === undefined && cluster.length === 0)) return undefined;
  const parts = { self: node.peerId.toString(), transport, book, discovery: node.discovery };
  const place = createPlace(parts, { wish: gateway, grade: lineGrade(options), members: peersIn(cluster) });
  node.admission.leave((peer) => place.speakerFor(peer) !== undefined);
  return place;
}

interface MembershipNeeds extends Pick<NetworkNeeds, "isKnown" | "metering"> {
  readonly node: HearsayNode;
  readonly transport: Transport;
  readonly book: AddressBook;
  /** With that of the protocol by which peers ask each other for peers. */
  readonly names: { readonly peers: string };
}

/** Whom this peer dials, and whom it tells of; and its place, if it has one. */
export function openMembership(
  options: StartOptions,
  { node, transport, book, isKnown, metering, names }: MembershipNeeds,
  closing: Closing,
): NodeMembership & { readonly cluster?: ClusterSite } {
  const { bootstrap, maxOutbound } = options;
  const place = openPlace(options, { node, transport, book }, closing);
  const pace = longestExchange(metering?.quietMs(maxOutbound));
  const budget = node.shares.work;
  const membership = createNodeMembership(node, transport, book, {
    bootstrap,
    maxOutbound,
    protocol: names.peers,
    isKnown,
    budget,
    ...pace,
    ...(options.task.aggregation.gateways === true && {
      mayBeSpokenFor: (peer: PeerId) => place?.site.isInside(peer) !== true,
    }),
    ...(place && { speakerFor: place.speakerFor }),
  });
  closing.add("the address book", () => membership.stop(), ENDS_WITHIN_MS.writing);
  return { ...membership, ...(place && { cluster: place.site }) };
}

/** The database, and whether it is where this peer left it. @throws HearsayError ERR_STATE where a key has outlived its log. */
export async function openDatabase(
  { stateDir, warn }: StartOptions,
  closing: Closing,
): Promise<{ readonly store: Store; readonly place: StorePlace }> {
  const tightened = await makePrivateDirectory(stateDir);
  if (tightened !== undefined) warn?.(tightened);
  await settleRotation(stateDir);
  refuseLostLog(stateDir);
  const path = join(stateDir, "db");
  const store = await openStore(path);
  closing.add("the database", () => store.close(), ENDS_WITHIN_MS.writing);
  return { store, place: await findPlace(path, store) };
}

/** What is kept for audits; undefined where nothing is. */
export function openBodies({ stateDir, retention, warn }: StartOptions, closing: Closing): FileArchive | undefined {
  if (retention === undefined) return undefined;
  const archive = openArchive({ directory: bodiesPath(stateDir), clock: wallClock, retention, ...(warn && { warn }) });
  closing.add("the archive", () => archive.close(), ENDS_WITHIN_MS.writing);
  return archive;
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
