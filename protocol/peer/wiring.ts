/**
 * The composition root of a peer: makes its parts and hands each the few components that it uses. Only this file, the four wiring-*.ts beside it, and peer.ts see
 * all of them; nothing is decided here. `open...` reads from the store, so it is asynchronous; `join...` puts parts together that are there.
 */
import { HearsayError } from "../base/errors.ts";
import type { PeerId, Telling } from "../base/seams.ts";
import { cohortOf, type Task, termsOf } from "../base/task.ts";
import { type Log, openLog } from "../log/stored/chain.ts";
import { mechanismOf } from "../privacy/registry.ts";
import { startOf } from "../task/start.ts";
import { createThrift, type Thrift, type ThriftStatus } from "../traffic/thrift.ts";
import type { Accountability } from "./account/accountability.ts";
import { type Gateway, openGateway } from "./gateway/gateway.ts";
import { type Acquaintance, createAcquaintance } from "./inbound/acquaintance.ts";
import type { BlobShelf } from "./inbound/blobs.ts";
import { AGENT } from "./inbound/greet.ts";
import { createNews, type News } from "./inbound/news.ts";
import type { Places } from "./inbound/places.ts";
import { createLife, type Life } from "./life.ts";
import { type Cohorts, createCohorts } from "./loop/cohorts.ts";
import { createHiddenFit, type Fit } from "./loop/hidden-fit.ts";
import { type Ledger, openLedger } from "./loop/ledger.ts";
import { createParamsHash, type HashOf } from "./loop/params-hash.ts";
import type { Saving } from "./loop/saving.ts";
import { type Budget, createBudget } from "./memory/budget.ts";
import { createIdentities, type Identities } from "./memory/identities.ts";
import type { PeerModules, PeerOptions } from "./modules.ts";
import { createReports, type Reports } from "./reports.ts";
import { createSubject, type Subject } from "./subject.ts";

/** The parts that are made first; all others are made of these. */
export interface Parts extends PeerModules {
  /** Where the task has gateways, and others are at the same place. `transport` is then the network as a member sees it. */
  readonly gateway: Gateway | undefined;
  readonly start: Float32Array;
  readonly subject: Subject;
  readonly life: Life;
  readonly reports: Reports;
  readonly identities: Identities;
  readonly budget: Budget;
  readonly log: Log;
  readonly hashOf: HashOf;
  readonly acquaintance: Acquaintance;
  readonly thrift: Thrift;
  readonly news: News;
  /** Left out where authors announce with a signature each time. */
  readonly telling: Telling | undefined;
}

/** @throws HearsayError ERR_LOG_CHAIN, ERR_TASK. */
export async function openParts({ task, configured, minCycleMs }: PeerOptions, modules: PeerModules): Promise<Parts> {
  const { clock, crypto, identity, store, observe, cluster } = modules;
  const subject = createSubject(task, crypto);
  const life = createLife();
  const isPlaced = cluster !== undefined && task.aggregation.gateways === true;
  const gateway = isPlaced ? await openGateway({ ...modules, subject }, cluster, life.signal) : undefined;
  const transport = gateway?.border.transport ?? modules.transport;
  const start = startOf(subject.task, modules.start, crypto);
  const identities = modules.identities ?? createIdentities(configured);
  const reports = createReports(observe);
  const budget = createBudget({ clock, transport, standing: identities });
  const thrift = thriftOf({ ...modules, transport, subject, reports }, minCycleMs);
  return {
    ...modules,
    transport,
    gateway,
    thrift,
    news: createNews({ clock, transport, thrift, reports }),
    subject,
    start,
    telling: hasBriefs(subject.task) ? transport.telling : undefined,
    life,
    reports,
    acquaintance: createAcquaintance(transport, reports),
    identities,
    budget,
    services: [...(modules.services ?? []), ...(gateway?.services(budget) ?? [])],
    log: await openLog({ store, identity, crypto, clock, taskId: subject.taskId, agent: AGENT }),
    hashOf: createParamsHash(crypto),
  };
}

/**
 * Whether neighbours may be told of models by briefs, without a signature. Not in three kinds of tasks: a gateway passes announcements on, so they need a signature;
 * with a privacy budget the author signs what it has spent; in a cohort all members publish one mean, and only the hash in a full announcement shows a
 * neighbour that it has that already.
 */
function hasBriefs(task: Task): boolean {
  return !task.aggregation.gateways && task.privacy?.cohort === undefined && termsOf(task) === undefined;
}

/** What a task that asks for privacy does with each training. */
export interface Hiding {
  readonly ledger: Ledger;
  fitWith(saving: Saving): Fit;
}

/** Undefined where the task asks for none. @throws HearsayError ERR_TASK where this peer's data are too few for its budget. */
export async function openHiding(parts: Parts, hasPast: boolean): Promise<Hiding | undefined> {
  const { store, reports, trainer, draws, subject } = parts;
  const { training } = subject.task;
  const terms = termsOf(subject.task);
  const { budget } = mechanismOf(subject.task);
  if (terms === undefined || budget === undefined) return undefined;
  if (draws === undefined) throw new RangeError("a task with a privacy budget needs the module `draws`");
  const kind = budget.kindFor(terms, { rows: trainer.numExamples, training });
  const options = { budget, terms, kind };
  const hasWitnesses = cohortOf(subject.task) === undefined;
  const ledger = await openLedger(
    { store, reports },
    { ...options, stepsOfTraining: training.steps, hasPast, hasWitnesses },
  );
  return { ledger, fitWith: (saving) => createHiddenFit({ trainer, draws, ledger, saving }, options) };
}

/** What a peer needs to publish its models in the mean of a few peers; undefined where the task asks for none. @throws HearsayError ERR_CONFIG without `secrecy`. */
export function joinCohorts(parts: Parts, needs: CohortNeeds): Cohorts | undefined {
  const cohort = cohortOf(parts.subject.task);
  const { secrecy, life } = parts;
  const { shelf, places, account } = needs;
  if (cohort === undefined) return undefined;
  if (secrecy === undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "the task has privacy.cohort: give this peer `secrecy`, e.g. that of node/secrecy.ts",
    );
  const isBanned = (peer: PeerId) => account?.isBanned(peer) === true;
  return createCohorts({ ...parts, secrecy, shelf, places }, { cohort, signal: life.signal, isBanned });
}

interface CohortNeeds {
  readonly shelf: BlobShelf;
  readonly places: Places;
  readonly account: Accountability | undefined;
}

/** Plans with the budget of bytes, where there is one. */
function thriftOf(
  { clock, transport, spending, subject, reports }: PeerModules & Pick<Parts, "subject" | "reports">,
  minCycleMs: number,
): Thrift {
  /** A peer without neighbours moves no bytes, and need not plan. */
  const inUse = () => {
    const budget = spending?.();
    return budget?.plan !== undefined && transport.peers().length === 0 ? undefined : budget;
  };
  const { inboxSize, quorum } = subject.task.aggregation;
  const bodyBytes = subject.codec.maxBytes;
  const changed = (status: ThriftStatus) => reports.tell({ kind: "thrift", ...status });
  const options = { minCycleMs, inboxSize, quorum, bodyBytes, changed };
  return createThrift({ clock, spending: inUse }, options);
}
