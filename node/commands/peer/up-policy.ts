/** What the policies of the site make of the settings of a peer that is about to start. */
import type { Logger } from "pino";
import type { LoadedPolicy } from "../../policy/load-policy.ts";
import { nextChangeMs } from "../../policy/quiet-hours.ts";
import { openSite, type Site, type SiteOptions } from "../../policy/site.ts";
import { budgetUnder, quietUnder } from "../../policy/traffic.ts";
import { linkBudgets } from "../../settings/budget.ts";
import type { Config } from "../../settings/table.ts";

export interface Rules {
  readonly site: Site;
  /** The settings, with the budget that holds. */
  readonly config: Config;
  /** For `StartOptions`; empty where there are no quiet hours. */
  readonly quiet: { readonly isQuiet?: (ms: number) => boolean };
}

type Tell = Pick<Logger, "info">;

/** @throws HearsayError ERR_POLICY where a policy is wrong, or named and not there. */
export async function rulesOf(options: SiteOptions, config: Config, logger: Tell): Promise<Rules> {
  const site = await openSite(options);
  const { policies } = site;
  for (const { file } of policies) logger.info({ policy: file }, "a policy of this site holds");
  const isQuiet = quietUnder(policies);
  return {
    site,
    config: withBudget(policies, config, logger),
    quiet: isQuiet === undefined ? {} : { isQuiet: telling(isQuiet, logger) },
  };
}

function withBudget(policies: readonly LoadedPolicy[], config: Config, logger: Tell): Config {
  const { imposedBy, text } = budgetUnder(policies, linkBudgets(config.budget));
  if (imposedBy === undefined || text === undefined) return config;
  logger.info({ policy: imposedBy, budget: text }, "the policy's budget holds, which is tighter than the setting");
  return { ...config, budget: text };
}

/** Says so when it becomes quiet, and when it is over. */
function telling(isQuiet: (ms: number) => boolean, logger: Tell): (ms: number) => boolean {
  let was = false;
  return (ms) => {
    const quiet = isQuiet(ms);
    if (quiet === was) return quiet;
    was = quiet;
    const change = nextChangeMs(isQuiet, ms);
    const until = change === undefined ? {} : { until: new Date(change).toISOString() };
    logger.info(until, quiet ? "quiet hours: the peer is away" : "quiet hours are over");
    return quiet;
  };
}
