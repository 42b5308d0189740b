/**
 * The one door to the data of a site: whoever reads them, or has a peer learn from them, asks here first. What a policy forbids is refused before a byte is read,
 * by commands and by programs that import the library alike.
 */
import { toHex } from "../../protocol/base/bytes.ts";
import { encodeTask } from "../../protocol/task/manifest.ts";
import { nodeCrypto } from "../crypto.ts";
import type { LinkLimit } from "../net/open-metering.ts";
import { type LoadedPolicy, loadPolicies } from "./load-policy.ts";
import { type Intent, refuseViolations, rowViolations, violationsOf } from "./restrictions.ts";
import { budgetUnder, quietUnder } from "./traffic.ts";

export interface Site {
  readonly policies: readonly LoadedPolicy[];
  /** @throws HearsayError ERR_POLICY naming file, field, value and remedy of all that is forbidden. */
  allow(intent: Intent): void;
  /**
   * What `load` gives, which is not called where a policy forbids the intent. Rows to train on are counted before anybody has them.
   * @throws HearsayError ERR_POLICY
   */
  read<T extends object>(intent: Intent, load: () => Promise<T>): Promise<T>;
}

/** As options of commands name it. */
export interface SiteOptions {
  /** The state directory. */
  readonly state: string;
  /** A policy file beside those that are found. */
  readonly policy?: string | undefined;
}

/** @throws HearsayError ERR_POLICY where a policy is wrong, or named and not there. */
export async function openSite({ state: stateDir, policy: named }: SiteOptions): Promise<Site> {
  return siteUnder(await loadPolicies({ stateDir, named, environment: process.env }));
}

export function siteUnder(policies: readonly LoadedPolicy[]): Site {
  const allow = (intent: Intent) => refuseViolations(violationsOf(policies, intent));
  return {
    policies,
    allow,
    async read(intent, load) {
      allow(intent);
      const found = await load();
      if ("train" in found && COUNTED.includes(intent.what))
        refuseViolations(rowViolations(policies, (found.train as { readonly length: number }).length));
      return found;
    },
  };
}

/** Intents by which something that was made of the rows leaves the machine. */
const COUNTED: readonly Intent["what"][] = ["learn", "describe"];

/** A peer that is about to start. */
interface Starting extends Pick<Intent, "task"> {
  readonly stateDir: string;
  readonly policy?: string;
  /** Whose policies were asked when the rows were read; those that bind this machine where left out. */
  readonly site?: Site;
  readonly train?: { readonly length: number };
  readonly budget?: readonly LinkLimit[];
  readonly isQuiet?: (ms: number) => boolean;
}

/**
 * The budget and the quiet hours that hold, whoever starts the peer. A program that hands over rows has read them itself: they are held against the policies here.
 * @throws HearsayError ERR_POLICY
 */
export async function peerUnder(peer: Starting): Promise<Pick<Starting, "budget" | "isQuiet">> {
  const { stateDir: state, policy, task, train, budget = [], isQuiet } = peer;
  const site = peer.site ?? (await openSite({ state, policy }));
  const { policies } = site;
  const taskId = toHex(nodeCrypto.sha256(encodeTask(task)));
  const intent: Intent = { task, taskId, what: "learn", isExternal: train === undefined };
  if (peer.site === undefined) await site.read(intent, async () => ({ train: train ?? [] }));
  const ordered = quietUnder(policies);
  const quiet = [isQuiet, ordered].filter((one) => one !== undefined);
  return {
    budget: budgetUnder(policies, budget).budgets,
    ...(quiet.length > 0 && { isQuiet: (ms: number) => quiet.some((one) => one(ms)) }),
  };
}
