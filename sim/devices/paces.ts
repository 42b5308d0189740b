/** Speeds of devices as they were recorded: from which time on a training takes how long. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import type { Pace } from "./schema.ts";

/**
 * For a device that has rows: how long a training that begins now takes, in milliseconds; undefined before its first row.
 * @throws HearsayError ERR_CONFIG for a row of a device that there is not.
 */
export function createPaces(
  rows: readonly Pace[],
  devices: number,
  clock: Pick<Clock, "now">,
): (device: number) => (() => number | undefined) | undefined {
  const beyond = rows.findIndex(([, , peer]) => peer >= devices);
  if (beyond !== -1) {
    const message = `row ${beyond + 1} names peer ${rows[beyond]?.[2]}, but there are ${devices}, from 0; leave such rows out`;
    const faults = [{ path: `devices.trainings.${beyond}`, message }];
    throw new HearsayError("ERR_CONFIG", `devices.trainings: ${message}`, { faults });
  }
  const startMs = clock.now();
  const byDevice = Map.groupBy(rows, ([, , peer]) => peer);
  return (device) => {
    const own = byDevice.get(device)?.toSorted((x, y) => x[0] - y[0]);
    if (own === undefined) return undefined;
    return () => {
      const nowSeconds = (clock.now() - startMs) / 1000;
      const pace = own.findLast(([atSeconds]) => atSeconds <= nowSeconds);
      return pace && 1000 * pace[1];
    };
  };
}
