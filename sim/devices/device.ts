/**
 * The devices of a scenario: how long a local training takes on each.
 *
 * A device takes cycleSeconds x exp(speedSigma x normal) for every training: median cycleSeconds, 95 % of the devices within a
 * factor of exp(2 sigma). Exactly round(share x devices) are stragglers, dealt with the seed, and slower by one factor more.
 *
 * Drawn speeds differ from seed to seed, and with them the number of trainings in a run. Stratified ones are the quantiles (i + 1/2) / n of the
 * same distribution, dealt in a random order: all seeds have the same devices. What was recorded of real devices (`trainings`) takes the place of
 * both.
 */
import { exp } from "../../protocol/base/exp-log.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import { createBattery } from "./battery.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { createPaces } from "./paces.ts";
import type { DeviceSpec } from "./schema.ts";

export interface Device {
  /** Virtual duration of the next local training, sleep before it included; draws on the battery where there is one. */
  trainMs(): number;
}

export function createDevices(spec: DeviceSpec, devices: number, rng: Rng, clock: Pick<Clock, "now">): Device[] {
  const { cycleSeconds, speedSigma, stragglers, battery } = spec;
  const [deviateOf, charges] = [deviates(spec, devices, rng.fork("speed")), rng.fork("battery")];
  const paceOf = createPaces(spec.trainings ?? [], devices, clock);
  return Array.from(stragglersOf(spec, devices, rng), (isStraggler, device): Device => {
    const slowness = exp(speedSigma * deviateOf(device)) * (isStraggler ? stragglers.slowdown : 1);
    const usualMs = cycleSeconds * 1000 * slowness;
    const trainMs = paceOf(device) ?? (() => undefined);
    if (battery === undefined) return { trainMs: () => trainMs() ?? usualMs };
    const ratePerMs = battery.chargeRate / (cycleSeconds * 1000);
    const charge = battery.capacity * (1 - charges.uniform() / 2);
    const source = createBattery({ capacity: battery.capacity, ratePerMs, charge }, clock);
    return { trainMs: () => source.drawMs() + (trainMs() ?? usualMs) };
  });
}

/** 1 for each device that is `slowdown` times slower on top. @param rng as of `createDevices`. */
export function stragglersOf({ stragglers }: Pick<DeviceSpec, "stragglers">, devices: number, rng: Rng): Uint8Array {
  const straggler = new Uint8Array(devices);
  for (const device of rng
    .fork("stragglers")
    .permutation(devices)
    .subarray(0, Math.round(stragglers.share * devices)))
    straggler[device] = 1;
  return straggler;
}

/** The standard normal deviate behind the speed of each device; to be called once for each, in their order. */
function deviates({ speeds }: DeviceSpec, devices: number, rng: Rng): (device: number) => number {
  if (speeds !== "stratified") return () => rng.normal();
  const order = rng.permutation(devices);
  return (device) => normalQuantile(((order[device] as number) + 0.5) / devices);
}
