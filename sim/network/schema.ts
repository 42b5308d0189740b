/** The network of a scenario: who is linked to whom, and what the links do. The models are the other files of this folder. */
import * as z from "zod";
import type { Immutable } from "../../protocol/base/immutable.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import { parseByteLimit } from "../../protocol/traffic/byte-limit.ts";
import { choice } from "./choice.ts";

/** A complete network; shares are in 0 .. 1. */
export type NetworkSpec = Immutable<z.output<typeof networkSchema>>;
export type LatencySpec = NetworkSpec["latency"];
export type BandwidthSpec = NonNullable<NetworkSpec["bandwidth"]>;
export type PartitionSpec = NetworkSpec["partitions"][number];

/** Shares of peers behind a NAT, by kind; who reaches whom is in `nat.ts`. The rest is public. */
export type NatSpec = NetworkSpec["nat"];

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
  z
    .strictObject({ kind: z.literal("lognormal"), medianMs: positive.default(20), sigma: notNegative.default(0.5) })
    .describe("one draw for each message: median x exp(sigma x normal)"),
  z
    .strictObject({ kind: z.literal("matrix"), ms: matrix })
    .describe(
      "places of the world: row i, column j is the one-way time from i to j; peers are dealt to places in turn",
    ),
]);

const bandwidth = z
  .strictObject({
    uploadKbps: positive,
    downloadKbps: positive,
    sigma: notNegative.default(0).describe("of the lognormal factor of each peer's line; 0: all alike"),
  })
  .describe("each peer's line; the sender's upload and the receiver's download take turns. Left out: unlimited");

const budget = z.string().superRefine((text, context) => {
  try {
    parseByteLimit(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
  }
});

const partition = z
  .strictObject({
    from: share,
    to: share,
    groups: z.int().min(2).default(2),
    by: z
      .enum(["blocks", "modulo", "one"])
      .default("blocks")
      .describe(
        "blocks: the first n / groups peers are one group, and so on; modulo: peer i is in group i mod groups; one: the last peer is alone, whatever groups says",
      ),
  })
  .refine(({ from, to }) => from < to, { path: ["to"], error: "must be after `from`; both are shares of the run" });

const nat = z
  .strictObject({ cone: share.default(0), portRestricted: share.default(0), symmetric: share.default(0) })
  .refine(({ cone, portRestricted, symmetric }) => cone + portRestricted + symmetric < 1 + 1e-9, {
    error: "the shares add up to more than 1; lower one, the rest is public",
  });

export const networkSchema = z
  .strictObject({
    topology: choice.default({ kind: "random" }),
    announcements: z
      .enum(["neighbours", "flood"])
      .default("neighbours")
      .describe(
        "flood: relayed hop by hop to everybody, as gossipsub does, which costs peers^2; neighbours: to the author's neighbours",
      ),
    latency: latency.prefault({ kind: "constant" }),
    bandwidth: bandwidth.optional(),
    budget: budget.optional().describe("of each honest peer, all bytes in and out: 1MB/day; unlimited where left out"),
    loss: z
      .strictObject({
        messages: share.default(0).describe("share of messages that are lost for good"),
        packets: share.max(0.9).default(0).describe("share that TCP has to send again, which takes time"),
      })
      .prefault({}),
    partitions: z
      .array(partition)
      .default([])
      .describe("the network falls into `groups` parts, from and to given as shares of the run"),
    clusters: z
      .strictObject({ size: z.int().min(2).max(LIMITS.maxClusterMembers) })
      .optional()
      .describe(
        "so many peers are at one place, in the order of their numbers; with task.aggregation.gateways those of one place elect a gateway. Left out: no places",
      ),
    nat: nat.prefault({}).describe("shares of peers behind a NAT, by kind; the rest is public"),
  })
  .prefault({});
