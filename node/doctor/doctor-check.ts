/** What a check of the doctor is: one file of `checks/`, one line in `registry.ts`. */
import type { AtHand, Surroundings } from "./surroundings.ts";

export type Level = "ok" | "warning" | "failure";

export interface DoctorFinding {
  readonly level: Level;
  /** What is the case, in words. */
  readonly what: string;
  /** What its owner can do; left out where all is well. */
  readonly remedy?: string;
}

export interface DoctorCheck<Around = Surroundings> {
  readonly name: string;
  /** What it looks at, for help and README. */
  readonly about: string;
  /** Beyond this it is given up, with a warning. */
  readonly withinMs: number;
  /** @throws whatever it meets: that is then the finding, a failure. */
  run(around: Around): Promise<readonly DoctorFinding[]>;
}

/** It takes no time to speak of: `hearsay up` runs it before it learns. */
export type QuickCheck = DoctorCheck<AtHand>;

export function ok(what: string): DoctorFinding {
  return { level: "ok", what };
}

export function warning(what: string, remedy: string): DoctorFinding {
  return { level: "warning", what, remedy };
}

export function failure(what: string, remedy: string): DoctorFinding {
  return { level: "failure", what, remedy };
}
