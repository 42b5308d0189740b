/** The aggregation rules under the names that task, CLI, wire and log share. */

import type { Aggregator } from "../base/learning-seams.ts";
import { type Registry, registryOf } from "../base/registry.ts";
import { arc } from "./pre/arc.ts";
import { balance } from "./pre/balance.ts";
import { bucketing } from "./pre/bucketing.ts";
import { nnm } from "./pre/nnm.ts";
import type { PreAggregator, Rule, SettledRule } from "./rows/rule.ts";
import { composed } from "./rows/settle.ts";
import { arcNnmTrimmedMean } from "./rules/arc-nnm-trimmed-mean.ts";
import { caf } from "./rules/caf.ts";
import { centredClipping } from "./rules/centred-clipping.ts";
import { clippedGossip } from "./rules/clipped-gossip.ts";
import { csPlus } from "./rules/cs-plus.ts";
import { geometricMedian } from "./rules/geometric-median.ts";
import { gts } from "./rules/gts.ts";
import { guardedMedian } from "./rules/guarded-median.ts";
import { ios } from "./rules/ios.ts";
import { krum } from "./rules/krum.ts";
import { meamed } from "./rules/meamed.ts";
import { mean } from "./rules/mean.ts";
import { median } from "./rules/median.ts";
import { multiKrum } from "./rules/multi-krum.ts";
import { nna } from "./rules/nna.ts";
import { scWmean } from "./rules/sc-wmean.ts";
import { scWmedian } from "./rules/sc-wmedian.ts";
import { trimmedMean } from "./rules/trimmed-mean.ts";
import { weightedMedian } from "./rules/weighted-median.ts";

/** Every rule, by name. */
export const RULES: Registry<Rule> = registryOf<Rule>([
  mean,
  median,
  weightedMedian,
  trimmedMean,
  meamed,
  geometricMedian,
  krum,
  multiKrum,
  caf,
  centredClipping,
  clippedGossip,
  csPlus,
  gts,
  ios,
  nna,
  scWmean,
  scWmedian,
  arcNnmTrimmedMean,
  guardedMedian,
]);

/** What can come before a rule, in the order in which they follow one another: `balance+arc+bucketing+nnm+median`. */
export const PRE_AGGREGATORS: Registry<PreAggregator> = registryOf([balance, arc, bucketing, nnm]);

/** Composed rules, made once for each name, as long as the rule behind the last `+` is the same. */
const composedRules = new Map<string, { readonly of: Rule; readonly made: Rule }>();

/** The rule of this name, which may have pre-aggregators before it, joined by `+`; undefined where there is none. */
export function findRule(name: string): Rule | undefined {
  const alone = RULES.get(name);
  if (alone !== undefined) return alone;
  const parts = name.split("+");
  const rule = RULES.get(parts.pop() ?? "");
  const before = parts.map((part) => PRE_AGGREGATORS.get(part));
  if (!isSettled(rule) || before.length === 0 || !ascend(before)) return undefined;
  const known = composedRules.get(name);
  if (known?.of === rule) return known.made;
  const made = composed(name, before, rule);
  composedRules.set(name, { of: rule, made });
  return made;
}

/** @throws RangeError where there is none: the task was not checked. */
export function ruleNamed(name: string): Rule {
  const rule = findRule(name);
  if (rule === undefined) throw new RangeError(`there is no aggregation rule "${name}"; there are ${describeRules()}`);
  return rule;
}

/** Runs rules where it is called, on the plain path. */
export const plainAggregator: Aggregator = {
  aggregate: async (rule, parameters, input) => ruleNamed(rule).aggregate(input, parameters),
};

/** Whether lots are drawn in a rule of this name: `RuleInput.lot` then decides. */
export function drawsLots(name: string): boolean {
  return name.split("+").includes(bucketing.name);
}

/** For messages: what `findRule` finds. */
export function describeRules(): string {
  const pre = [...PRE_AGGREGATORS.keys()];
  const alone = [...RULES.values()].filter((rule) => !isSettled(rule)).map(({ name }) => name);
  return `${[...RULES.keys()].join(", ")}; before all but ${alone.slice(0, -1).join(", ")} and ${alone.at(-1)} may stand any of ${pre.join("+")}+, in this order`;
}

/** A regular expression of the names that `findRule` finds. */
export function rulePattern(): string {
  const before = [...PRE_AGGREGATORS.keys()].map((name) => `(?:${name}\\+)?`).join("");
  const after = [...RULES.values()].filter(isSettled).map(({ name }) => name);
  return `^(?:${[...RULES.keys()].join("|")}|${before}(?:${after.join("|")}))$`;
}

function isSettled(rule: Rule | undefined): rule is SettledRule {
  return rule?.settle !== undefined;
}

/** All there are, and each comes later than the one before. */
function ascend(before: readonly (PreAggregator | undefined)[]): before is readonly PreAggregator[] {
  return before.every(
    (stage, i) => stage !== undefined && (i === 0 || stage.order > (before[i - 1] as PreAggregator).order),
  );
}

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
  const none = "none: leave it out, or, where a task file gives it, write parameters: {} beside the rule";
  const ranges = Object.entries(rule.parameters).map(([name, { min, max }]) => `${name} (${min} .. ${max})`);
  for (const [name, value] of Object.entries(given))
    if (!Object.hasOwn(rule.parameters, name))
      faults.push(`${name} (given: ${value}) is unknown; rule ${rule.name} takes ${ranges.join(", ") || none}`);
  for (const [name, { default: standard, min, max }] of Object.entries(rule.parameters)) {
    const value = Object.hasOwn(given, name) ? (given[name] as number) : standard;
    const fits = value >= min && value <= max;
    parameters[name] = fits ? value : standard;
    if (!fits) faults.push(`${name} is ${value}; rule ${rule.name} takes ${min} .. ${max}`);
  }
  return { parameters, faults };
}
