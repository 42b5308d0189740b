/**
 * What an aggregation rule is. Each rule is one file; `registry.ts` lists them under the names that task, CLI, wire and log share.
 *
 * Most rules are a `Settlement`: given rows around the own model and the distances between them, they say which linear combination
 * or which reduction of each coordinate is the aggregate (`settle.ts` carries it out). Such a rule can follow pre-aggregators, files of
 * their own, which shorten, drop or mix the rows before: `arc+nnm+trimmed-mean`.
 */

import type { RuleInput, RuleOutput } from "../../base/learning-seams.ts";
import type { Crowd } from "./crowd.ts";
import type { Passes, Reduction } from "./passes.ts";

/** Names, defaults and inclusive ranges of parameters. */
export type Parameters = Readonly<Record<string, { default: number; min: number; max: number; about: string }>>;

/** Complete parameters: defaults are filled in. */
export type Given = Readonly<Record<string, number>>;

/** An aggregation rule, under the name that task, CLI, wire and log share. */
export interface Rule {
  readonly name: string;
  /** One line for lists. Every rule of Hearsay has it. */
  readonly about?: string;
  readonly parameters: Parameters;
  /** Fewest candidates (own model not counted) with which the rule means anything: what the quorum of a task must reach. */
  quorum(parameters: Given): number;
  /** Pure and deterministic: the log is audited by calling it again. */
  aggregate(input: RuleInput, parameters: Given, passes?: Passes): RuleOutput;
  /** Where the rule is one that can follow pre-aggregators. */
  readonly settle?: Settle;
}

/** A rule as a file defines it. */
export interface Settlement extends Omit<Rule, "aggregate" | "quorum"> {
  /** Fewest rows, the own one not counted. */
  readonly minCandidates: number;
  readonly settle: Settle;
}

/** A rule of the registry that can follow pre-aggregators. */
export type SettledRule = Rule & Settlement;

type Settle = (crowd: Crowd, parameters: Given) => Outcome;

/** The aggregate, as what is left to be done with the rows. */
export type Outcome =
  | LinearOutcome
  /** A reduction of each coordinate of the rows. */
  | { readonly kind: "coordinates"; readonly reduction: Reduction };

/**
 * own + sum_i coefficients_i (z_i - own), z_0 being the own row. A candidate whose row has coefficient 0 is removed, unless its row
 * was shortened to nothing.
 */
export interface LinearOutcome {
  readonly kind: "linear";
  readonly coefficients: Float64Array;
  /** Factors below 1 by which rows were shortened, one for each row: such a candidate is `clipped`. */
  readonly shrink?: Float64Array;
}

/** What is done to the rows before a rule sees them. */
export interface PreAggregator {
  readonly name: string;
  /** Pre-aggregators follow one another in this order: drop, shorten, put into buckets, mix. */
  readonly order: number;
  readonly parameters: Parameters;
  /** Fewest candidates of which it makes `needed` rows. A gate, which may shut out all, does not count on that. */
  minCandidates(needed: number, parameters: Given): number;
  apply(crowd: Crowd, parameters: Given): Crowd;
}
