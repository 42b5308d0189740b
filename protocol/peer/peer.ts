/**
 * The peer, from outside: how it is made, started and stopped, and what it answers. `node/` and `sim/` give it modules (modules.ts).
 *
 *   its parts    wiring.ts and wiring-*.ts
 *   its work     loop/loop.ts: train H steps -> publish (log, announce) -> wait a little -> merge (log) -> train ...
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
import { type BlobShelf, createBlobShelf } from "./inbound/blobs.ts";
import type { Asking } from "./inbound/choosing.ts";
import { openJudging } from "./loop/judging.ts";
import { loadPersonal, loadState } from "./loop/state.ts";
import type { PeerModules, PeerOptions } from "./modules.ts";
import { openReleases, type ReleaseSite, type Releases } from "./release/releases.ts";
import { registerServices, type Service } from "./services.ts";
import { type PeerStatus, statusOf } from "./status.ts";
import { joinCohorts, openHiding, openParts, type Parts } from "./wiring.ts";
import { joinPast, openAccount } from "./wiring-account.ts";
import { joinSpeaking } from "./wiring-gateway.ts";
import { joinGreetings, joinInbound, knownOf } from "./wiring-inbound.ts";
import { joinLoop } from "./wiring-loop.ts";

/** One peer at work: its log, its model, and what it does. */
export interface Peer {
  readonly log: Log;
  /** Learns until `stop`; rejects if the trainer or the store fails for good, and with ERR_BANNED if its key is banned. */
  run(): Promise<void>;
  /** Ends the loop after the step in progress. */
  stop(): void;
  status(): PeerStatus;
  /** The model for predictions: the running mean of the own aggregates, with the tensors that stay at this peer. */
  serving(): Float32Array;
  /** The last aggregate, from which the next training starts: its shared tensors. */
  current(): Float32Array;
  evaluate(split: Split): Promise<Metrics>;
  /** The name that the owner of another peer gave it, as told at the last connection; unchecked. Undefined where none was told. */
  nameOf(peer: PeerId): string | undefined;
  /** Why that peer was refused at its last connection; undefined where it was not. */
  refusalOf(peer: PeerId): Refusal | undefined;
  /** Why a neighbour is asked for its models, or not; undefined for a peer that is no neighbour. Left out where this peer prefers nobody. */
  askingOf?(peer: PeerId): Asking | undefined;
  /** What this peer knows of the logs of others; left out where nothing is signed. */
  readonly others?: OtherLogs;
  /** Which release serves predictions; left out where the task has no release keys. */
  readonly releases?: Releases;
}

/** For a peer whose owner follows no releases, as in a simulation. */
const NO_RELEASE_SITE: ReleaseSite = { isCanary: false, changed() {} };

/**
 * Makes a peer: loads or begins its log and model. It answers requests from then on, and learns once `run` is called.
 * @throws HearsayError ERR_LOG_CHAIN, ERR_STATE, ERR_BANNED.
 */
export async function createPeer(options: PeerOptions, modules: PeerModules): Promise<Peer> {
  const { proofs = true, name, selection } = options;
  const trainer = withPersonal(options.task, modules.trainer);
  const parts = await openParts(options, { ...modules, trainer });
  const { life, log, store, subject, transport, acquaintance, news } = parts;
  const saved = await loadState(store, numParams(subject.task));
  trainer.personal?.restore(await loadPersonal(store));
  const hasPast = log.head().size > 1 || log.generation > 0;

  const shelf = openShelf(parts);
  const account = proofs ? await openAccount(parts, shelf) : undefined;
  const hiding = await openHiding(parts, hasPast);
  const past = proofs ? joinPast(parts, hasPast, hiding?.ledger) : undefined;
  const wayIn = joinInbound(parts, saved?.cycle ?? 0, account, selection);
  const { inbound, places, ranks, book, receive, receiveBrief, choosing } = wayIn;
  const judging = await openJudging(parts, selection, subject.task);
  const cohorts = joinCohorts(parts, { shelf, places, account });
  const speaking = joinSpeaking(parts, { shelf, account, newest: (author) => book.newest(author) });
  const needs = { saved, inbound, ranks, shelf, account, past, hiding, cohorts, speaking, judging };
  const loop = joinLoop(parts, options, needs);

  const latest = (to: PeerId) => latestFor(parts.gateway, to, loop.latest());
  const releases = await openReleases({ ...parts, shelf }, modules.releases ?? NO_RELEASE_SITE);
  const hello = joinGreetings(parts, { receive, latest, ...knownOf(parts, account), account, past, releases, name });
  const announcements = { topic: subject.names.announce, handle: news.counting(receive) };
  const services: Service[] = [shelf.service, ...(account?.services ?? []), announcements, hello.service];
  if (account && parts.telling) {
    const handle = news.countingBriefs(receiveBrief);
    services.push({ told: subject.names.brief, handle }, account.models);
  }
  for (const one of [cohorts, releases]) if (one) services.push(one.service);
  registerServices(transport, [...services, ...(parts.services ?? [])], life.signal);
  hello.start();

  return {
    log,
    run: () => Promise.race([life.failed, loop.run()]), // a failure does not wait for the step in progress
    stop: life.stop,
    status() {
      return statusOf(parts, {
        state: loop.state(),
        fresh: inbound.fresh(),
        neighbours: acquaintance.neighbours().length,
        thrift: loop.thrift(),
        trainingFault: loop.trainingFault(),
        account,
        cohorts,
        releases,
        privacy: hiding?.ledger.status(),
        selection: choosing?.status(),
        twinSeenMs: past?.twinSeenMs(),
      });
    },
    serving: () => trainer.personal?.whole(loop.state().serving) ?? loop.state().serving,
    current: () => loop.state().params,
    nameOf: (peer) => acquaintance.nameOf(peer),
    refusalOf: (peer) => acquaintance.refusalOf(peer),
    ...(choosing && { askingOf: choosing.of }),
    evaluate: (split) => (trainer.personal ?? trainer).evaluate(loop.state().serving, split),
    ...(account && { others: account.others }),
    ...(releases && { releases }),
  };
}

/** The bodies that others may pull, with the task, and the parameters that it names, for peers that join. */
function openShelf({ archive, budget, subject, start }: Parts): BlobShelf {
  const { task, taskId, manifest, names } = subject;
  const mayServeArchive = cohortOf(task) === undefined; // else the models before and after a merge, which an archive has, would show one peer's own model
  const shelf = createBlobShelf({ budget, ...(archive && mayServeArchive && { archive }) }, names.blob);
  shelf.keep(taskId, manifest);
  const given = givenStart(task);
  if (given !== undefined) shelf.keep(given, bytesOf(start));
  return shelf;
}
