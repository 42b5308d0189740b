/** `--budget` of `hearsay log audit`: what the audit of a stranger's log may cost. */
import type { WorkBudget } from "../../../protocol/audit/work-budget.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";

/** More than most honest logs need, and never without end. */
const DEFAULT_BUDGET: WorkBudget = { entries: 2e6, bytes: 1e12, seconds: 3600 };

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** `entries=1000,bytes=2G,seconds=60`, any of them; the others as they are by default. @throws HearsayError ERR_CONFIG */
export function parseBudget(text = ""): WorkBudget {
  const budget = { ...DEFAULT_BUDGET };
  for (const part of text.split(",").filter((piece) => piece !== "")) {
    const [, name = "", digits = "", unit = ""] = /^(entries|bytes|seconds)=([0-9]{1,12})([kMGT]?)$/.exec(part) ?? [];
    const amount = Number(digits) * (UNITS[unit] ?? 1);
    if (name === "" || amount === 0)
      throw new HearsayError(
        "ERR_CONFIG",
        `--budget: ${JSON.stringify(part)} is no part of a budget; say for instance entries=100000,bytes=20G,seconds=600`,
        { field: "budget", value: part },
      );
    budget[name as keyof WorkBudget] = amount;
  }
  return budget;
}
