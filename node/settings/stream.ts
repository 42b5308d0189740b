/** Settings of rows that go on coming (data/follow/): where `follow` is not set they do nothing. */
import * as z from "zod";
import { durationMs } from "../../protocol/base/duration.ts";
import { DETECTORS } from "../../protocol/learn/stream/drift/registry.ts";
import { parseWindow } from "../../protocol/learn/stream/windows/registry.ts";
import { lagSpecOf, MOST_LAG } from "../data/follow/lag-columns.ts";
import { createTimes } from "../data/follow/time-of.ts";
import type { Group } from "./setting.ts";

/** A text that is kept as it was written, and that `parse` does not refuse. */
function checkedBy(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  });
}

function durationOf(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new RangeError(`"${text}" is no time span; give one such as 45s, 30m, 12h or 7d`);
  return ms;
}

export const stream = {
  follow: {
    schema: z.boolean().optional(),
    help: "go on reading --data: a table that grows, a folder of tables, mqtt://broker/topic, or - (standard input)",
    flag: "--follow",
    otherwise: "false",
  },
  window: {
    schema: checkedBy(parseWindow).default("last:10000"),
    help: "with --follow, the rows that are learned from: last:10000, last:7d, or reservoir:5000 (of all, by class)",
    flag: "--window <which>",
  },
  time: {
    schema: z.string().min(1).optional(),
    help: "with --follow, the column of a row's time: ISO 8601 (UTC without a zone), or seconds since 1970",
    flag: "--time <column>",
    otherwise: "the time of arrival; then no row is late, and none a copy",
  },
  lateness: {
    schema: checkedBy(durationOf).default("1d"),
    help: "with --time, rows that are older than the newest by more than this are left out: 30m, 12h, 7d",
  },
  zone: {
    schema: checkedBy(createTimes).optional(),
    help: "with --time, the zone of times that name none: Europe/Berlin; summer time is counted right",
    flag: "--zone <name>",
    otherwise: "UTC",
  },
  lag: {
    schema: checkedBy((text) => lagSpecOf(text, "1")).optional(),
    help: "with --follow, rows are made of a series as it comes, of its values so many steps back: 1..7",
    flag: "--lag <steps>",
    otherwise: "rows are taken as they come",
  },
  horizon: {
    schema: z.int().min(1).max(MOST_LAG).default(1),
    help: "with --lag, how many steps later the forecast is of, as for hearsay init",
    flag: "--horizon <steps>",
  },
  step: {
    schema: checkedBy(durationOf).optional(),
    help: "with --lag, from one value of the series to the next: 15m, 1h, 1d",
    flag: "--step <span>",
  },
  ca: {
    schema: z.string().min(1).optional(),
    help: "a file of certificates (PEM) that a broker's is checked against (mqtts://)",
    otherwise: "those of the system",
  },
  drift: {
    schema: z.enum(["none", ...DETECTORS.keys()]).default("adwin"),
    help: `with --follow, what tells that the world has changed: ${[...DETECTORS.keys()].join(", ")} or none (then: stream.onDrift)`,
    flag: "--drift <detector>",
  },
  onDrift: {
    schema: z.enum(["rate", "window"]).default("rate"),
    help: "what an alarm does: rate, the learning rate is raised for a while; window, older rows leave it",
  },
  driftRate: {
    schema: z.number().min(1).max(100).default(3),
    help: "by what an alarm multiplies the learning rate",
  },
  driftFor: {
    schema: checkedBy(durationOf).default("10m"),
    help: "how long a raised learning rate holds after an alarm",
  },
} as const satisfies Group;
