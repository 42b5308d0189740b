/** The ways of learning together, by the name that scenarios use. Only sim/ knows the baselines, which are all but `hearsay`. */
import { type Registry, registryOf } from "../../protocol/base/registry.ts";
import type { Algorithm } from "./algorithm.ts";
import { centralised } from "./centralised.ts";
import { dPsgd } from "./d-psgd.ts";
import { epidemic } from "./epidemic.ts";
import { fedavg } from "./fedavg.ts";
import { gossip } from "./gossip.ts";
import { hearsay } from "./hearsay.ts";
import { local } from "./local.ts";

/** Every algorithm, by name. One more is its file and its place in this list. */
export const ALGORITHMS: Registry<Algorithm> = registryOf([
  hearsay,
  gossip,
  epidemic,
  dPsgd,
  fedavg,
  centralised,
  local,
]);
