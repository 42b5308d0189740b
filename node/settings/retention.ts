/**
 * Settings of the archive: which bodies are kept for audits. 0 in any of the first four keeps nothing. 16 minutes' worth may be written at
 * once, and one merge of any size whenever something is left.
 */
import * as z from "zod";
import type { Group } from "./setting.ts";

export const retention = {
  count: {
    schema: z.int().min(0).max(10_000_000).default(50_000), // looked through in about a second at start
    help: "files in bodies/: 5,000 merges of 8 models",
    unit: "files",
  },
  megabytes: {
    // as many files of a model of 2,400 parameters, or 8 merges of one of 1.5 million
    schema: z.number().min(0).max(100_000_000).default(512),
    help: "size of all files in bodies/",
    unit: "MB",
    presets: { tiny: { value: 32, why: "a card of 4 GB has a system on it; own models of some days are kept" } },
  },
  hours: {
    schema: z.number().min(0).max(1_000_000).default(168),
    help: "age of a file in bodies/: whoever doubts a peer asks within a week",
    unit: "hours",
  },
  megabytesPerMinute: {
    // 2 TB a year: an SD card of 32 GB, good for 1,000 rewritings, lasts 15 years
    schema: z.number().min(0).max(1_000_000).default(4),
    help: "what is written to bodies/ on average, see Retention",
    unit: "MB a minute",
    presets: {
      lan: {
        value: 60,
        why: "disks, not SD cards: 31 TB a year are a tenth of what an SSD stands, and keep two merges a second of 10 models of 50 kB",
      },
      metered: { value: 1, why: "flash memory of a phone or a sensor; at its pace these are 5 MB a cycle" },
    },
  },
  inputs: {
    schema: z.boolean().default(true), // authors may be gone when somebody asks
    help: "keep others' bodies too; without them an auditor asks their authors",
    presets: { tiny: { value: false, why: "most of what is written for audits; an auditor asks their authors" } },
  },
} as const satisfies Group;
