/**
 * The composition root of a peer: makes its parts and hands each the few components that it uses. Only this file, those beside it (wiring-loop.ts, wiring-account.ts,
 * wiring-gateway.ts) and peer.ts see all of them; nothing is decided here.
 */
import { HearsayError } from "../base/errors.ts";
import type { PeerId, Telling } from "../base/seams.ts";
import { cohortOf, massesOf, type Task, termsOf } from "../base/task.ts";
import { type Log, openLog } from "../log/stored/chain.ts";
import { mechanismOf } from "../privacy/registry.ts";
import { startOf } from "../task/start.ts";
import { createThrift, type Thrift, type ThriftStatus } from "../traffic/thrift.ts";
import type { Announcement } from "../wire/announcement.ts";
import type { Place } from "../wire/messages.ts";
import type { Accountability } from "./account/accountability.ts";
import type { Past } from "./account/past.ts";
import { type Gateway, openGateway } from "./gateway/gateway.ts";
import { type Acquaintance, createAcquaintance } from "./inbound/acquaintance.ts";
import { heardIn, isNewer } from "./inbound/announcement-order.ts";
import { type AnnouncementBook, createAnnouncementBook } from "./inbound/announcements.ts";
import type { BlobShelf } from "./inbound/blobs.ts";
import { createChoosing, type ExplainedChoosing } from "./inbound/choosing.ts";
import { AGENT, createGreeter } from "./inbound/greet.ts";
import { createBriefHearing, createHearing } from "./inbound/hearing.ts";
import { createHelloService, type HelloService } from "./inbound/hello-service.ts";
import { createInbound, type Inbound } from "./inbound/inbound.ts";
import { askNewest, createLateFetch } from "./inbound/late-fetch.ts";
import { createNews, type News } from "./inbound/news.ts";
import { createPlaces, type Places } from "./inbound/places.ts";
import { createPuller } from "./inbound/puller.ts";
import { createLife, type Life } from "./life.ts";
import { type Cohorts, createCohorts } from "./loop/cohorts.ts";
import { createFetch } from "./loop/fetch.ts";
import { createHiddenFit, type Fit } from "./loop/hidden-fit.ts";
import { type Ledger, openLedger } from "./loop/ledger.ts";
import { createParamsHash, type HashOf } from "./loop/params-hash.ts";
import type { Saving } from "./loop/saving.ts";
import { type Budget, createBudget } from "./memory/budget.ts";
import { createIdentities, type Identities } from "./memory/identities.ts";
import { createRanks, type Ranks } from "./memory/ranks.ts";
import type { PeerModules, PeerOptions } from "./modules.ts";
import type { Releases } from "./release/releases.ts";
import { createReports, type Reports } from "./reports.ts";
import type { ToldService, TopicService } from "./services.ts";
import { createSubject, type Subject } from "./subject.ts";

/** What is made first, and of which the rest is made. */
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
    ...{ transport, gateway },
    thrift,
    news: createNews({ clock, transport, thrift, reports }),
    ...{ subject, start },
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
 * Where a gateway passes on what others announce, and where announcements say what was spent of a budget, all of them are signed. So they are in tasks with cohorts:
 * all members publish one mean, and only the hash in an announcement shows a neighbour that it has that already.
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

/** The way in. */
export interface WayIn {
  readonly inbound: Inbound;
  readonly places: Places;
  readonly ranks: Ranks;
  readonly book: AnnouncementBook;
  readonly receive: TopicService["handle"];
  readonly receiveBrief: ToldService["handle"];
  /** Undefined where all authors are alike. */
  readonly choosing: ExplainedChoosing | undefined;
}

/** @param startCycle own cycles before this start: the staleness of what comes before the first cycle counts from it. */
export function joinInbound(
  parts: Parts,
  startCycle: number,
  account: Accountability | undefined,
  selection: PeerOptions["selection"],
): WayIn {
  const { clock, crypto, identity, transport, archive, rng, budget, identities, life, reports, subject, news } = parts;
  const { task, taskId, names, codec } = subject;
  const { signal } = life;
  const round = { cycle: startCycle, maxNorm: Number.MAX_VALUE };
  const ranks = createRanks({ clock, transport, identities });
  const { announcementsPerSecond } = task.limits;
  const passOn = (sealed: Uint8Array) => void parts.telling?.passOn(names.announce, sealed).catch(() => {}); // who is not reached hears the next
  const book = createAnnouncementBook(
    { clock, crypto, identities, ranks, budget },
    {
      ...{ task: taskId, self: identity.peerId, bodyBytes: codec, announcementsPerSecond, masses: massesOf(task) },
      ...{ cycle: () => round.cycle, silentCycles: task.staleness.cutoff, ...(account && { accountable: account }) },
      askNewest: (author) =>
        life.aside(askNewest({ transport, subject, receive }, author, signal).then((news) => news && passOn(news))),
      passOn,
    },
  );
  const places = createPlaces({ clock, standing: identities, transport, signal }, codec.maxBytes);
  const proofs = account && { proofs: account };
  const servesPulls = (author: PeerId) =>
    parts.gateway?.border.isGuest(author) === true || parts.acquaintance.servesPulls(author);
  const show: AnnouncementBook["show"] = (brief, announcement) => book.show(brief, announcement);
  const fetchTold = createFetch(
    { transport, crypto, clock },
    { names, codec, servesPulls, show, keepBodies: archive !== undefined, ...proofs },
  );
  const receive: TopicService["handle"] = (from, sealed) => hearing(from, sealed); // the puller asks for what comes in there
  const fetcher = createLateFetch({ fetcher: fetchTold, news, identities, clock, transport, subject, receive });
  const puller = createPuller({ fetcher, places, identities, clock, reports }, { signal });
  const isBanned = account && { isBanned: account.isBanned };
  const choosing = createChoosing({ book, ranks, identities, places, transport, clock }, selection, round);
  const options = { task, rng, round, signal, ...isBanned };
  const inbound = createInbound({ book, ranks, identities, puller, clock, choosing }, options);
  const heard = (author: PeerId) => inbound.heard(author);
  const hearing = createHearing({ book, reports }, heard);
  if (parts.telling) transport.onConnect((author) => book.connected(author));
  const receiveBrief = createBriefHearing({ book, reports }, heard);
  return { inbound, places, ranks, book, receive, receiveBrief, choosing };
}

/** Where the task asks for it: how models leave this peer in the mean of a few. @throws HearsayError ERR_CONFIG without what keeps secrets. */
export function joinCohorts(
  parts: Parts,
  {
    shelf,
    places,
    account,
  }: Pick<WayIn, "places"> & {
    readonly shelf: BlobShelf;
    readonly account: Accountability | undefined;
  },
): Cohorts | undefined {
  const cohort = cohortOf(parts.subject.task);
  const { secrecy, life } = parts;
  if (cohort === undefined) return undefined;
  if (secrecy === undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "the task has privacy.cohort: give this peer `secrecy`, e.g. that of node/secrecy.ts",
    );
  const isBanned = (peer: PeerId) => account?.isBanned(peer) === true;
  return createCohorts({ ...parts, secrecy, shelf, places }, { cohort, signal: life.signal, isBanned });
}

/** Plans with the budget of bytes, where there is one. */
function thriftOf(
  { clock, transport, spending, subject, reports }: PeerModules & Pick<Parts, "subject" | "reports">,
  minCycleMs: number,
): Thrift {
  /** Who is alone moves nothing, and need not plan. */
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

/** What greetings need beside the parts. */
export interface GreetingNeeds {
  readonly receive: TopicService["handle"];
  latest(to: PeerId): Uint8Array | undefined;
  newestOf(peer: PeerId): Uint8Array | undefined;
  heardOf(peer: PeerId): Place | undefined;
  readonly account: Accountability | undefined;
  readonly past: Past | undefined;
  readonly releases: Releases | undefined;
  /** What the owner calls this peer. */
  readonly name: string | undefined;
}

/** What this peer knows of the newest publication of another: what that one has signed, and what it has only told. */
export function knownOf(
  { identities }: Parts,
  account: Accountability | undefined,
): Pick<GreetingNeeds, "newestOf" | "heardOf"> {
  const slotOf = (peer: PeerId) => identities.get(peer)?.slot;
  return {
    newestOf: (peer) => newestSigned(heardIn(slotOf(peer)), account?.proved(peer))?.sealed,
    heardOf(peer) {
      const { announced } = slotOf(peer) ?? {};
      return announced?.isBrief ? announced : undefined;
    },
  };
}

function newestSigned([heard]: readonly Announcement[], proved: Announcement | undefined): Announcement | undefined {
  if (heard === undefined || proved === undefined) return heard ?? proved;
  return isNewer(proved, heard) ? proved : heard;
}

export function joinGreetings(parts: Parts, needs: GreetingNeeds): HelloService {
  const { clock, transport, budget, life, subject, acquaintance, news } = parts;
  const { receive, latest, newestOf, heardOf, account, past, releases, name } = needs;
  const answered = (other: PeerId, yours: Uint8Array | undefined, heard: Place | undefined) => {
    past?.told(other, yours, heard);
    account?.met(other);
    releases?.met(other);
  };
  const passOn = account !== undefined;
  const greet = createGreeter(
    { transport, subject, acquaintance, news },
    { signal: life.signal, receive, passOn, answered },
  );
  const servesPulls = account !== undefined;
  const hearsBriefs = servesPulls && parts.telling !== undefined;
  return createHelloService(
    { transport, clock, budget, subject, acquaintance, news },
    { latest, newestOf, heardOf, greet, servesPulls, hearsBriefs, ...(name !== undefined && { name }) },
  );
}
