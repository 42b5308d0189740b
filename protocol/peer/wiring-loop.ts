/** The wiring of the loop (wiring.ts): train, release, merge, one cycle after another. */
import { drawsLots } from "../aggregate/registry.ts";
import { euclideanNorm } from "../base/norm.ts";
import { lotOf } from "../log/entry/lot.ts";
import { mechanismOf } from "../privacy/registry.ts";
import type { Thrift } from "../traffic/thrift.ts";
import type { Accountability } from "./account/accountability.ts";
import type { Past } from "./account/past.ts";
import type { Speaking } from "./gateway/speaking.ts";
import type { BlobShelf } from "./inbound/blobs.ts";
import type { Inbound } from "./inbound/inbound.ts";
import { createCatchUp } from "./loop/catch-up.ts";
import { createCohortOut } from "./loop/cohort-out.ts";
import type { Cohorts } from "./loop/cohorts.ts";
import { createDistrust } from "./loop/distrust.ts";
import { createEnduringFit, type TrainingFault } from "./loop/enduring-fit.ts";
import type { Fit } from "./loop/hidden-fit.ts";
import type { Judging } from "./loop/judging.ts";
import { createLoop } from "./loop/loop.ts";
import { createMeanwhile } from "./loop/meanwhile.ts";
import { createMerging, type MergingOptions } from "./loop/merging.ts";
import { createLookAhead } from "./loop/outer-momentum.ts";
import { createPace } from "./loop/pace.ts";
import { pausedFit, pausedThrift } from "./loop/pauses.ts";
import { createReunion, startAfter } from "./loop/reunion.ts";
import { createSaving, type Saving } from "./loop/saving.ts";
import { createSoundness } from "./loop/soundness.ts";
import type { SavedState } from "./loop/state.ts";
import { createStepPlan } from "./loop/steps.ts";
import { createTell, type Tell } from "./loop/telling.ts";
import { createTraining } from "./loop/training.ts";
import { createPublications, createPublisher, createWayOut, type Publications, type WayOut } from "./loop/way-out.ts";
import type { Ranks } from "./memory/ranks.ts";
import type { PeerOptions } from "./modules.ts";
import type { Hiding, Parts } from "./wiring.ts";

/** What the loop is made of beside the parts. */
export interface LoopNeeds {
  readonly saved: SavedState | undefined;
  readonly inbound: Inbound;
  readonly ranks: Ranks;
  readonly shelf: BlobShelf;
  readonly account: Accountability | undefined;
  readonly past: Past | undefined;
  readonly hiding: Hiding | undefined;
  /** Where the task has cohorts. */
  readonly cohorts: Cohorts | undefined;
  readonly speaking: Speaking;
  /** Where models of others are judged. */
  readonly judging: Judging | undefined;
}

export interface Learning {
  /** One cycle after another until the peer ends. */
  run(): Promise<void>;
  /** As it is on disk. */
  state(): SavedState;
  /** The last announcement, for greetings. */
  latest(): Uint8Array | undefined;
  /** Why there is no training now; undefined where there is. */
  trainingFault(): TrainingFault | undefined;
  /** What is given up for the budget of bytes. */
  thrift(): ReturnType<Thrift["status"]>;
}

export function joinLoop(parts: Parts, options: PeerOptions, needs: LoopNeeds): Learning {
  const { minCycleMs, explain = false } = options;
  const { clock, identity, store, trainer, aggregator, log, identities, hashOf } = parts;
  const { archive, place, life, reports, subject, start, thrift, pauses, gateway } = parts;
  const { saved, inbound, ranks, account, past, hiding, speaking, judging } = needs;
  const { task } = subject;
  const { signal } = life;
  const publications = publicationsOf(parts, needs);
  const saving = createSaving(
    { store, log, clock, archive, past },
    {
      saved,
      start,
      hashOf,
      explain,
      arrival: place?.changes ?? [],
      runningMean: task.training.runningMean,
      personal: () => trainer.personal?.state(),
      takeChanges: () => [account, judging].flatMap((memory) => memory?.takeChanges() ?? []),
      archived: publications.archived,
    },
  );

  const soundness = createSoundness(trainer, task);
  const distrust = createDistrust(task, soundness);
  const catchUp = createCatchUp({ clock, identities, soundness, distrust }, task);
  const reunion = createReunion({ aggregator, identities, soundness }, task);
  const isOutside = gateway?.isOutside;
  const merging = createMerging(
    { inbound, aggregator, catchUp, distrust, reunion, saving: speaking.overSaving(saving), reports, judging },
    { task, hashOf, explain, isOutside, lotOf: lotsOf(parts, account) },
  );

  const lookAhead = createLookAhead(task);
  const enduring = createEnduringFit({ fit: hiding?.fitWith(saving) ?? plainFit(parts), clock, reports });
  const training = createTraining(
    { fit: pausedFit(enduring.fit, pauses), lookAhead: startAfter(reunion, lookAhead), clock, reports },
    { task, self: identity.peerId, signal },
  );

  const plan = createStepPlan({ identities, ranks }, { training: task.training, minCycleMs });
  const bounds = { startNorm: euclideanNorm(start), quorum: task.aggregation.quorum, signal };
  const meanwhile = createMeanwhile({ clock, plan, inbound, merging, saving, lookAhead }, { ...bounds, minCycleMs });
  const run = createLoop(
    {
      thrift: pausedThrift(thrift, pauses),
      training,
      meanwhile: task.training.adaptive && meanwhile,
      wayOut: wayOutOf(parts, needs, publications, saving),
      pace: createPace({ clock, plan }, { minCycleMs, signal }),
      inbound,
      merging,
    },
    { ...bounds, state: saving.state },
  );
  return {
    run,
    state: saving.state,
    latest: publications.latest,
    trainingFault: enduring.fault,
    thrift: thrift.status,
  };
}

function publicationsOf(parts: Parts, { shelf, account }: LoopNeeds): Publications {
  const { archive, reports } = parts;
  return createPublications(
    { shelf, archive, reports, tell: tellOf(parts, account) },
    { published: (entry, announcement) => account?.published(entry, announcement) },
  );
}

/** Models leave in the mean of a cohort where the task asks for it, else each by itself. */
function wayOutOf(parts: Parts, needs: LoopNeeds, publications: Publications, saving: Saving): WayOut {
  const { log, identity, crypto, hashOf, subject, trainer } = parts;
  const { cohorts, hiding, speaking } = needs;
  const { task, taskId, shared } = subject;
  const { engine } = trainer;
  const ledger = hiding?.ledger;
  if (cohorts !== undefined)
    return createCohortOut(
      { log, identity, hashOf, saving, publications, meeting: cohorts, ledger },
      { task, shared, taskId, engine, mechanism: mechanismOf(task) },
    );
  const publisher = createPublisher({ log, identity, crypto, subject, hashOf, ledger }, engine);
  return createWayOut({ saving, publications, publisher: speaking.overPublisher(publisher) });
}

/** Trains without a privacy budget. */
function plainFit({ trainer }: Parts): Fit {
  return (request) => trainer.fit(request);
}

/** Signed lots, for a rule that draws some; undefined for other rules, and where nothing is signed. */
function lotsOf(
  { log, hashOf, identity, subject }: Parts,
  account: Accountability | undefined,
): MergingOptions["lotOf"] {
  if (account === undefined || !drawsLots(subject.task.aggregation.rule)) return undefined;
  return ({ params }) => lotOf(log.logId, hashOf(params), identity);
}

/** How publications are told: by briefs where this peer answers for its log and the network takes briefs. */
function tellOf({ transport, news, telling, acquaintance, subject }: Parts, account: Accountability | undefined): Tell {
  const briefs = account && telling && { telling, acquaintance };
  return createTell({ transport, news, ...(briefs && { briefs }) }, subject.names);
}
