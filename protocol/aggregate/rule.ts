/** What an aggregation rule is. Each rule is one file; `registry.ts` lists them under the names that task, CLI, wire and log share. */

import type { RuleInput, RuleOutput } from "../seams.ts";

export interface Rule {
  readonly name: string;
  /** Fewest candidates (own model not counted) with which the rule means anything. */
  readonly minCandidates: number;
  /** Names, defaults and inclusive ranges of its parameters. */
  readonly parameters: Readonly<Record<string, { default: number; min: number; max: number; about: string }>>;
  /** Pure and deterministic: the log is audited by calling it again. `parameters` are complete (defaults filled in). */
  aggregate(input: RuleInput, parameters: Readonly<Record<string, number>>): RuleOutput;
}
