/**
 * What surrounds the peers of an experiment and changes with time: which links there should be, who is there, and what the network
 * does to messages. A link of the topology is open whenever both ends are there and the network allows it, as if peers redialled
 * at once.
 */
import type { Rng } from "../../protocol/base/rng.ts";
import type { Learner } from "../algorithms/algorithm.ts";
import { SERVER } from "../algorithms/fedavg.ts";
import type { Attack } from "../attacks/attack.ts";
import { createPresence } from "../devices/churn.ts";
import type { ContactChange, PresenceChange } from "../devices/presence.ts";
import type { Conditions } from "../network/conditions.ts";
import { createConditions } from "../network/models.ts";
import type { Network } from "../network/network.ts";
import { linksOf } from "../network/topologies/registry.ts";
import type { VirtualClock } from "../seams/clock.ts";
import { optionsOf, type Scenario } from "../seams/scenario-type.ts";
import type { Member } from "./cast.ts";

export interface Surroundings {
  readonly conditions: Conditions;
  /** Opens the links of those that are there, and lets presence, contacts and partitions take their course. */
  begin(network: Network, learners: readonly Learner[]): void;
}

export interface Setting {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly endMs: number;
  readonly attack: Attack | undefined;
}

/** Who is there, and who should be linked with whom: by index of the identity. */
interface Links {
  readonly ids: readonly string[];
  /** Of each device. */
  readonly identities: readonly (readonly number[])[];
  readonly on: boolean[];
  readonly wanted: readonly Set<number>[];
}

/** The same while the experiment runs. */
interface Stage extends Links {
  readonly network: Network;
  readonly learners: readonly Learner[];
}

export function createSurroundings(scenario: Scenario, members: readonly Member[], setting: Setting): Surroundings {
  const { clock, rng, endMs, attack } = setting;
  const ids = members.map(({ identity }) => identity.peerId);
  const modelled = createConditions(scenario.network, {
    peers: ids,
    server: SERVER,
    rng: rng.fork("network"),
    clock,
    runMs: endMs,
  });
  const conditions = besideLiars(modelled, scenario, members, attack);
  const presence = createPresence(scenario.churn, scenario.peers, endMs, rng.fork("presence"));
  const identities: number[][] = Array.from({ length: scenario.peers }, () => []);
  for (const [index, { device }] of members.entries()) identities[device]?.push(index);
  const on = members.map(({ device }) => presence.startsOn(device));
  const links: Links = { ids, identities, on, wanted: members.map(() => new Set<number>()) };
  if (presence.links === "topology") for (const [a, b] of arranged(scenario, members, setting)) want(links, a, b);

  return {
    conditions,
    begin(network, learners) {
      const stage: Stage = { ...links, network, learners };
      for (const [index, isOn] of on.entries()) if (!isOn) learners[index]?.off?.();
      connectEverybody(stage);
      inOrder(presence.changes, clock, endMs, (change) => apply(stage, change));
      for (const atMs of conditions.changesMs)
        clock.after(atMs - clock.now(), () => {
          network.enforce();
          connectEverybody(stage);
        });
    },
  };
}

/** The same, where liars stand beside whom they want. */
function besideLiars(
  conditions: ReturnType<typeof createConditions>,
  { attack: spec }: Scenario,
  members: readonly Member[],
  attack: Attack | undefined,
): ReturnType<typeof createConditions> {
  const nearMs = attack?.nearMs?.(optionsOf(spec ?? {}));
  if (nearMs === undefined) return conditions;
  const liars = new Set(members.filter(({ honest }) => !honest).map(({ identity }) => identity.peerId));
  return {
    ...conditions,
    transitMs: (from, to, bytes) => (liars.has(from) || liars.has(to) ? nearMs : conditions.transitMs(from, to, bytes)),
  };
}

/** The topology, as far as the liars have not arranged another. */
function arranged(
  scenario: Scenario,
  members: readonly Member[],
  { rng, attack }: Setting,
): readonly (readonly [number, number])[] {
  const links = linksOf(scenario.network.topology, members.length, rng.fork("topology"));
  const lies = (index: number) => members[index]?.honest === false;
  const options = optionsOf(scenario.attack ?? {});
  return attack?.rewire?.(links, lies, members.length, rng.fork("rewire"), options) ?? links;
}

function want({ wanted }: Links, a: number, b: number): void {
  wanted[a]?.add(b);
  wanted[b]?.add(a);
}

function connect({ on, ids, network }: Stage, a: number, b: number): void {
  if (on[a] && on[b]) network.connect(ids[a] as string, ids[b] as string);
}

function connectAll(stage: Stage, a: number): void {
  for (const b of stage.wanted[a] as Set<number>) connect(stage, a, b);
}

function connectEverybody(stage: Stage): void {
  for (const a of stage.wanted.keys()) connectAll(stage, a);
}

function disconnectAll({ wanted, ids, network }: Stage, a: number): void {
  for (const b of wanted[a] as Set<number>) network.disconnect(ids[a] as string, ids[b] as string);
}

async function apply(stage: Stage, change: PresenceChange): Promise<void> {
  if ("peer" in change) {
    for (const index of stage.identities[change.peer] ?? []) await turn(stage, index, change.kind === "on");
  } else meet(stage, change);
}

/** Two devices meet or part, and with them all their identities. */
function meet(stage: Stage, change: ContactChange): void {
  const { identities, wanted, network, ids } = stage;
  for (const a of identities[change.a] ?? [])
    for (const b of identities[change.b] ?? []) {
      if (change.kind === "link") {
        want(stage, a, b);
        connect(stage, a, b);
      } else {
        wanted[a]?.delete(b);
        wanted[b]?.delete(a);
        network.disconnect(ids[a] as string, ids[b] as string);
      }
    }
}

async function turn(stage: Stage, index: number, isOn: boolean): Promise<void> {
  const { on, learners } = stage;
  if (on[index] === isOn) return;
  on[index] = isOn;
  if (isOn) {
    await learners[index]?.on?.();
    connectAll(stage, index);
  } else {
    disconnectAll(stage, index);
    learners[index]?.off?.();
  }
}

/** Applies each change at its time; the next is asked for only then, since there may be no last one. */
function inOrder(
  changes: Iterable<PresenceChange>,
  clock: VirtualClock,
  endMs: number,
  apply: (change: PresenceChange) => Promise<void>,
): void {
  const iterator = changes[Symbol.iterator]();
  const schedule = () => {
    const { value: change, done } = iterator.next();
    if (done || change.atMs > endMs) return;
    clock.after(change.atMs - clock.now(), async () => {
      await apply(change);
      schedule();
    });
  };
  schedule();
}
