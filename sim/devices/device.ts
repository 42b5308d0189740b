/**
 * The devices of a scenario: how long a local training takes on each.
 *
 * A device takes cycleSeconds x exp(speedSigma x normal) for every training: median cycleSeconds, 95 % of the devices within a
 * factor of exp(2 sigma). Exactly round(share x devices) are stragglers, dealt with the seed, and slower by one factor more.
 */
import { exp } from "../../protocol/base/exp-log.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import { createBattery } from "./battery.ts";
import type { DeviceSpec } from "./schema.ts";

export interface Device {
  /** Virtual duration of the next local training, sleep before it included; draws on the battery where there is one. */
  trainMs(): number;
}

export function createDevices(spec: DeviceSpec, devices: number, rng: Rng, clock: Pick<Clock, "now">): Device[] {
  const { cycleSeconds, speedSigma, stragglers, battery } = spec;
  const [speeds, charges] = [rng.fork("speed"), rng.fork("battery")];
  const straggler = new Uint8Array(devices);
  for (const device of rng
    .fork("stragglers")
    .permutation(devices)
    .subarray(0, Math.round(stragglers.share * devices)))
    straggler[device] = 1;

  return Array.from(straggler, (isStraggler): Device => {
    const slowness = exp(speedSigma * speeds.normal()) * (isStraggler ? stragglers.slowdown : 1);
    const trainMs = cycleSeconds * 1000 * slowness;
    if (battery === undefined) return { trainMs: () => trainMs };
    const ratePerMs = battery.chargeRate / (cycleSeconds * 1000);
    const charge = battery.capacity * (1 - charges.uniform() / 2);
    const source = createBattery({ capacity: battery.capacity, ratePerMs, charge }, clock);
    return { trainMs: () => source.drawMs() + trainMs };
  });
}
