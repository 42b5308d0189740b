/** What `hearsay up` looks at before it learns: the quick checks of the doctor, and the data. */

import type { Logger } from "pino";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { formatNumber } from "../../../protocol/base/figures.ts";
import { type Task, termsOf } from "../../../protocol/base/task.ts";
import { deltaFor, weakDelta } from "../../../protocol/privacy/plan.ts";
import { cautionsOf } from "../../../protocol/task/cautions.ts";
import { followedData, loadCheckedData, type PeerData } from "../../data/share.ts";
import type { OpenTask } from "../../disk/state-dir.ts";
import type { QuickCheck } from "../../doctor/doctor-check.ts";
import { QUICK_CHECKS } from "../../doctor/registry.ts";
import { type Diagnosis, diagnose } from "../../doctor/run.ts";
import { type AtHand, aboutToStart } from "../../doctor/surroundings.ts";
import { isExternal } from "../../engines/external/open.ts";
import { unknownVariables } from "../../settings/nearest.ts";
import type { Rules } from "./up-policy.ts";

/** The mechanism whose delta is a promise to each row; the others promise something to a whole site. */
const OF_RECORDS = "dp-sgd";

/**
 * The data of a peer that is about to start, once the machine was looked at; undefined where a program of the owner's has them. What may hurt is told.
 * @throws HearsayError ERR_POLICY, ERR_STATE, ERR_DATA, ERR_CONFIG, with the remedy.
 */
export async function dataToLearn(
  stateDir: string,
  { config, site }: Rules,
  opened: OpenTask,
  logger: Logger,
): Promise<PeerData | undefined> {
  const external = isExternal(config, opened.task);
  const intent = { ...opened, data: config.data, what: "learn", isExternal: external } as const;
  site.allow(intent); // before anything is looked at
  for (const caution of cautionsOf(opened.task)) logger.warn(caution);
  await lookBefore(aboutToStart(stateDir, config, opened), logger);
  if (external) return undefined;
  if (config.stream.follow) {
    const followed = await site.read(intent, async () => followedData(config.data)); // no rows yet: nobody knows how many will come
    return followed;
  }
  const data = await site.read(intent, () => loadCheckedData(config.data, opened.task));
  for (const warning of data.warnings) logger.warn(warning);
  const weak = deltaCaution(opened.task, data.train.length);
  if (weak !== undefined) logger.warn(weak);
  return data;
}

/** Where the task hides single records of fewer rows than this site has: who made the task may have had a smaller table. */
function deltaCaution(task: Task, rows: number): string | undefined {
  const terms = termsOf(task);
  const weak = terms?.mechanism === OF_RECORDS ? weakDelta({ rows, delta: terms.delta }) : undefined;
  if (terms === undefined || weak === undefined) return undefined;
  const few = formatNumber(Math.ceil(1 / terms.delta) - 1, 9);
  return `privacy.delta: ${weak}; train on ${few} rows at most (data.share), or join a task whose delta is ${formatNumber(deltaFor(rows))}`;
}

/** Tells of variables that look like settings and are none: a peer whose HEARSAY_MDNS is misspelt would be seen by the whole network. */
export function tellUnread(environment: Readonly<Record<string, unknown>>, logger: Pick<Logger, "warn">): void {
  for (const name of unknownVariables(environment))
    logger.warn(`no setting reads ${name}; mend its name, or unset it: hearsay config show has all variables`);
}

/** Tells warnings. @throws HearsayError ERR_STATE for a failure, with the remedy. */
export async function lookBefore(
  around: AtHand,
  logger: Pick<Logger, "warn">,
  checks: readonly QuickCheck[] = QUICK_CHECKS,
): Promise<void> {
  const findings = await diagnose(around, checks);
  for (const finding of findings) if (finding.level === "warning") logger.warn(sentence(finding));
  const failure = findings.find(({ level }) => level === "failure");
  if (failure !== undefined) throw new HearsayError("ERR_STATE", sentence(failure), { check: failure.check });
}

function sentence({ check, what, remedy }: Diagnosis): string {
  return `${check}: ${what}${remedy === undefined ? "" : `; ${remedy}`}`;
}
