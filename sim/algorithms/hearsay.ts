/**
 * Hearsay itself: the very peers that ship, with their log, their wire bytes and their rule. Liars are the same peers, with
 * trainer, transport or data wrapped by the attack.
 */
import * as z from "zod";
import { plainAggregator } from "../../protocol/aggregate/registry.ts";
import type { PeerId, Store } from "../../protocol/base/seams.ts";
import { UNIT_WEIGHT } from "../../protocol/base/weight.ts";
import { LINK_GRADES } from "../../protocol/gateway/beacon.ts";
import type { ClusterSite } from "../../protocol/peer/gateway/gateway.ts";
import type { PeerEvent } from "../../protocol/peer/reports.ts";
import { SELECTORS } from "../../protocol/select/registry.ts";
import { DEFAULT_SELECTION, type Selection } from "../../protocol/select/selector.ts";
import { parseByteLimit, UNLIMITED } from "../../protocol/traffic/byte-limit.ts";
import { createNodeBudget, type NodeBudget } from "../network/budget.ts";
import { membershipOptions } from "../network/topologies/membership.ts";
import type { MembershipSpec } from "../seams/membership.ts";
import { type RunningPeer, startPeer } from "../seams/peer.ts";
import { isExplained } from "../seams/scenario-type.ts";
import { createSimulatedSecrecy } from "../seams/secrecy.ts";
import { createMemoryStore } from "../seams/store.ts";
import type { Algorithm, Environment, Learner, Observer, Participant } from "./algorithm.ts";

/** Shortest virtual time between two trainings; devices are slower than this. */
const MIN_CYCLE_MS = 1;

/** As the settings of a peer; what is left out is in no scenario, so that scenarios from before have the hash that they had. */
const options = z.strictObject({
  select: z
    .string()
    .refine((name) => SELECTORS.has(name), `is none of ${[...SELECTORS.keys()].join(", ")}`)
    .optional()
    .describe("whom honest peers and liars ask first; left out: all neighbours alike"),
  floor: z.number().min(0).max(1).optional().describe("share of the draws that are at random; left out: 0.25"),
  perPrefix: z
    .int()
    .positive()
    .optional()
    .describe("of one address prefix so many at most are preferred in a cycle; left out: 4"),
});

function selectionOf({ select, floor, perPrefix }: z.output<typeof options>): Selection | undefined {
  return select === undefined
    ? undefined
    : { by: select, floor: floor ?? DEFAULT_SELECTION.floor, perPrefix: perPrefix ?? DEFAULT_SELECTION.perPrefix };
}

export const hearsay: Algorithm = {
  name: "hearsay",
  about: "the peer of this project: staleness-weighted robust gossip, pulled models, a hash-chained log",
  source: "protocol/peer",
  options,
  async start(environment, given) {
    const selection = selectionOf(options.parse(given));
    const learners: Learner[] = [];
    for (const participant of environment.participants)
      learners.push(
        environment.isHere(participant.index)
          ? await startLearner(environment, participant, selection)
          : learnerElsewhere(environment, participant),
      );
    return learners;
  },
};

/** Entries of the log and the tree over them, the saved model, and the memory of merges. */
function isReadByRestartsOnly(key: string): boolean {
  return key.startsWith("log/e/") || key.startsWith("log/t/") || key.startsWith("model/") || key.startsWith("why/");
}

/** Where the scenario leaves it to the peers whom they are connected to: they begin with the first few of them. */
function membershipOf({ scenario, participants }: Environment): MembershipSpec | undefined {
  const options = membershipOptions(scenario.network.topology);
  if (options === undefined) return undefined;
  const bootstrap = participants.slice(0, options.bootstrap).map(({ identity }) => identity.peerId);
  return { bootstrap, maxOutbound: options.maxOutbound };
}

/** Who is at the same place, where the task has gateways. A liar may want to be one. */
function clusterOf({ placeOf, task }: Environment, { identity, disguise }: Participant): ClusterSite | undefined {
  if (placeOf === undefined || !task.aggregation.gateways) return undefined;
  const place = placeOf(identity.peerId);
  return {
    wish: disguise?.wantsGateway ? "prefer" : "auto",
    link: () => LINK_GRADES.usual,
    isInside: (other) => other !== identity.peerId && placeOf(other) === place,
  };
}

/** Of a peer that another thread runs, this one knows only whether it is there. */
function learnerElsewhere({ network }: Environment, { identity, honest }: Participant): Learner {
  const { peerId } = identity;
  const unknown = () => {
    throw new RangeError(`${peerId} runs in another thread`);
  };
  network.join(peerId);
  return {
    peer: peerId,
    honest,
    model: unknown,
    raw: unknown,
    current: unknown,
    cycles: unknown,
    bytesOut: unknown,
    off: () => network.leave(peerId),
    on: async () => void network.join(peerId),
  };
}

/** One for all sessions of a peer. Liars need not keep to any. */
function budgetOf({ scenario, clock }: Environment, { honest }: Participant): NodeBudget | undefined {
  const limit = honest ? parseByteLimit(scenario.network.budget ?? UNLIMITED) : undefined;
  return limit && createNodeBudget(clock, limit);
}

/** Tells an observer what a peer trains and merges. */
function telling(observer: Observer, peer: PeerId): (event: PeerEvent) => void {
  return (event) => {
    if (event.kind === "trained") observer.trained(peer);
    else if (event.kind === "merged") {
      const parents = event.parents.map(({ weightQ16, explanation, ...parent }) => ({
        ...parent,
        weight: weightQ16 / UNIT_WEIGHT,
        ...(explanation && { influence: explanation.influence }),
      }));
      observer.merged({ peer, parents });
    }
  };
}

/** Logs are kept where the report wants them, or others ask for proofs of what is signed. */
function storeOf({ scenario }: Environment): Store {
  const keepsLogs = scenario.logs === "keep" || scenario.signatures;
  return keepsLogs ? createMemoryStore() : createMemoryStore(isReadByRestartsOnly);
}

async function startLearner(
  environment: Environment,
  participant: Participant,
  selection: Selection | undefined,
): Promise<Learner> {
  const { scenario, task, clock, crypto, secrecy, network, observer } = environment;
  const { identity, device, trainer, draws, honest } = participant;
  const { peerId } = identity;
  const store = storeOf(environment);
  const membership = membershipOf(environment);
  const budget = budgetOf(environment, participant);
  const cluster = clusterOf(environment, participant);
  let [sessions, bytesBefore, acrossBefore] = [0, 0, 0];

  async function start(): Promise<RunningPeer> {
    const transport = network.join(peerId, budget);
    const rng = environment.rng.fork(`${peerId}/${sessions++}`);
    return startPeer({
      task,
      clock: clock.of(network.numberOf(peerId)),
      crypto,
      identity,
      store,
      trainer,
      draws,
      transport: participant.disguise?.transport?.(transport) ?? transport,
      rng,
      ...(secrecy && { secrecy: createSimulatedSecrecy(secrecy, rng.fork("secrets")) }),
      trainMs: () => device.trainMs(),
      minCycleMs: MIN_CYCLE_MS,
      proofs: scenario.signatures,
      ...(membership && { membership }),
      ...(cluster && { cluster }),
      ...(participant.disguise?.aggregator && { aggregator: participant.disguise.aggregator(plainAggregator) }),
      ...(budget && { spending: () => budget }),
      ...(selection && { selection }),
      explain: honest && isExplained(scenario),
      ...(honest && { observe: telling(observer, peerId) }),
    });
  }

  let running = await start();
  return {
    peer: peerId,
    honest,
    model: () => running.peer.serving(),
    current: () => running.peer.current(),
    raw: () => running.peer.current(),
    cycles: () => running.peer.status().cycle,
    bytesOut: () => bytesBefore + running.peer.status().bytesOut,
    ...(environment.placeOf && { bytesAcross: () => acrossBefore + network.bytesAcross(peerId) }),
    off() {
      bytesBefore += running.peer.status().bytesOut;
      acrossBefore += network.bytesAcross(peerId);
      running.kill();
      network.leave(peerId);
    },
    async on() {
      running = await start();
    },
  };
}
