/**
 * What the code of a plugin gives while a run goes on, checked as it comes. What has a wrong shape would else be told by the first line of Hearsay that stumbles
 * over it, or would look like a result.
 */
import type { LinearOutcome, Rule, SettledRule } from "../../protocol/aggregate/rows/rule.ts";
import { settled } from "../../protocol/aggregate/rows/settle.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { CandidateStatus, RuleInput, Trainer } from "../../protocol/base/learning-seams.ts";
import { numParams, type Task } from "../../protocol/base/task.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { BodyCodec, BodyLayout, Codec } from "../../protocol/codec/codec.ts";
import type { Partition } from "../../protocol/learn/data/partitions/partition.ts";
import type { Metric } from "../../protocol/learn/metrics/metric.ts";
import type { Algorithm, Learner } from "../algorithms/algorithm.ts";
import type { Attack, Disguise } from "../attacks/attack.ts";
import { simpleLinks, type Topology } from "../network/topologies/topology.ts";
import type { Plugin } from "./plugin.ts";

/** Throws where a value is not what was to be given; else gives it. */
type Demand = <T>(isRight: boolean, call: string, value: T, wanted: string) => T;

type One<Kind extends keyof Plugin> = NonNullable<Plugin[Kind]>[number];

const STATUSES: readonly string[] = ["used", "duplicate", "clipped", "removed"] satisfies CandidateStatus[];

/** The calls of each kind, which ask the thing itself and look at the answer. */
const CALLS: { readonly [Kind in keyof Plugin]-?: (thing: One<Kind>, demand: Demand) => Partial<One<Kind>> } = {
  attacks: (attack: Attack, demand) => ({
    join(coalition, options) {
      const disguiseOf = attack.join(coalition, options);
      demand(typeof disguiseOf === "function", "join", disguiseOf, "a function (liar) => disguise");
      return (liar) => checkedDisguise(disguiseOf(liar), coalition.task, demand);
    },
  }),
  rules: (given: Rule, demand) => {
    const rule = given.settle === undefined ? given : checkedSettlement(given as SettledRule, demand);
    return { ...(rule.settle && { settle: rule.settle }), aggregate: checkedAggregate(rule, demand) };
  },
  partitions: (partition: Partition, demand) => ({
    deal(deal) {
      const { data } = deal; // a copy: what sorts the rows in place would change those of all peers
      const parts = partition.deal({
        ...deal,
        data: { ...data, inputs: data.inputs.slice(), targets: data.targets.slice() },
      });
      const areLists = Array.isArray(parts) && parts.every((rows) => typeof rows?.[Symbol.iterator] === "function");
      return demand(areLists, "deal", parts, "a list with a list of rows for each peer");
    },
  }),
  metrics: (metric: Metric, demand) => ({
    measure(evidence: never) {
      const value = metric.measure(evidence);
      return demand(Number.isFinite(value), "measure", value, "a number that is finite");
    },
  }),
  codecs: (codec: Codec, demand) => ({
    forLayout(layout) {
      const body = codec.forLayout(layout);
      const { encode, decode, minBytes, maxBytes } = demand(isRecord(body), "forLayout", body, BODY);
      const isWhole = typeof encode === "function" && typeof decode === "function" && minBytes <= maxBytes;
      return checkedBody(demand(isWhole, "forLayout", body, BODY), layout, demand);
    },
  }),
  topologies: (topology: Topology, demand) => ({
    links(crowd, options) {
      const { peers } = crowd;
      const links = topology.links(crowd, options);
      const isPeer = (number: unknown) => Number.isInteger(number) && Number(number) >= 0 && Number(number) < peers;
      const known = demand(Array.isArray(links), "links", links, LINKS);
      const wrong = known.find((ends) => !Array.isArray(ends) || ends.length !== 2 || !ends.every(isPeer));
      demand(wrong === undefined, "links", wrong, `${LINKS}, from 0 to ${peers - 1}`);
      const loop = known.find(([a, b]) => a === b);
      demand(loop === undefined, "links", loop, `${LINKS}: two, not one`);
      return simpleLinks(known, peers);
    },
  }),
  algorithms: (algorithm: Algorithm, demand) => ({
    async start(environment, options) {
      const learners = await algorithm.start(environment, options);
      const { participants, task } = environment;
      const isWhole = Array.isArray(learners) && learners.length === participants.length && learners.every(isLearner);
      const wanted = `${participants.length} learners, one for each participant: site.learner() makes one`;
      const length = numParams(task);
      return demand(isWhole, "start", learners, wanted).map((one) => checkedLearner(one, length, demand));
    },
  }),
};

const DISGUISED: readonly string[] = Object.keys({
  data: 0,
  trainer: 0,
  transport: 0,
  aggregator: 0,
  wantsGateway: 0,
} satisfies Record<keyof Disguise, 0>);

function checkedDisguise(disguise: Disguise, task: Task, demand: Demand): Disguise {
  const { trainer: around } = demand(isRecord(disguise), "join", disguise, "a disguise, such as { trainer }, or {}");
  const unknown = Object.keys(disguise).find((name) => !DISGUISED.includes(name));
  demand(unknown === undefined, "join", unknown, `a disguise of ${DISGUISED.join(", ")}`);
  if (around === undefined) return disguise;
  const length = numParams(task);
  const trainer = (own: Trainer) => {
    const liar = around(own);
    return trainedOtherwise(liar, async (request) => {
      const result = await liar.fit(request);
      const params = result?.params;
      const fits = params instanceof Float32Array && params.length === length;
      demand(fits, "join", params, `params, a Float32Array of ${length} numbers, from the trainer of a liar`);
      return result;
    });
  };
  return overriding(disguise, { trainer });
}

/** The models that a rule is given are views of what several peers hold: one of a plugin gets copies, since what it adds up in place would change theirs. */
function copied(input: RuleInput): RuleInput {
  const candidates = input.candidates.map((one) => ({ ...one, params: one.params.slice() }));
  return { ...input, own: input.own.slice(), ...(input.base && { base: input.base.slice() }), candidates };
}

function checkedAggregate(rule: Rule, demand: Demand): Rule["aggregate"] {
  return (input, parameters, passes) => {
    const output = rule.aggregate(rule.settle === undefined ? copied(input) : input, parameters, passes);
    const { params, statuses } = demand(isRecord(output), "aggregate", output, "{ params, statuses, mass }");
    const { length } = input.own;
    const isVector = params instanceof Float32Array && params.length === length;
    demand(isVector, "aggregate", params, `params, a Float32Array of ${length} numbers`);
    const odd = params.find((value) => !Number.isFinite(value)); // peers leave such a merge out without a word
    demand(odd === undefined, "aggregate", odd, "params that are finite: all that it is given are");
    const known = Array.isArray(statuses) && statuses.every((one) => STATUSES.includes(one));
    const isWhole = known && statuses.length === input.candidates.length;
    demand(isWhole, "aggregate", statuses, `statuses, one of ${STATUSES.join(", ")} for each candidate`);
    return output;
  };
}

/** A settlement's answer is looked at before it is carried out: what comes of a wrong one may look like a model. */
function checkedSettlement(rule: SettledRule, demand: Demand): SettledRule {
  const settle: SettledRule["settle"] = (crowd, parameters) => {
    const outcome = rule.settle(crowd, parameters);
    const { kind } = demand(isRecord(outcome), "settle", outcome, OUTCOME);
    if (outcome.kind === "coordinates") return demand(isRecord(outcome.reduction), "settle", outcome, OUTCOME);
    demand(kind === "linear", "settle", outcome, OUTCOME);
    const { coefficients } = outcome as LinearOutcome;
    const rows = crowd.weights.length;
    const fit =
      coefficients instanceof Float64Array && coefficients.length === rows && coefficients.every(Number.isFinite);
    demand(fit, "settle", coefficients, `coefficients, a Float64Array of ${rows} finite numbers, the own row's first`);
    return outcome;
  };
  return settled(overriding(rule, { settle }));
}

const OUTCOME = '{ kind: "linear", coefficients } or { kind: "coordinates", reduction }';

const LINKS = "a list of links [a, b], numbers of two peers";

function checkedLearner(learner: Learner, length: number, demand: Demand): Learner {
  const vector = (call: string, params: Float32Array) => {
    const fits = params instanceof Float32Array && params.length === length;
    return demand(fits, `start().${call}`, params, `a Float32Array of ${length} numbers`);
  };
  return overriding(learner, {
    model: () => vector("model", learner.model()),
    current: () => vector("current", learner.current()),
  });
}

const LEARNER_CALLS = ["model", "current", "cycles", "bytesOut"] as const satisfies (keyof Learner)[];

function isLearner(one: Learner | undefined): boolean {
  return one !== undefined && LEARNER_CALLS.every((call) => typeof one[call] === "function");
}

const BODY = "{ isLossless, minBytes, maxBytes, encode, decode }, minBytes at most maxBytes";

function checkedBody(codec: BodyCodec, layout: BodyLayout, demand: Demand): BodyCodec {
  const { minBytes, maxBytes } = codec;
  const count = numParams(layout);
  const decode = (body: Uint8Array) => {
    const params = codec.decode(body);
    const fits = params instanceof Float32Array && params.length === count;
    return demand(fits, "decode", params, `a Float32Array of ${count} numbers`);
  };
  let isTried = false;
  return overriding(codec, {
    encode(params) {
      const body = codec.encode(params);
      const fits = body instanceof Uint8Array && body.length >= minBytes && body.length <= maxBytes;
      demand(fits, "encode", body, `a Uint8Array of ${minBytes} to ${maxBytes} bytes`);
      if (isTried) return body;
      isTried = true; // a peer that cannot decode a body refuses it, as it does a liar's: the run would go on, and nobody would learn
      const back = decode(body);
      const odd = back.find((value) => !Number.isFinite(value));
      demand(odd === undefined, "decode", odd, "finite numbers for a body that encode() made of such");
      const lost = codec.isLossless ? back.findIndex((value, i) => !Object.is(value, params[i])) : -1;
      demand(lost < 0, "decode", back[lost], `back ${params[lost]}, or isLossless: false`);
      return body;
    },
    decode,
  });
}

interface Named {
  readonly name: string;
}

/**
 * The thing, with its answers checked.
 * @param thing of that kind.
 * @param file the plugin's, for messages: its calls throw HearsayError ERR_CONFIG.
 */
export function checked(kind: keyof Plugin, thing: Named, file: string): Named {
  const demand: Demand = (isRight, call, value, wanted) => {
    if (isRight) return value;
    const where = `${call}() of ${thing.name} in ${kind} of the plugin ${file}`;
    throw new HearsayError("ERR_CONFIG", `${where} gives ${described(value)}: give ${wanted}`, { file });
  };
  const calls = CALLS[kind] as (thing: Named, demand: Demand) => object;
  return overriding(thing, calls(thing, demand));
}

/** All that the thing has, what it inherits too. */
function overriding<T extends object>(thing: T, calls: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(thing)), thing, calls);
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function described(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value))
    return value.length > 0 && value.length < 4 ? JSON.stringify(value).slice(0, 100) : `a list of ${value.length}`;
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return isRecord(value) ? "an object of another shape" : String(value).slice(0, 100);
}
