/** `hearsay sim vehicles`: a trace of contacts between vehicles on a grid of streets, for `churn: { kind: encounters }`. */

import { HearsayError } from "../../../protocol/base/errors.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { wholeIn } from "../../settings/whole.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface VehicleOptions {
  readonly vehicles: string;
  readonly seconds: string;
  readonly seed: string;
  readonly blocks?: string;
  readonly blockMetres?: string;
  readonly speed?: string;
  readonly speedSpread?: string;
  readonly range?: string;
  readonly out: string;
  readonly json?: boolean;
}

const MAX_VEHICLES = 100_000;
const MAX_SECONDS = 7 * 86_400;

export async function run(options: VehicleOptions): Promise<void> {
  const { churnSchema } = await import("../../../sim/devices/schema.ts");
  const { formatContacts } = await import("../../../sim/devices/csv.ts");
  const { vehicleContacts } = await import("../../../sim/devices/vehicles.ts");
  const vehicles = wholeIn("--vehicles", options.vehicles, 2, MAX_VEHICLES);
  const seconds = wholeIn("--seconds", options.seconds, 1, MAX_SECONDS);
  const seed = wholeIn("--seed", options.seed, 0, 2 ** 32 - 1);
  const given = {
    blocks: options.blocks,
    blockMetres: options.blockMetres,
    speedMetresPerSecond: options.speed,
    speedSpread: options.speedSpread,
    rangeMetres: options.range,
  };
  const known = Object.entries(given).filter(([, text]) => text !== undefined);
  const parsed = churnSchema.safeParse({
    kind: "vehicles",
    ...Object.fromEntries(known.map(([k, v]) => [k, Number(v)])),
  });
  if (!parsed.success) {
    const list = parsed.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`).join("\n");
    throw new HearsayError("ERR_CONFIG", `these streets cannot be:\n${list}`);
  }
  if (parsed.data.kind !== "vehicles") throw new TypeError("not the vehicles that were asked for");
  const contacts = vehicleContacts(parsed.data, vehicles, seconds, createRng(`vehicles/${seed}`));
  await writeOutput(options.out, [...formatContacts(contacts)].join(""), "--out");

  const together = contacts.reduce((sum, [start, end]) => sum + end - start, 0);
  const figures = {
    contacts: contacts.length,
    meanContactSeconds: contacts.length === 0 ? 0 : together / contacts.length,
    meanNeighbours: (2 * together) / (seconds * vehicles),
  };
  if (options.json) return printJson({ out: options.out, vehicles, seconds, seed, ...figures });
  print(
    `${facts([
      ["wrote", options.out],
      ["contacts", `${figures.contacts}, ${figures.meanContactSeconds.toFixed(1)} s each`],
      ["at a time", `${figures.meanNeighbours.toFixed(2)} neighbours per vehicle`],
      ["use", `churn: { kind: encounters, contacts: { file: ${options.out} } }`],
    ])}\n`,
  );
}
