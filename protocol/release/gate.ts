/**
 * Gates: what a release has to reach on a peer's own hold-out, as people write it.
 *
 *     gate      = condition { "and" condition }
 *     condition = metric ( ">=" | "<=" | ">" | "<" ) number [ "%" ]
 *
 * Metrics are those that `hearsay eval` tells, and `loss`; `worst_class` and `worstClass` are one name.
 */
import { HearsayError } from "../base/errors.ts";
import type { Metrics } from "../base/learning-seams.ts";
import { LIMITS } from "../base/limits.ts";

export interface Condition {
  readonly metric: string;
  readonly comparison: keyof typeof COMPARISONS;
  readonly bound: number;
}

const COMPARISONS = {
  ">=": (value: number, bound: number) => value >= bound,
  "<=": (value: number, bound: number) => value <= bound,
  ">": (value: number, bound: number) => value > bound,
  "<": (value: number, bound: number) => value < bound,
} as const;

const CONDITION = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*(>=|<=|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)\s*$/;

/** The conditions of a gate. @param metrics whose names may stand in it. @throws HearsayError ERR_CONFIG that says which part is wrong. */
export function parseGate(expression: string, metrics: readonly string[]): Condition[] {
  if (expression.length > LIMITS.maxGateCharacters)
    throw wrong(expression.slice(0, 40), `has more than ${LIMITS.maxGateCharacters} characters; shorten it`);
  return expression.split(/\band\b/i).map((part) => {
    const [, name = "", comparison, digits, percent] = CONDITION.exec(part) ?? [];
    if (comparison === undefined) throw wrong(part.trim(), `is no condition; write e.g. "${metrics[0]} >= 0.9"`);
    const metric = metrics.find((known) => plain(known) === plain(name));
    if (metric === undefined) throw wrong(name, `is no metric of this task; one of ${metrics.join(", ")}`);
    const bound = Number(digits) / (percent === "%" ? 100 : 1);
    return { metric, comparison: comparison as keyof typeof COMPARISONS, bound };
  });
}

/**
 * For who writes a gate: refuses bounds beyond 1 of what lies between 0 and 1, as accuracy does. Peers take such a gate from others, and vote no for ever.
 * @param shares metrics that lie between 0 and 1. @throws HearsayError ERR_CONFIG
 */
export function refuseBeyondShares(conditions: readonly Condition[], shares: readonly string[]): void {
  for (const { metric, comparison, bound } of conditions) {
    if (bound <= 1 || !shares.includes(metric)) continue;
    const percent = bound <= 100 ? `; for per cent write ${metric} ${comparison} ${bound} %` : "";
    throw wrong(`${metric} ${comparison} ${bound}`, `can tell nothing: ${metric} is a share, from 0 to 1${percent}`);
  }
}

/** Whether all conditions hold; undefined where a figure is missing. */
export function passes(conditions: readonly Condition[], figures: Metrics): boolean | undefined {
  let all = true;
  for (const { metric, comparison, bound } of conditions) {
    const value = figures[metric];
    if (value === undefined) return undefined;
    all &&= COMPARISONS[comparison](value, bound);
  }
  return all;
}

function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

function wrong(part: string, message: string): HearsayError {
  return new HearsayError("ERR_CONFIG", `gate: ${JSON.stringify(part)} ${message}`);
}
