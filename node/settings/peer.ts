/** Settings of the peer itself: its network, its pace, its engine. */
import { multiaddr } from "@multiformats/multiaddr";
import * as z from "zod";
import { LIMITS } from "../../protocol/base/limits.ts";
import { siteName } from "../../protocol/base/site-name.ts";
import type { GatewayWish } from "../../protocol/gateway/cluster.ts";
import { ENGINE_CHOICES } from "../engines/registry.ts";
import { type BudgetText, linkBudgets } from "./budget.ts";
import { METRICS_PATTERN, metricsAddress } from "./monitor.ts";
import { PRESET_NAMES } from "./preset-names.ts";
import type { Group } from "./setting.ts";
import { alternatives } from "./words.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

/** A multiaddr over TCP. */
const address = z
  .string()
  .refine(isAddress, "is no multiaddr, such as /ip4/0.0.0.0/tcp/4001")
  .meta({ pattern: "^/[^/]+/[^/]+/tcp/[0-9]+(?:/.*)?$" });

/** Of a peer that is known by its key. */
const member = address
  .refine((text) => /\/p2p\/[^/]+$/.test(text), "does not end with /p2p/<id>, the peer that is there")
  .meta({ pattern: "^/[^/]+/[^/]+/tcp/[0-9]+/p2p/[^/]+$" });

/** As of `GatewayWish`. */
const WISHES = ["auto", "prefer", "never"] as const satisfies readonly GatewayWish[];

/** Bytes in a span of time, of all links or by kinds of links. */
const budget = z
  .union([z.string(), z.record(z.string(), z.string())], { error: "give a text such as 2MB/day, or a map of such" })
  .superRefine((given, context) => {
    const fault = faultOf(() => linkBudgets(given as BudgetText));
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

/** What siteName takes. */
const name = z
  .string()
  .refine(
    (text) => siteName(text.normalize("NFC")) !== undefined,
    `is no name: give at most ${LIMITS.maxSiteNameLength} letters and digits, with single spaces or . - _ ' between them`,
  )
  .transform((text) => text.normalize("NFC"));

/** An IP address and a port. */
const metrics = z
  .string()
  .superRefine((text, context) => {
    const fault = faultOf(() => metricsAddress(text));
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  })
  .meta({ pattern: METRICS_PATTERN });

export const peer = {
  preset: {
    schema: z.enum(PRESET_NAMES).optional(),
    help: `values for a kind of network or machine: ${alternatives(PRESET_NAMES)}; what is set otherwise stands`,
    flag: "--preset <name>",
  },
  listen: {
    schema: z.array(address).min(1).default(["/ip4/0.0.0.0/tcp/0"]),
    help: "multiaddrs to listen on; port 0 is any that is free",
    flag: "--listen <addresses>",
  },
  bootstrap: {
    schema: z.array(address).default([]),
    help: "multiaddrs of known peers, with or without /p2p/<id>",
    flag: "--bootstrap <addresses>",
  },
  mdns: {
    schema: z.boolean().default(true),
    help: "find peers of the task on the local network",
    flag: "--no-mdns",
    flagHelp: "do not look for peers on the local network",
    presets: {
      wan: { value: false, why: "multicast ends at the router, and in a data centre strangers hear it" },
      metered: { value: false, why: "a mobile network has no neighbours to find, and listening wakes the radio" },
    },
  },
  gateway: {
    schema: z.enum(WISHES).default("auto"),
    help: `where the task has gateways: whether this peer would speak for those of its place, ${alternatives(WISHES)}`,
    flag: "--gateway <wish>",
  },
  cluster: {
    schema: z.array(member).default([]),
    help: "multiaddrs with /p2p/<id> of peers at the same place, beside those found on the local network",
    flag: "--cluster <addresses>",
  },
  maxOutbound: {
    schema: z.int().min(1).max(300).default(32),
    help: "connections that are dialled; a quarter is for peers that are configured or delivered a model",
    presets: {
      wan: {
        value: 16,
        why: "twice the usual inbox of 8; each link relays announcements, and is asked for a byte every 3 s",
      },
      metered: {
        value: 8,
        why: "the usual inbox of 8 models; an idle link costs several MB a day: a ping and its answer every 3 s",
      },
      tiny: { value: 4, why: "an idle link costs a ping and its answer every 3 s, and the buffers of its connection" },
    },
  },
  minCycleMs: {
    schema: z.int().min(0).max(86_400_000).default(1000),
    help: "shortest time between two trainings: bounds traffic and disk writes",
    flag: "--min-cycle <ms>",
    unit: "ms",
    presets: {
      lan: { value: 500, why: "8 models of 400 kB in and out take 0.03 s of a gigabit line" },
      wan: {
        value: 5000,
        why: "8 models of 400 kB out take 2.6 s of an upload of 10 Mbit/s, beside round trips of 0.1 to 0.3 s",
      },
      metered: {
        value: 300_000,
        why: "8 models of 2.4 kB (digits, int8) in and out every 5 minutes are 14 MB a day with headers; the budget below makes merges of larger ones rarer",
      },
      tiny: {
        value: 300_000,
        why: "288 trainings a day: an entry of the log, a model and a merge each, synced, come to some 10 MB on the card",
      },
    },
  },
  budget: {
    schema: budget.default("about 1GB/day"),
    help: "all bytes in and out: 20MB/day; lan=unlimited,lte=20MB/day; or about 1GB/day: planned, no bound; see Budget",
    flag: "--budget <bytes>",
    presets: {
      lan: { value: "unlimited", why: "nobody pays for a byte" },
      metered: { value: "20MB/day", why: "600 MB a month, of the 1 to 5 GB that such lines carry" },
    },
  },
  engine: {
    schema: z.enum(ENGINE_CHOICES).default("auto"),
    help: `what trains: ${alternatives(ENGINE_CHOICES)}`,
    flag: "--engine <name>",
  },
  engineThread: {
    schema: z.boolean().default(true),
    help: "training and merging have a thread of their own; false: the engine dense works on the thread of the network",
    presets: {
      tiny: { value: false, why: "a thread has a heap, a stack and the code of the engine once more" },
    },
  },
  keepCode: {
    schema: z.boolean().default(true),
    help: "code that rests is kept for minutes; false: for one, and it is made again when it is needed",
    presets: {
      tiny: { value: false, why: "2 MiB: a cycle in five minutes runs most of it once" },
    },
  },
  modelFileSeconds: {
    schema: z.number().min(2).max(86_400).default(2),
    help: "shortest time between two writings of model.safetensors while the peer runs; the log has all that is needed",
    unit: "s",
    presets: {
      tiny: {
        value: 3600,
        why: "programs beside the peer read a model of the last hour; the newest is written when the peer is stopped",
      },
    },
  },
  page: {
    schema: z.boolean().default(true),
    help: "a page on this machine shows how the peer does: hearsay open",
    flag: "--no-page",
    flagHelp: "serve no page",
    presets: {
      tiny: { value: false, why: "what the page is told is gathered and kept whether it is open or not" },
    },
  },
  logLevel: {
    schema: z.enum(LOG_LEVELS).default("info"),
    help: `what is told on standard error: ${alternatives(LOG_LEVELS)}; JSON lines, readable on a terminal`,
    flag: "--log-level <level>",
    presets: { tiny: { value: "warn", why: "a journal on the card takes a line for every merge otherwise" } },
  },
  name: {
    schema: name.optional(),
    help: "what you call this peer: told to neighbours, shown beside its id, and checked by nobody",
    flag: "--name <name>",
    otherwise: "none",
  },
  metrics: {
    schema: metrics.optional(),
    help: "serve /metrics (Prometheus), /healthz and /readyz at this address and port, such as 127.0.0.1:9464",
    flag: "--metrics <address>",
    otherwise: "off",
  },
} as const satisfies Group;

function isAddress(text: string): boolean {
  try {
    return multiaddr(text).getComponents()[1]?.name === "tcp";
  } catch {
    return false;
  }
}

/** What a parser says of a text that it does not take. */
function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
