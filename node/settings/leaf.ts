/** Settings of leaves: the radio by which this peer answers devices that cannot run one. */
import * as z from "zod";
import type { Group } from "./setting.ts";

export const leaf = {
  dutyCycle: {
    schema: z.number().positive().max(1).default(0.01),
    help: "share of any time in which the radio may send answers to leaves; 0.01 is the law in most of Europe",
  },
  spreadingFactor: {
    schema: z.int().min(7).max(12).default(12),
    help: "of LoRa, 7 (fast) to 12 (slow): of answers where the program with the radio says none",
  },
  headerBytes: {
    schema: z.int().min(0).max(200).default(13),
    help: "what other layers put around a frame; 13 are those of LoRaWAN",
    unit: "bytes",
  },
} as const satisfies Group;
