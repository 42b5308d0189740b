/** The shipped data sets, under the names that settings, scenarios and templates share. One more is its file and its place in this list. */
import { digits } from "./digits.ts";
import { mnist } from "./mnist.ts";
import { motes } from "./motes.ts";
import type { ShippedSet } from "./set.ts";

const ALL = [digits, motes, mnist] as const;

export type SetName = (typeof ALL)[number]["name"];

export const SETS: ReadonlyMap<string, ShippedSet> = new Map(ALL.map((set) => [set.name, set]));

export const SET_NAMES: readonly SetName[] = ALL.map(({ name }) => name);

export function isSetName(name: string): name is SetName {
  return SETS.has(name);
}
