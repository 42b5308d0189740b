/** Settings of whom this peer asks for models first. */
import * as z from "zod";
import { SELECTORS } from "../../protocol/select/registry.ts";
import { DEFAULT_SELECTION } from "../../protocol/select/selector.ts";
import type { Group } from "./setting.ts";
import { alternatives } from "./words.ts";

const NAMES = [...SELECTORS.keys()] as [string, ...string[]];

export const select = {
  by: {
    schema: z.enum(NAMES).default(DEFAULT_SELECTION.by),
    help: `whose models are pulled first: ${alternatives(NAMES)}; see protocol/select/README.md`,
    flag: "--select <policy>",
  },
  floor: {
    schema: z.number().min(0).max(1).default(DEFAULT_SELECTION.floor),
    help: "share of the draws that are made at random, so that no islands form",
  },
  perPrefix: {
    schema: z.int().min(1).max(300).default(DEFAULT_SELECTION.perPrefix),
    help: "of one address prefix (/24, /64) so many peers at most are preferred in a cycle",
  },
} satisfies Group;
