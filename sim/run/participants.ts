/** Who takes part in a run: identities with their rows, devices and trainers, and what the attack makes of the liars among them. */
import type { SecretDraws, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Identity } from "../../protocol/base/seams.ts";
import { termsOf } from "../../protocol/base/task.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { withPersonal } from "../../protocol/learn/personal/personal-trainer.ts";
import { createSimulatedDraws } from "../../protocol/privacy/draws.ts";
import type { Participant } from "../algorithms/algorithm.ts";
import type { Attack, Disguise } from "../attacks/attack.ts";
import type { RecordingCoalition } from "../attacks/coalition.ts";
import { createDevices } from "../devices/device.ts";
import { optionsOf } from "../seams/scenario-type.ts";
import { deviceRngOf, type Setup } from "./setup.ts";
import { NO_ROWS, type Streams } from "./streaming.ts";

/** One for each identity, with its share of the rows, its device, and what the attack makes of a liar. */
export function participantsOf(setup: Setup, shares: readonly Dataset[], streams: Streams | undefined): Participant[] {
  const { scenario, task, clock, crowd, attack, coalition, trainers } = setup;
  const disguise = scenario.attack && attack && coalition && joinAttack(attack, coalition, scenario.attack);
  const devices = createDevices(scenario.devices, scenario.peers, deviceRngOf(scenario), clock);
  const drawsOf = secretDraws(setup);
  return crowd.map(({ identity, honest, device }, index) => {
    const worn = honest ? undefined : disguise?.(identity);
    const own = shares[device] as Dataset;
    const train = worn?.data?.(own) ?? own;
    const draws = drawsOf(index);
    const made = trainers.create({ task, train: streams === undefined ? train : NO_ROWS, draws });
    const trainer = withPersonal(task, streams?.follow(made, train, index) ?? made);
    return {
      index,
      identity,
      honest,
      device: devices[device] as Participant["device"],
      data: { length: train.length, targets: train.targets, ...(train.owners && { owners: train.owners }) },
      draws,
      trainer: honest ? watched(trainer, identity.peerId, coalition) : (worn?.trainer?.(trainer) ?? trainer),
      ...(worn && { disguise: worn }),
    };
  });
}

/** Of each participant, by its index; one for all where the task hides nothing, and nobody draws from it. */
function secretDraws({ task, rng }: Setup): (index: number) => SecretDraws {
  const none = createSimulatedDraws(rng.fork("draws"));
  return termsOf(task) === undefined ? () => none : (index) => createSimulatedDraws(rng.fork(`draws/${index}`));
}

function joinAttack(
  attack: Attack,
  coalition: RecordingCoalition,
  spec: Readonly<Record<string, unknown>>,
): (identity: Identity) => Disguise | undefined {
  const disguiseOf = attack.join(coalition, optionsOf(spec));
  return (identity) => {
    const liar = coalition.liars.find((other) => other.identity === identity);
    return liar && disguiseOf(liar);
  };
}

/** The trainer of an honest peer, as the liars watch it. */
function watched(trainer: Trainer, peer: string, coalition: RecordingCoalition | undefined): Trainer {
  if (coalition === undefined) return trainer;
  return trainedOtherwise(trainer, async (request) => {
    const result = await trainer.fit(request);
    coalition.record(peer, { params: result.params, base: request.params });
    return result;
  });
}
