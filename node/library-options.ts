/** What a program gives to `createPeer`. It is looked at before anything is opened: programs in JavaScript have no compiler that does so, and no type has a NaN. */
import * as z from "zod";
import { HearsayError } from "../protocol/base/errors.ts";
import { faultLines, faultsOf } from "../protocol/base/faults.ts";
import type { Dataset, Numbers } from "../protocol/learn/data/dataset.ts";
import type { BudgetText } from "./settings/budget.ts";
import { peer } from "./settings/peer.ts";
import type { StartOptions } from "./start-options.ts";

/** Where and with what a peer learns. */
export interface PeerOptions
  extends Omit<
    StartOptions,
    | "listen"
    | "bootstrap"
    | "mdns"
    | "minCycleMs"
    | "maxOutbound"
    | "budget"
    | "networkMetrics"
    | "site"
    | "wrapTrainer"
    | "wrapAggregator"
    | "wrapTransport"
  > {
  /** Multiaddrs to listen on; any free port of all interfaces where left out. */
  readonly listen?: readonly string[];
  /** Multiaddrs of peers to start from; none where left out. */
  readonly bootstrap?: readonly string[];
  /** Whether peers of the local network are found by multicast; true where left out. */
  readonly mdns?: boolean;
  /** Shortest time between the starts of two trainings, in milliseconds; 1000 where left out. */
  readonly minCycleMs?: number;
  /** Peers that are dialled at most; 32 where left out. */
  readonly maxOutbound?: number;
  /** Bytes that may pass: `2MB/day`, or such a text for each kind of links; as `hearsay up`, `about 1GB/day`, where left out: planned with, no bound. */
  readonly budget?: BudgetText;
}

const task = z.custom<PeerOptions["task"]>(
  (given) => Array.isArray((given as PeerOptions["task"] | undefined)?.tensors),
  "is no task: give what parseTask() returns",
);

const rows = z.object(
  {
    inputs: z.custom(isVector, "give a Float32Array or a Float64Array"),
    targets: z.custom(isVector, "give a Float32Array or a Float64Array"),
    length: z.int().min(0),
  },
  "give rows: { inputs, targets, length }",
);

/** Whatever the type of the option says. */
const any = z.unknown().optional();

/** Every option that there is. Those that settings have too are what a setting may be; a peer of a program may also listen nowhere. */
const schema = z.strictObject({
  stateDir: z.string().min(1),
  task,
  train: rows.optional(),
  holdout: rows.optional(),
  listen: peer.bootstrap.schema,
  bootstrap: peer.bootstrap.schema,
  cluster: peer.cluster.schema,
  mdns: peer.mdns.schema,
  gateway: peer.gateway.schema,
  name: peer.name.schema,
  engine: peer.engine.schema,
  minCycleMs: peer.minCycleMs.schema,
  maxOutbound: peer.maxOutbound.schema,
  budget: peer.budget.schema,
  engineThread: peer.engineThread.schema,
  modelFileSeconds: peer.modelFileSeconds.schema,
  start: any,
  follow: any,
  trainer: any,
  external: any,
  policy: any,
  keepBest: any,
  isQuiet: any,
  isMetered: any,
  line: any,
  pauseReasons: any,
  selection: any,
  retention: any,
  observe: any,
  canary: any,
  onPromote: any,
  passphrase: any,
  warn: any,
} satisfies Record<keyof PeerOptions, z.ZodType>);

/** @throws HearsayError ERR_CONFIG with every wrong option at once; ERR_DATA where a row holds what is no finite number. */
export function checkOptions(options: PeerOptions): void {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    const faults = faultsOf(parsed.error, options, schema);
    const text = `the options of createPeer have ${faults.length} fault(s):\n${faultLines(faults)}`;
    throw new HearsayError("ERR_CONFIG", text, { faults });
  }
  for (const part of ["train", "holdout"] as const) {
    const data = options[part];
    if (data !== undefined) checkFinite(part, data);
  }
}

function checkFinite(part: "train" | "holdout", data: Dataset): void {
  for (const what of ["inputs", "targets"] as const) {
    const values: Numbers = data[what];
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const row = Math.floor((at * data.length) / values.length);
    const where = `${part}: row ${row} has ${values[at]} among its ${what}`;
    throw new HearsayError("ERR_DATA", `${where}: leave the row out, or put a number there`, { part, row });
  }
}

function isVector(given: unknown): boolean {
  return given instanceof Float32Array || given instanceof Float64Array;
}
