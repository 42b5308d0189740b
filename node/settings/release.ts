/** Settings of releases: what matters where the task has release keys. */
import * as z from "zod";
import type { Group } from "./setting.ts";

export const release = {
  canary: {
    schema: z.boolean().default(false),
    help: "this peer serves new releases first, in every ring of a rollout",
    flag: "--canary",
  },
  onPromote: {
    schema: z.string().min(1).max(4096).optional(),
    help: "command that runs when another release serves, in a shell: HEARSAY_RELEASE, HEARSAY_RELEASE_ID and HEARSAY_MODEL name it and its file; empty where none serves",
    flag: "--on-promote <command>",
  },
} satisfies Group;
