/**
 * The way out of a peer whose task has cohorts: the training stands in the log, and the model waits for a cohort (cohort/meeting.ts), which the loop does not wait for. A mean that this peer
 * is to publish is logged, offered and announced at the end of its next cycle, so that the loop alone writes what others can ask for.
 */
import { bytesOf } from "../../base/bytes.ts";
import type { Task } from "../../base/task.ts";
import { COHORT } from "../../cohort/certificate.ts";
import type { Outcome } from "../../cohort/coordinator.ts";
import type { Mechanism } from "../../privacy/mechanism.ts";
import type { Own } from "../stages.ts";
import { announce, type PublishComponents, type PublishedUnder, trainingOf } from "./publish.ts";
import { release } from "./release.ts";
import type { Saving } from "./saving.ts";
import type { Publications, WayOut } from "./way-out.ts";

/** A mean, and the word of its cohort. */
export type Release = Extract<Outcome, { readonly kind: "released" }>;

export interface CohortOutComponents extends PublishComponents {
  readonly saving: Pick<Saving, "resume">;
  readonly publications: Pick<Publications, "announceMean" | "keepTrained">;
  readonly meeting: CohortQueue;
}

/** What the loop has to do with cohorts. */
export interface CohortQueue {
  /** This model waits for a cohort. */
  offer(params: Float32Array, age: number): void;
  /** Means that this peer is to publish; given once. */
  takeReleases(): readonly Release[];
}

export interface CohortOutOptions extends PublishedUnder {
  readonly task: Task;
  /** Which tensors of it are shared. */
  readonly shared: Uint8Array;
  /** Its noise, if any, is in a model before its masks are. */
  readonly mechanism: Mechanism;
}

export function createCohortOut(components: CohortOutComponents, options: CohortOutOptions): WayOut {
  const { saving, publications, meeting, log, hashOf, ledger } = components;
  const { mechanism, engine, shared } = options;
  return async (own: Own, isQuiet: boolean) => {
    const mayLog = await saving.resume();
    if (!mayLog) return false;
    if (own.kind === "trained") {
      const training = trainingOf(own, { hashOf, engine, privacy: ledger?.statement() ?? null });
      await log.append([training]);
      publications.keepTrained({ hash: training.body.out, bytes: bytesOf(own.params) });
    }
    if (isQuiet) return true;
    if (own.kind === "trained") meeting.offer(release(own, mechanism, shared).params, own.age);
    for (const one of meeting.takeReleases()) await publishMean(components, options, one);
    return true;
  };
}

/** On disk before anybody hears of it. */
async function publishMean(
  { log, identity, hashOf, publications, ledger }: CohortOutComponents,
  { task, taskId, shared }: CohortOutOptions,
  { mean, age, mass, certificate }: Release,
): Promise<void> {
  const { hash, body, params } = mean;
  const says = { model: hash, age, bytes: body.length };
  const made = { codec: task.codec, mechanism: COHORT, shared, mass, trained: hashOf(params) };
  const [entry] = await log.append([{ type: "publish", body: { ...says, ...made, cohort: certificate } }]);
  if (entry === undefined) throw new Error("an append of an entry returned none");
  ledger?.published(entry.id);
  const spent = ledger && { spent: ledger.statement().spent };
  const announcement = announce({ log, identity }, entry, { task: taskId, ...says, mass, ...spent });
  await publications.announceMean({ hash, body, age, entry, announcement });
}
