/** The aggregation rules under the names that task, CLI, wire and log share. */

import { arcNnmTrimmedMean } from "./arc-nnm-trimmed-mean.ts";
import { clippedGossip } from "./clipped-gossip.ts";
import { csPlus } from "./cs-plus.ts";
import { geometricMedian } from "./geometric-median.ts";
import { guardedMedian } from "./guarded-median.ts";
import { mean } from "./mean.ts";
import { median } from "./median.ts";
import { multiKrum } from "./multi-krum.ts";
import { nna } from "./nna.ts";
import type { Rule } from "./rule.ts";
import { trimmedMean } from "./trimmed-mean.ts";
import { weightedMedian } from "./weighted-median.ts";

/** Every rule, by name. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  [
    mean,
    median,
    weightedMedian,
    trimmedMean,
    geometricMedian,
    multiKrum,
    nna,
    clippedGossip,
    csPlus,
    arcNnmTrimmedMean,
    guardedMedian,
  ].map((rule) => [rule.name, rule]),
);

/**
 * Fills in the defaults of a rule's parameters and checks those that are given. `parameters` is complete, with the default
 * in place of a faulty value; `faults` has one sentence for each unknown name and each value out of range.
 */
export function ruleParameters(
  rule: Rule,
  given: Readonly<Record<string, number>>,
): { parameters: Record<string, number>; faults: string[] } {
  const parameters: Record<string, number> = {};
  const faults: string[] = [];
  const ranges = Object.entries(rule.parameters).map(([name, { min, max }]) => `${name} (${min} .. ${max})`);
  for (const [name, value] of Object.entries(given))
    if (!Object.hasOwn(rule.parameters, name))
      faults.push(`${name} (given: ${value}) is unknown; rule ${rule.name} takes ${ranges.join(", ") || "none"}`);
  for (const [name, { default: standard, min, max }] of Object.entries(rule.parameters)) {
    const value = Object.hasOwn(given, name) ? (given[name] as number) : standard;
    const fits = value >= min && value <= max;
    parameters[name] = fits ? value : standard;
    if (!fits) faults.push(`${name} is ${value}; rule ${rule.name} takes ${min} .. ${max}`);
  }
  return { parameters, faults };
}
