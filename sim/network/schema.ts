/** The network of a scenario: who is linked to whom, and what the links do. The models are the other files of this folder. */
import * as z from "zod";

/** A complete network; shares are in 0 .. 1. */
export interface NetworkSpec {
  readonly topology: TopologySpec;
  /** `flood`: relayed hop by hop to everybody, as gossipsub does; costs peers^2. `neighbours`: to the author's neighbours. */
  readonly announcements: "neighbours" | "flood";
  readonly latency: LatencySpec;
  /** Each peer's line; the sender's upload and the receiver's download take turns. Left out: unlimited. */
  readonly bandwidth?: BandwidthSpec | undefined;
  /** `messages`: share of messages that are lost for good; `packets`: share that TCP has to send again, which takes time. */
  readonly loss: { readonly messages: number; readonly packets: number };
  readonly partitions: readonly PartitionSpec[];
  readonly nat: NatSpec;
}

export type TopologySpec =
  | { readonly kind: "complete" }
  /** A connected random graph: random rings laid over each other until every peer has `degree`. Complete where peers are few. */
  | { readonly kind: "random"; readonly degree: number }
  /** Each with its `degree` (even) nearest, half of them on each side. */
  | { readonly kind: "ring"; readonly degree: number }
  /** Two cliques and `bridges` links between them. */
  | { readonly kind: "dumbbell"; readonly bridges: number };

export type LatencySpec =
  | { readonly kind: "constant"; readonly ms: number }
  /** One draw for each message: median x exp(sigma x normal). */
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly sigma: number }
  /** Places of the world: row i, column j is the one-way time from i to j; peers are dealt to places in turn. */
  | { readonly kind: "matrix"; readonly ms: readonly (readonly number[])[] };

export interface BandwidthSpec {
  readonly uploadKbps: number;
  readonly downloadKbps: number;
  /** Of the lognormal factor of each peer's line; 0: all alike. */
  readonly sigma: number;
}

/** The network falls into `groups` parts, from and to given as shares of the run. */
export interface PartitionSpec {
  readonly from: number;
  readonly to: number;
  readonly groups: number;
  /** `blocks`: the first n / groups peers are one group, and so on; `modulo`: peer i is in group i mod groups. */
  readonly by: "blocks" | "modulo";
}

/** Shares of peers behind a NAT, by kind; who reaches whom is in `nat.ts`. The rest is public. */
export interface NatSpec {
  readonly cone: number;
  readonly portRestricted: number;
  readonly symmetric: number;
}

const share = z.number().min(0).max(1);
const positive = z.number().positive();
const notNegative = z.number().min(0);

const matrix = z
  .array(z.array(notNegative).min(1))
  .min(1)
  .refine(
    (rows) => rows.every((row) => row.length === rows.length),
    "every row needs as many columns as there are rows",
  );

const latency = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), ms: notNegative.default(20) }),
  z.strictObject({ kind: z.literal("lognormal"), medianMs: positive.default(20), sigma: notNegative.default(0.5) }),
  z.strictObject({ kind: z.literal("matrix"), ms: matrix }),
]);

const topology = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("complete") }),
  z.strictObject({ kind: z.literal("random"), degree: z.int().min(2).max(1000).default(32) }),
  z.strictObject({ kind: z.literal("ring"), degree: z.int().min(2).max(1000).multipleOf(2).default(2) }),
  z.strictObject({ kind: z.literal("dumbbell"), bridges: z.int().min(1).default(1) }),
]);

const partition = z
  .strictObject({
    from: share,
    to: share,
    groups: z.int().min(2).default(2),
    by: z.enum(["blocks", "modulo"]).default("blocks"),
  })
  .refine(({ from, to }) => from < to, { path: ["to"], error: "must be after `from`; both are shares of the run" });

const nat = z
  .strictObject({ cone: share.default(0), portRestricted: share.default(0), symmetric: share.default(0) })
  .refine(({ cone, portRestricted, symmetric }) => cone + portRestricted + symmetric < 1 + 1e-9, {
    error: "the shares add up to more than 1; lower one, the rest is public",
  });

export const networkSchema: z.ZodType<NetworkSpec> = z
  .strictObject({
    topology: topology.prefault({ kind: "random" }),
    announcements: z.enum(["neighbours", "flood"]).default("neighbours"),
    latency: latency.prefault({ kind: "constant" }),
    bandwidth: z
      .strictObject({ uploadKbps: positive, downloadKbps: positive, sigma: notNegative.default(0) })
      .optional(),
    loss: z.strictObject({ messages: share.default(0), packets: share.max(0.9).default(0) }).prefault({}),
    partitions: z.array(partition).default([]),
    nat: nat.prefault({}),
  })
  .prefault({});
