/**
 * What the entries of a log must say by the task and by one another, without a look at any model:
 *
 *     train       in = the model that the log has come to;  steps = H, or fewer where the task is adaptive;  age = min(age before + H, LIMITS.maxAge);
 *                 moved, where the task is adaptive: it began with a model that the log came to since the training before;
 *                 privacy as in privacy-claims.ts
 *     publish     of the training just before: its parameters and age, the tensors that the task shares, mass 1, the task's codec, a length that this can have; where the task has
 *                 cohorts, of one of them, at any time, with as large a mass as one may have
 *     aggregate   own = the model that the log has come to;  base = what its training started from, or own itself where that diverged;
 *                 rule = the task's, or `catch-up` where one may;  parents as in parents.ts;  age as task/combine.ts has it
 *     resume      the model that the log had come to, or the one before the last training, which is what a crash leaves
 *
 * A log begins at the task's initial model, at age 0, and begins there again as often as a peer starts that has saved nothing yet.
 */
import { createRecentSet, type RecentSet } from "../base/bounded.ts";
import { equalBytes, keyOf } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import { sharedMask } from "../base/shared-tensors.ts";
import { cohortOf, massesOf, type Task, termsOf } from "../base/task.ts";
import type { BodyCodec } from "../codec/codec.ts";
import { COHORT } from "../cohort/certificate.ts";
import { CLUSTER } from "../gateway/certificate.ts";
import type { AggregateBody, PublishBody, ResumeBody, Statement, TrainBody } from "../log/entry/bodies.ts";
import { none } from "../privacy/none.ts";
import { CATCH_UP, mayCatchUp, permittedAges } from "../task/combine.ts";
import { candidatesOf, type LoggedCandidate } from "./parents.ts";
import { createPrivacyClaims, type PrivacyClaim, type PrivacyClaims } from "./privacy-claims.ts";

/** What an entry is worth by itself. */
export type Judgement =
  /** It contradicts the task or an earlier entry: a sentence. */
  | { readonly fault: string }
  | {
      readonly fault?: undefined;
      /** A `resume` from parameters that this log does not know: before it, in another generation, or from outside. */
      readonly unknown?: true;
      readonly published?: Publication;
      readonly merge?: LoggedMerge;
      readonly moved?: LoggedMove;
    };

/** What the body of a `publish` must be made of. */
export interface Publication {
  /** Hash of the trained parameters. */
  readonly trained: Uint8Array;
  /** Name of the mechanism that released them. */
  readonly mechanism: string;
  readonly mass: number;
  /** The word of a cohort, whose mean `trained` is the hash of. */
  readonly cohort?: Uint8Array;
}

/** A training whose result was added to another model: hashes of parameters. */
export interface LoggedMove {
  readonly onto: Uint8Array;
  readonly began: Uint8Array;
  readonly ended: Uint8Array;
}

/** What re-execution of an `aggregate` needs beyond the entry. */
export interface LoggedMerge {
  readonly ownAge: number;
  readonly catchUp: boolean;
  readonly candidates: readonly LoggedCandidate[];
}

/** Takes the statements of one log in order, and goes on from what each says, be it true or not. */
export interface Lineage {
  next(statement: Statement): Judgement;
  /** What the trainings so far say of a privacy budget; undefined where nothing. */
  privacy(): PrivacyClaim | undefined;
}

interface Model {
  readonly params: Uint8Array;
  readonly age: number;
}

/** What the task says of every entry, and what the log has come to. */
interface State {
  readonly task: Task;
  readonly start: Model;
  /** The mask of the tensors that are shared. */
  readonly toShare: Uint8Array;
  readonly claims: PrivacyClaims;
  readonly codec: Pick<BodyCodec, "minBytes" | "maxBytes">;
  model: Model;
  /** What the last training started from. */
  before: Model;
  /** Models that the log has come to since the last training or start: one of them is what the next began with. */
  since: RecentSet<string>;
  /** Merges since then: after very many the first of these models are forgotten. */
  mergesSince: number;
  /** Nothing but a `genesis` was read. */
  isNew: boolean;
  /** The log goes on from another one, and nothing was trained since: a training that was under way may have begun with any model. */
  beganElsewhere: boolean;
  /** Set between a `train` and what follows it. */
  trained: Model | undefined;
  /** The peer has saved a model that is not the initial one. */
  hasSaved: boolean;
  mergedSinceStart: boolean;
}

/** @param initial hash of the task's initial parameters. @param codec that of the task's bodies. */
export function createLineage(
  task: Task,
  initial: Uint8Array,
  codec: Pick<BodyCodec, "minBytes" | "maxBytes">,
): Lineage {
  const start: Model = { params: initial, age: 0 };
  const state: State = {
    task,
    start,
    toShare: sharedMask(task),
    claims: createPrivacyClaims(task),
    codec,
    model: start,
    before: start,
    since: modelsFrom(start),
    mergesSince: 0,
    isNew: true,
    beganElsewhere: false,
    trained: undefined,
    hasSaved: false,
    mergedSinceStart: false,
  };
  return { next: (statement) => judge(state, statement), privacy: state.claims.latest };
}

/** What is remembered of a training on, or of a start: a model. */
function modelsFrom({ params }: Model): RecentSet<string> {
  const models = createRecentSet<string>(2 * LIMITS.maxModelsBetweenTrainings);
  models.add(keyOf(params));
  return models;
}

function judge(state: State, statement: Statement): Judgement {
  const of = state.trained;
  const { isNew } = state;
  state.trained = undefined;
  state.isNew &&= statement.type === "genesis";
  switch (statement.type) {
    case "train":
      return train(state, statement.body);
    case "publish":
      return publish(state, statement.body, of);
    case "aggregate":
      return aggregate(state, statement.body);
    case "resume":
      return resume(state, statement.body, isNew);
    case "genesis":
    case "end":
    case "vertical":
      return {};
  }
}

/**
 * What the log may have come to: its model, and the initial one as long as nothing was saved. Where a training changed no bit of the initial parameters
 * both have the same.
 */
function originsOf({ model, start, hasSaved }: State, from: Uint8Array): Model[] {
  return (hasSaved ? [model] : [model, start]).filter(({ params }) => equalBytes(params, from));
}

function train(state: State, body: TrainBody): Judgement {
  const { in: from, out, steps, age, moved } = body;
  const { task, model, start } = state;
  const spent = state.claims.next(body);
  const judged = moved === undefined ? {} : move(state, from, moved);
  const origins = originsOf(state, from);
  const ageAfter = (origin: Model) => Math.min(origin.age + steps, LIMITS.maxAge);
  const origin = origins.find((one) => ageAfter(one) === age) ?? origins[0];
  state.before = { params: from, age: origin?.age ?? model.age };
  state.hasSaved ||= origin !== start;
  state.model = { params: out, age };
  state.trained = state.model;
  state.since = modelsFrom(state.model);
  state.mergesSince = 0;
  state.beganElsewhere = false;
  if (origin === undefined) return { fault: "trained from another model than the log had come to" };
  const { steps: most, adaptive } = task.training;
  if (steps > most || (steps < most && !adaptive))
    return { fault: `${steps} steps; the task says ${most}${adaptive ? " at most" : ""}` };
  if (spent !== undefined) return { fault: spent };
  const expected = ageAfter(origin);
  return age === expected ? judged : { fault: `age ${age}; ${origin.age} and ${steps} steps make ${expected}` };
}

/** A training whose result was added to a model that came of merges meanwhile. */
function move(
  { task, since, mergesSince, beganElsewhere }: State,
  onto: Uint8Array,
  [began, ended]: NonNullable<TrainBody["moved"]>,
): Judgement {
  if (!task.training.adaptive) return { fault: "moved a training, where the task has each waited for" };
  if (beganElsewhere) return { unknown: true };
  if (mergesSince === 0) return { fault: "moved a training, with no merge since the one before" };
  if (since.has(keyOf(began))) return { moved: { onto, began, ended } };
  if (mergesSince > LIMITS.maxModelsBetweenTrainings) return { unknown: true };
  return { fault: "moved a training that began with no model since the one before" };
}

function publish({ task, codec, toShare }: State, body: PublishBody, of: Model | undefined): Judgement {
  const { bytes, trained = of?.params, mechanism = none.name, mass = 1, shared = toShare, cohort } = body;
  const fault = originFault(task, body, of);
  if (fault !== undefined || trained === undefined) return { fault: fault ?? "published without a training" };
  const { minBytes, maxBytes } = codec;
  if (bytes < minBytes || bytes > maxBytes || body.codec !== task.codec) {
    const lengths = minBytes === maxBytes ? String(maxBytes) : `${minBytes} to ${maxBytes}`;
    return { fault: `${bytes} bytes of ${body.codec}; the task's bodies are ${lengths} of ${task.codec}` };
  }
  const { least, most } = massesOf(task);
  if (mass < least || mass > most)
    return { fault: `mass ${mass}; a model may stand for ${least === most ? most : `${least} to ${most}`}` };
  if (!equalBytes(shared, toShare)) return { fault: "shared other tensors than the task says" };
  return { published: { trained, mechanism, mass, ...(cohort && { cohort }) } };
}

/** Of what it is made: of the training just before, or of what the members of a cohort sent, where the task asks for that. */
function originFault(
  task: Task,
  { age, trained, cohort, mechanism, mass = 1 }: PublishBody,
  of: Model | undefined,
): string | undefined {
  if (cohortOf(task) !== undefined) {
    if (cohort === undefined) return "published alone, where the task asks for cohorts";
    return mechanism === COHORT ? undefined : `the mean of a cohort under the mechanism ${mechanism}`;
  }
  if (cohort !== undefined && mechanism === CLUSTER && task.aggregation.gateways) return undefined; // made of what the certificate names
  if (cohort !== undefined) return "published the mean of a cohort, where the task has none";
  if (mass !== 1) return `published alone with mass ${mass}`;
  if (of === undefined) return "published without a training just before";
  const named = termsOf(task)?.mechanism;
  if (named !== undefined && mechanism !== named)
    return `released by ${mechanism ?? none.name}; the task says ${named}`;
  if (age !== of.age) return `published at age ${age}, trained at ${of.age}`;
  const isOther = trained !== undefined && !equalBytes(trained, of.params);
  return isOther ? "published another training than the one just before" : undefined;
}

function aggregate(state: State, body: AggregateBody): Judgement {
  const { task, model, before: base, mergedSinceStart } = state;
  const own = originsOf(state, body.own)[0] ?? model;
  state.model = { params: body.out, age: body.age };
  state.before = state.model;
  state.hasSaved = true;
  state.mergedSinceStart = true;
  for (const params of [body.own, body.out]) state.since.add(keyOf(params));
  state.mergesSince += 1;
  if (!equalBytes(body.own, own.params)) return { fault: "merged another model than the log had come to" };
  if (body.base === null || !(equalBytes(body.base, base.params) || equalBytes(body.base, body.own)))
    return { fault: "its base is not what the training before started from" };
  const candidates = candidatesOf(body, own.age, task);
  if (typeof candidates === "string") return { fault: candidates };
  const catchUp = body.rule === CATCH_UP;
  const ages = candidates.map(({ age }) => age);
  if (catchUp ? mergedSinceStart || !mayCatchUp(task, own.age, ages) : body.rule !== task.aggregation.rule)
    return { fault: `rule ${body.rule}, where the task says ${task.aggregation.rule}` };
  const expected = permittedAges(task, { age: own.age, catchUp, candidates });
  if (!expected.includes(body.age)) return { fault: `age ${body.age}; that of own and parents makes ${expected[0]}` };
  return { merge: { ownAge: own.age, catchUp, candidates } };
}

function resume(state: State, { params, age }: ResumeBody, isNew: boolean): Judgement {
  const known = [state.model, state.before].find((one) => equalBytes(one.params, params));
  state.model = { params, age };
  state.before = state.model;
  state.since = modelsFrom(state.model);
  state.mergesSince = 0;
  state.beganElsewhere = isNew;
  state.hasSaved = true;
  state.mergedSinceStart = false;
  if (known === undefined) return { unknown: true };
  return age === known.age ? {} : { fault: `resumed at age ${age} a model of age ${known.age}` };
}
