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
import { createEnduringFit, type TrainingFault } from "./loop/enduring-fit.ts";
import type { Fit } from "./loop/hidden-fit.ts";
import type { Judging } from "./loop/judging.ts";
import { createLoop } from "./loop/loop.ts";
import { createMeanwhile } from "./loop/meanwhile.ts";
import { createMerging } from "./loop/merging.ts";
import { createLookAhead } from "./loop/outer-momentum.ts";
import { createPace } from "./loop/pace.ts";
import { pausedFit, pausedThrift } from "./loop/pauses.ts";
import { createReunion, startAfter } from "./loop/reunion.ts";
import { createSaving } from "./loop/saving.ts";
import type { SavedState } from "./loop/state.ts";
import { createStepPlan } from "./loop/steps.ts";
import { createTell, type Tell } from "./loop/telling.ts";
import { createTraining } from "./loop/training.ts";
import { createOffers, createPublisher, createWayOut, type Offer } from "./loop/way-out.ts";
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
  latest(): Offer | undefined;
  /** Why there is no training now; undefined where there is. */
  trainingFault(): TrainingFault | undefined;
  /** What is given up for the budget of bytes. */
  thrift(): ReturnType<Thrift["status"]>;
}

export function joinLoop(parts: Parts, options: PeerOptions, needs: LoopNeeds): Learning {
  const { minCycleMs, explain = false } = options;
  const { clock, crypto, identity, store, trainer, aggregator, log, identities, hashOf } = parts;
  const { archive, place, life, reports, subject, start, thrift, pauses } = parts;
  const { saved, inbound, ranks, shelf, account, past, hiding, cohorts, speaking, judging } = needs;
  const { task, shared } = subject;
  const outside = { isOutside: parts.gateway?.isOutside };
  const offers = createOffers(
    { shelf, archive, reports, tell: tellOf(parts, account) },
    { published: (entry, announcement) => account?.published(entry, announcement) },
  );
  const saving = createSaving(
    { store, log, clock, archive, past },
    {
      ...{ saved, start, hashOf, explain, arrival: place?.changes ?? [], runningMean: task.training.runningMean },
      personal: () => trainer.personal?.state(),
      takeChanges: () => [account, judging].flatMap((memory) => memory?.takeChanges() ?? []),
      published: offers.archived,
    },
  );
  const { engine } = trainer;
  const published = { log, identity, crypto, subject, hashOf, ledger: hiding?.ledger };
  const wayOut =
    cohorts === undefined
      ? createWayOut({ saving, offers, publisher: speaking.heeds(createPublisher(published, engine)) })
      : createCohortOut(
          { log, identity, hashOf, saving, offers, meeting: cohorts, ledger: hiding?.ledger },
          { task, shared, taskId: subject.taskId, engine, mechanism: mechanismOf(task) },
        );
  const draws = account !== undefined && drawsLots(task.aggregation.rule);
  const lot = (params: Float32Array) => lotOf(log.logId, hashOf(params), identity);
  const reunion = createReunion({ aggregator, identities, trainer }, task);
  const catchUp = createCatchUp({ clock, identities, trainer }, task);
  const merging = createMerging(
    { inbound, aggregator, catchUp, reunion, saving: speaking.after(saving), reports, judging },
    { ...{ task, hashOf, explain, ...outside }, lotOf: draws ? ({ params }) => lot(params) : undefined },
  );
  const plan = createStepPlan({ identities, ranks }, { training: task.training, minCycleMs });
  const lookAhead = createLookAhead(task);
  const bounds = { startNorm: euclideanNorm(start), quorum: task.aggregation.quorum, signal: life.signal };
  const meanwhile = createMeanwhile({ clock, plan, inbound, merging, saving, lookAhead }, { ...bounds, minCycleMs });
  const trainOnce: Fit = hiding?.fitWith(saving) ?? ((request) => trainer.fit(request));
  const enduring = createEnduringFit({ fit: trainOnce, clock, reports });
  const run = createLoop(
    {
      thrift: pausedThrift(thrift, pauses),
      training: createTraining(
        { fit: pausedFit(enduring.fit, pauses), lookAhead: startAfter(reunion, lookAhead), clock, reports },
        { task, self: identity.peerId, signal: life.signal },
      ),
      meanwhile: task.training.adaptive && meanwhile,
      wayOut,
      pace: createPace({ clock, plan }, { minCycleMs, signal: life.signal }),
      ...{ inbound, merging },
    },
    { ...bounds, state: saving.state },
  );
  return { run, state: saving.state, latest: offers.latest, trainingFault: enduring.fault, thrift: thrift.status };
}

/** By briefs where this peer answers for its log, and its neighbours hear them. */
function tellOf({ transport, news, telling, acquaintance, subject }: Parts, account: Accountability | undefined): Tell {
  const briefs = account && telling && { telling, acquaintance };
  return createTell({ transport, news, ...(briefs && { briefs }) }, subject.names);
}
