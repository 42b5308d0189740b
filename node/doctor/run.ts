/** Runs checks at once, each within its time: what hangs is told, and waited for no longer. */
import type { DoctorCheck, DoctorFinding, Level } from "./doctor-check.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Diagnosis extends DoctorFinding {
  readonly check: string;
}

/** In the order of the checks. */
export async function diagnose<Around = Surroundings>(
  around: Around,
  checks: readonly DoctorCheck<Around>[],
): Promise<Diagnosis[]> {
  const found = await Promise.all(checks.map((check) => inTime(check, around)));
  return found.flat();
}

export function worstOf(findings: readonly DoctorFinding[]): Level {
  const has = (level: Level) => findings.some((finding) => finding.level === level);
  if (has("failure")) return "failure";
  return has("warning") ? "warning" : "ok";
}

async function inTime<Around>({ name, withinMs, run }: DoctorCheck<Around>, around: Around): Promise<Diagnosis[]> {
  const late = Promise.withResolvers<readonly DoctorFinding[]>();
  const timer = setTimeout(() => late.resolve([tooLate(withinMs)]), withinMs);
  try {
    const findings = await Promise.race([run(around), late.promise]);
    return findings.map((finding) => ({ check: name, ...finding }));
  } catch (error) {
    return [
      { check: name, level: "failure", what: (error as Error).message, remedy: "mend this, and ask the doctor again" },
    ];
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(withinMs: number): DoctorFinding {
  const what = `no answer within ${withinMs / 1000} s`;
  return {
    level: "warning",
    what,
    remedy: "the machine is busy, or what is looked at hangs: ask again when it is quiet",
  };
}
