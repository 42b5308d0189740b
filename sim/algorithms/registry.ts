/** The ways of learning together, by the name that scenarios use. Only sim/ knows the baselines, which are all but `hearsay`. */
import type { Algorithm } from "./algorithm.ts";
import { centralised } from "./centralised.ts";
import { dPsgd } from "./d-psgd.ts";
import { epidemic } from "./epidemic.ts";
import { fedavg } from "./fedavg.ts";
import { gossip } from "./gossip.ts";
import { hearsay } from "./hearsay.ts";
import { local } from "./local.ts";

export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map(
  [hearsay, gossip, epidemic, dPsgd, fedavg, centralised, local].map((algorithm) => [algorithm.name, algorithm]),
);
