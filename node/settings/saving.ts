/** Settings of what a peer leaves for later: power of a battery, bytes that somebody pays for. */
import * as z from "zod";
import type { Group } from "./setting.ts";

export const saving = {
  trainOn: {
    schema: z.enum(["any", "mains"]).default("any"),
    help: "mains: on battery the peer trains nothing, and goes on to merge what others publish",
    flag: "--train-on <power>",
  },
  pullOn: {
    schema: z.enum(["any", "unmetered"]).default("any"),
    help: "unmetered: on a metered link the peer trains on, and neither pulls nor announces",
    flag: "--pull-on <link>",
  },
  power: {
    schema: z.enum(["auto", "mains", "battery"]).default("auto"),
    help: "what this machine runs on; auto: as Linux tells in /sys/class/power_supply",
  },
  link: {
    schema: z.enum(["auto", "metered", "unmetered"]).default("auto"),
    help: "whether somebody pays for its bytes; auto: as NetworkManager says of the default route",
  },
  watts: {
    schema: z.number().positive().max(1e6).optional(),
    help: "what a core at work draws more than an idle one: hearsay status then estimates the energy of a cycle",
    unit: "W",
    otherwise: "no estimate",
  },
} as const satisfies Group;
