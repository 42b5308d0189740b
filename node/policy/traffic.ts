/** What policies say about traffic: the budget that holds, and when the peer is not there. */
import { type ByteLimit, parseByteLimit } from "../../protocol/traffic/byte-limit.ts";
import type { LinkBudget } from "../settings/budget.ts";
import type { LoadedPolicy } from "./load-policy.ts";
import { createQuietHours } from "./quiet-hours.ts";

export interface HeldBudget {
  readonly budgets: readonly LinkBudget[];
  /** The policy whose budget stands in place of the setting, which allows more. */
  readonly imposedBy?: string;
  /** As that policy writes it. */
  readonly text?: string;
}

/** The setting, where it is enforced and allows no more than each policy; else the tightest of the policies, over all links. */
export function budgetUnder(policies: readonly LoadedPolicy[], setting: readonly LinkBudget[]): HeldBudget {
  const limits = policies.flatMap(({ file, policy: { traffic } }) => {
    const limit = traffic?.budget === undefined ? undefined : parseByteLimit(traffic.budget);
    return limit === undefined ? [] : [{ file, limit, text: traffic?.budget as string }];
  });
  const [tightest] = limits.toSorted((a, b) => rateOf(a.limit) - rateOf(b.limit));
  if (tightest === undefined || allowsNoMore(setting, tightest.limit)) return { budgets: setting };
  const { file: imposedBy, limit, text } = tightest;
  return { budgets: [{ kind: "all", limit }], imposedBy, text };
}

function allowsNoMore(setting: readonly LinkBudget[], { bytes, perMs }: ByteLimit): boolean {
  const limits = setting.map(({ limit, isPlanned }) => (isPlanned ? undefined : limit));
  if (limits.length === 0 || limits.some((limit) => limit === undefined)) return false;
  const known = limits as readonly ByteLimit[];
  const rate = known.reduce((sum, limit) => sum + rateOf(limit), 0);
  const atOnce = known.reduce((sum, limit) => sum + limit.bytes, 0); // in the span of each, however long
  return rate <= bytes / perMs && atOnce <= bytes;
}

function rateOf({ bytes, perMs }: ByteLimit): number {
  return bytes / perMs;
}

/** Whether any policy wants quiet at a moment; undefined where none ever does. */
export function quietUnder(policies: readonly LoadedPolicy[]): ((ms: number) => boolean) | undefined {
  const all = policies.flatMap(({ policy: { traffic } }) =>
    traffic?.quietHours === undefined ? [] : [createQuietHours(traffic.quietHours, traffic.timeZone)],
  );
  return all.length === 0 ? undefined : (ms) => all.some(({ isQuiet }) => isQuiet(ms));
}
