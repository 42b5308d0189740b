/** The network of a scenario: who is linked to whom, and what the links do. The models are the other files of this folder. */
import * as z from "zod";
import type { Immutable } from "../../protocol/base/immutable.ts";
import { parseByteLimit } from "../../protocol/traffic/byte-limit.ts";

/** A complete network; shares are in 0 .. 1. */
export type NetworkSpec = Immutable<z.output<typeof networkSchema>>;
export type TopologySpec = NetworkSpec["topology"];
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

const topology = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("complete") }),
  z
    .strictObject({ kind: z.literal("random"), degree: z.int().min(2).max(1000).default(32) })
    .describe("random rings laid over each other until every peer has `degree`; complete where peers are few"),
  z
    .strictObject({ kind: z.literal("ring"), degree: z.int().min(2).max(1000).multipleOf(2).default(2) })
    .describe("each with its `degree` (even) nearest, half of them on each side"),
  z
    .strictObject({ kind: z.literal("dumbbell"), bridges: z.int().min(1).default(1) })
    .describe("two cliques and `bridges` links between them"),
  z
    .strictObject({ kind: z.literal("two-worlds"), across: z.int().min(1).max(1000).default(1) })
    .describe(
      "two cliques of half the peers, each peer with `across` links to the other one (Gaucher et al., ICML 2025)",
    ),
  z
    .strictObject({
      kind: z.literal("edges"),
      links: z
        .array(
          z
            .tuple([z.int().min(0), z.int().min(0)])
            .refine(([a, b]) => a !== b, "a link needs two peers; leave the row out"),
        )
        .min(1)
        .describe("[a, b], numbers of peers from 0, in any order. Or a file with these columns"),
    })
    .describe("the links themselves, as of a real network"),
  z
    .strictObject({
      kind: z.literal("membership"),
      bootstrap: z.int().min(1).max(1000).default(2).describe("the first so many peers are known to all at the start"),
      maxOutbound: z.int().min(1).max(300).default(32).describe("connections that each peer dials at most"),
    })
    .describe("no links are given: peers find one another as real peers do (protocol/membership)"),
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
      .enum(["blocks", "modulo"])
      .default("blocks")
      .describe("blocks: the first n / groups peers are one group, and so on; modulo: peer i is in group i mod groups"),
  })
  .refine(({ from, to }) => from < to, { path: ["to"], error: "must be after `from`; both are shares of the run" });

const nat = z
  .strictObject({ cone: share.default(0), portRestricted: share.default(0), symmetric: share.default(0) })
  .refine(({ cone, portRestricted, symmetric }) => cone + portRestricted + symmetric < 1 + 1e-9, {
    error: "the shares add up to more than 1; lower one, the rest is public",
  });

export const networkSchema = z
  .strictObject({
    topology: topology.prefault({ kind: "random" }),
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
    nat: nat.prefault({}).describe("shares of peers behind a NAT, by kind; the rest is public"),
  })
  .prefault({});
