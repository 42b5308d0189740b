/** What a scenario is played with: clock, network, devices and liars, each from its own fork of one generator. */
import { ruleNamed } from "../../protocol/aggregate/registry.ts";
import type { RuleInput } from "../../protocol/base/learning-seams.ts";
import { createRng, type Rng } from "../../protocol/base/rng.ts";
import type { Crypto, Identity, Secrecy } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import type { Attack } from "../attacks/attack.ts";
import { createCoalition, type RecordingCoalition } from "../attacks/coalition.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { type PlaceOf, placesOf } from "../network/clusters.ts";
import { leastLatencyMs } from "../network/latency.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { createVirtualClock, type VirtualClock } from "../seams/clock.ts";
import { createSimulatedCrypto } from "../seams/crypto.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { castOf, type Member, unsignedIdentity } from "./cast.ts";
import { createPart, oneThreadReason, type Part, type RunParts } from "./parts.ts";
import { createSurroundings, type Surroundings } from "./surroundings.ts";

/** What a setup takes from outside. */
export interface SetupModules {
  readonly crypto: Crypto;
  /** Needed where the task has cohorts. */
  readonly secrecy?: Secrecy;
  /** Ed25519 identity of a 32-byte seed; used where the scenario asks for signatures. */
  identityFromSeed(seed: Uint8Array): Identity;
}

/** What a scenario is played with: everything but the participants. */
export interface Setup {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly rng: Rng;
  readonly clock: VirtualClock;
  readonly crypto: Crypto;
  readonly secrecy: Secrecy | undefined;
  readonly endMs: number;
  readonly crowd: readonly Member[];
  readonly attack: Attack | undefined;
  readonly surroundings: Surroundings;
  readonly network: Network;
  readonly placeOf: PlaceOf | undefined;
  readonly coalition: RecordingCoalition | undefined;
  readonly part: Part;
  readonly trainers: Trainers;
}

export function setUp(
  scenario: Scenario,
  task: Task,
  modules: SetupModules,
  parts: RunParts | undefined,
): Omit<Setup, "trainers"> {
  const { signatures, network: net } = scenario;
  const rng = rngOf(scenario);
  const crypto = createSimulatedCrypto(modules.crypto, signatures);
  const clock = createVirtualClock(0, oneThreadReason(scenario) === undefined ? leastLatencyMs(net.latency) : 0);
  const endMs = 1000 * scenario.devices.cycleSeconds * scenario.cycles;
  const attack = scenario.attack && ATTACKS.get(scenario.attack.kind);
  const crowd = castOf(scenario, attack, rng, signatures ? modules.identityFromSeed : unsignedIdentity(crypto));
  const surroundings = createSurroundings(scenario, crowd, { clock, rng: rng.fork("surroundings"), endMs, attack });
  const { conditions } = surroundings;
  const part = createPart(scenario, clock, parts);
  const { elsewhere } = part;
  const { announcements } = net;
  const placeOf = placesOf(
    net.clusters,
    crowd.map(({ identity, device }) => ({ peerId: identity.peerId, device })),
  );
  const network = createNetwork({ clock, crypto, conditions, announcements, elsewhere, placeOf, sharesMemory: true });
  const liars = crowd.filter(({ honest }) => !honest).map(({ identity }) => identity);
  const aggregate = ruleOf(task);
  const coalition =
    attack && createCoalition({ task, clock, crypto, network, rng: rng.fork("attack"), liars, endMs, aggregate });
  const { secrecy } = modules;
  const world = { clock, crypto, secrecy, network, placeOf, surroundings, endMs };
  return { scenario, task, rng, ...world, crowd, attack, coalition, part };
}

/** From whose forks everything random in a run comes. */
function rngOf({ seed }: Pick<Scenario, "seed">): Rng {
  return createRng(`experiment/${seed}`);
}

/** What the devices of a run are drawn from. */
export function deviceRngOf(scenario: Pick<Scenario, "seed">): Rng {
  return rngOf(scenario).fork("devices");
}

/** The rule of the task, as liars try it. */
function ruleOf({ aggregation: { rule, parameters } }: Task): (input: RuleInput) => Float32Array {
  const known = ruleNamed(rule);
  return (input) => known.aggregate(input, parameters).params;
}
