/**
 * The peer: what it is made of (wiring.ts and the files beside it), and its lifecycle. `node/` and `sim/` give it modules; what it does is in the files beside this one.
 *
 *   train H steps -> publish (log, announce) -> wait a little -> merge (log) -> train ...
 */

import { bytesOf } from "../base/bytes.ts";
import type { Metrics, Split } from "../base/learning-seams.ts";
import type { PeerId } from "../base/seams.ts";
import { cohortOf, numParams } from "../base/task.ts";
import { withPersonal } from "../learn/personal/personal-trainer.ts";
import type { Log } from "../log/stored/chain.ts";
import { givenStart } from "../task/start.ts";
import type { OtherLogs } from "./account/log-watch.ts";
import { latestFor } from "./gateway/gateway.ts";
import type { Refusal } from "./inbound/acquaintance.ts";
import { createBlobShelf } from "./inbound/blobs.ts";
import type { Asking } from "./inbound/choosing.ts";
import { openJudging } from "./loop/judging.ts";
import { loadPersonal, loadState } from "./loop/state.ts";
import type { PeerModules, PeerOptions } from "./modules.ts";
import { openReleases, type ReleaseSite, type Releases } from "./release/releases.ts";
import { registerServices, type Service } from "./services.ts";
import { type PeerStatus, statusOf } from "./status.ts";
import { joinCohorts, joinGreetings, joinInbound, knownOf, openHiding, openParts } from "./wiring.ts";
import { joinPast, openAccount } from "./wiring-account.ts";
import { joinSpeaking } from "./wiring-gateway.ts";
import { joinLoop } from "./wiring-loop.ts";

/** One peer at work: its log, its model, and what it does. */
export interface Peer {
  readonly log: Log;
  /** Learns until `stop`; rejects if the trainer or the store fails for good, and with ERR_BANNED if its key is banned. */
  run(): Promise<void>;
  /** Ends the loop after the step in progress. */
  stop(): void;
  status(): PeerStatus;
  /** The model for predictions: running mean of one's own aggregates, whole, with what stays at this peer. */
  serving(): Float32Array;
  /** The last aggregate, from which the next training starts: what is shared of it. */
  current(): Float32Array;
  evaluate(split: Split): Promise<Metrics>;
  /** What the owner of another peer calls it, as that told when it connected last; unchecked. Undefined where it told none. */
  nameOf(peer: PeerId): string | undefined;
  /** Why that peer was refused at its last connection; undefined where it was not. */
  refusalOf(peer: PeerId): Refusal | undefined;
  /** Where some are preferred to others: why a neighbour is asked for its models, or not. Undefined of who is none. */
  askingOf?(peer: PeerId): Asking | undefined;
  /** Where logs are answered for: what this peer knows of those of others. */
  readonly others?: OtherLogs;
  /** Where the task has release keys: which model answers, as its keys say. */
  readonly releases?: Releases;
}

/** A peer of whose releases nobody asks, as in a simulation. */
const NOBODY: ReleaseSite = { isCanary: false, changed() {} };

/**
 * A peer on its modules; loads or starts log and model, and serves from then on.
 * @throws HearsayError ERR_LOG_CHAIN, ERR_STATE, ERR_BANNED.
 */
export async function createPeer(options: PeerOptions, modules: PeerModules): Promise<Peer> {
  const { proofs = true, name } = options;
  const trainer = withPersonal(options.task, modules.trainer);
  const parts = await openParts(options, { ...modules, trainer });
  const { archive, budget, life, log, store, subject, transport } = parts;
  const saved = await loadState(store, numParams(subject.task));
  trainer.personal?.restore(await loadPersonal(store));
  const hasPast = log.head().size > 1 || log.generation > 0;
  const isShown = cohortOf(subject.task) === undefined; // the model before and after a merge, which an archive has, give a peer's own away
  const shelf = createBlobShelf({ budget, ...(archive && isShown && { archive }) }, subject.names.blob);
  shelf.keep(subject.taskId, subject.manifest);
  const given = givenStart(subject.task);
  if (given !== undefined) shelf.keep(given, bytesOf(parts.start)); // whoever joins asks for it
  const account = proofs ? await openAccount(parts, shelf) : undefined;
  const hiding = await openHiding(parts, hasPast);
  const past = proofs ? joinPast(parts, hasPast, hiding?.ledger) : undefined;
  const wayIn = joinInbound(parts, saved?.cycle ?? 0, account, options.selection);
  const { inbound, places, ranks, book, receive, receiveBrief, choosing } = wayIn;
  const judging = await openJudging(parts, options.selection, subject.task);
  const cohorts = joinCohorts(parts, { shelf, places, account });
  const speaking = joinSpeaking(parts, { shelf, account, newest: (author) => book.newest(author) });
  const needs = { saved, inbound, ranks, shelf, account, past, hiding, cohorts, speaking, judging };
  const loop = joinLoop(parts, options, needs);
  const latest = (to: PeerId) => latestFor(parts.gateway, to, loop.latest()?.announcement);
  const { newestOf, heardOf } = knownOf(parts, account);
  const releases = await openReleases({ ...parts, shelf }, modules.releases ?? NOBODY);
  const hello = joinGreetings(parts, { receive, latest, newestOf, heardOf, account, past, releases, name });
  const announcements = { topic: subject.names.announce, handle: parts.news.counting(receive) };
  const services: Service[] = [shelf.service, ...(account?.services ?? []), announcements, hello.service];
  if (account && parts.telling) {
    const handle = parts.news.countingBriefs(receiveBrief);
    services.push({ told: subject.names.brief, handle }, account.models);
  }
  for (const one of [cohorts, releases]) if (one) services.push(one.service);
  registerServices(transport, [...services, ...(parts.services ?? [])], life.signal);
  hello.start();

  const neighbours = () => parts.acquaintance.neighbours().length;
  return {
    log,
    run: () => Promise.race([life.failed, loop.run()]), // a failure waits for no step
    stop: life.stop,
    status() {
      const now = { state: loop.state(), fresh: inbound.fresh(), neighbours: neighbours(), thrift: loop.thrift() };
      const [trainingFault, selection] = [loop.trainingFault(), choosing?.status()];
      const privacy = hiding?.ledger.status();
      const twinSeenMs = past?.twinSeenMs();
      return statusOf(parts, { ...now, trainingFault, account, cohorts, releases, privacy, selection, twinSeenMs });
    },
    serving: () => trainer.personal?.whole(loop.state().serving) ?? loop.state().serving,
    current: () => loop.state().params,
    nameOf: (peer) => parts.acquaintance.nameOf(peer),
    refusalOf: (peer) => parts.acquaintance.refusalOf(peer),
    ...(choosing && { askingOf: choosing.of }),
    evaluate: (split) => (trainer.personal ?? trainer).evaluate(loop.state().serving, split),
    ...(account && { others: account.others }),
    ...(releases && { releases }),
  };
}
