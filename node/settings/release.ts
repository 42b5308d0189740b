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
    help: "a command for the shell when another release serves: HEARSAY_RELEASE and HEARSAY_MODEL tell its name and file",
    flag: "--on-promote <command>",
  },
} satisfies Group;
