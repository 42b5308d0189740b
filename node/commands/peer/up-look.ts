/** What `hearsay up` looks at before it learns: the quick checks of the doctor. */
import type { Logger } from "pino";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { QuickCheck } from "../../doctor/doctor-check.ts";
import { QUICK_CHECKS } from "../../doctor/registry.ts";
import { type Diagnosis, diagnose } from "../../doctor/run.ts";
import type { AtHand } from "../../doctor/surroundings.ts";

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
