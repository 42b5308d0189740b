/** `hearsay privacy plan`: noise, steps and epsilon of a training that is not yet begun. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { formatNumber, sparkline } from "../../../protocol/base/figures.ts";
import { LEAST_NOISE, MOST_NOISE } from "../../../protocol/privacy/accountant.ts";
import { deltaFor, type Plan, type PlanRequest, planFor, planWith, weakDelta } from "../../../protocol/privacy/plan.ts";
import { onErrors } from "../../terminal/colours.ts";
import { facts, printJson, table } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";

interface PlanOptions {
  readonly rows: string;
  readonly batch: string;
  readonly epochs: string;
  readonly epsilon?: string;
  readonly noise?: string;
  readonly delta?: string;
  readonly json?: boolean;
}

/** Budgets beside the one that was asked for. */
const BUDGETS = [1, 2, 4, 8];
/** Points of the curve over time. */
const POINTS = 20;
const MOST_COUNT = 1e9;
const MOST_EPSILON = 1000;

export async function run(options: PlanOptions): Promise<void> {
  const rows = countOf("--rows", options.rows);
  const request: PlanRequest = {
    rows,
    batch: countOf("--batch", options.batch),
    epochs: numberOf("--epochs", options.epochs, 0, 1e6),
    delta: options.delta === undefined ? deltaFor(rows) : numberOf("--delta", options.delta, 0, 0.1),
  };
  warnOf(request);
  const plan = planOf(request, options);
  const { steps, noiseMultiplier } = plan;
  const curve = Array.from({ length: POINTS }, (_, i) => {
    const share = (i + 1) / POINTS;
    return { steps: Math.ceil(share * steps), ...epochPlan(request, share, noiseMultiplier) };
  });
  const budgets = BUDGETS.map((epsilon) => ({ epsilon, plan: planFor(request, epsilon) }));
  if (options.json) {
    const others = budgets.map((one) => ({ epsilon: one.epsilon, noiseMultiplier: one.plan?.noiseMultiplier ?? null }));
    return printJson({ ...request, ...plan, curve, budgets: others });
  }
  print(`${factsOf(request, plan, curve)}\n${curveTable(curve)}\n${budgetTable(budgets)}\n`);
}

/** A delta of 1 / rows promises nothing to somebody. */
function warnOf({ rows, delta }: PlanRequest): void {
  const what = weakDelta({ rows, delta });
  if (what === undefined) return;
  tell(`${onErrors.yellow("note:")} ${what}; give ${deltaFor(rows)}, or one that is well below 1 / rows\n`);
}

function planOf(request: PlanRequest, { epsilon = "8", noise, epsilon: given }: PlanOptions): Plan {
  if (noise !== undefined && given !== undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "--epsilon and --noise are both given; each follows from the other: remove one",
    );
  if (noise !== undefined) return planWith(request, numberOf("--noise", noise, LEAST_NOISE, MOST_NOISE));
  const budget = numberOf("--epsilon", epsilon, 0, MOST_EPSILON);
  const plan = planFor(request, budget);
  if (plan !== undefined) return plan;
  throw new HearsayError(
    "ERR_CONFIG",
    `no noise keeps ${request.epochs} epochs within an epsilon of ${budget} at a delta of ${request.delta}: take fewer epochs, more rows, or a higher epsilon`,
  );
}

interface Point {
  readonly epochs: number;
  readonly steps: number;
  readonly epsilon: number;
}

function epochPlan(request: PlanRequest, share: number, noise: number): Omit<Point, "steps"> {
  const epochs = share * request.epochs;
  return { epochs, epsilon: planWith({ ...request, epochs }, noise).epsilon };
}

function factsOf(
  request: PlanRequest,
  { rate, steps, noiseMultiplier, epsilon }: Plan,
  curve: readonly Point[],
): string {
  const { rows, batch, epochs, delta } = request;
  return facts([
    [
      "records",
      `${formatNumber(rows)}, each in a step with chance ${formatNumber(rate)}: ${formatNumber(rate * rows, 3)} of a batch of ${batch}`,
    ],
    ["noise", `${noiseMultiplier} times the clip norm (noiseMultiplier)`],
    ["steps", `${formatNumber(steps, 9)} for ${formatNumber(epochs)} epochs`],
    ["epsilon", `${formatNumber(epsilon)} at delta ${formatNumber(delta)}`],
    [
      "over time",
      `${sparkline(
        curve.map((point) => point.epsilon),
        0,
      )}  to ${formatNumber(epsilon)}`,
    ],
  ]);
}

/** Every fourth point, and the last. */
function curveTable(curve: readonly Point[]): string {
  const shown = [...curve.slice(0, 1), ...curve.filter((_, i) => i % 4 === 3)];
  return table(
    ["epochs", "steps", "epsilon"],
    shown.map(({ epochs, steps, epsilon }) => [formatNumber(epochs), formatNumber(steps, 9), formatNumber(epsilon)]),
  );
}

function budgetTable(budgets: readonly { readonly epsilon: number; readonly plan: Plan | undefined }[]): string {
  return table(
    ["for epsilon", "noise"],
    budgets.map(({ epsilon, plan }) => [
      String(epsilon),
      plan === undefined ? "none does" : String(plan.noiseMultiplier),
    ]),
  );
}

function countOf(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST_COUNT) return value;
  throw new HearsayError("ERR_CONFIG", `${flag} ${text}: give a whole number in 1 .. ${formatNumber(MOST_COUNT)}`);
}

/** Above `least` where that is 0, else from it on. */
function numberOf(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value <= most && (least === 0 ? value > 0 : value >= least)) return value;
  const low = least === 0 ? "above 0" : `from ${least}`;
  const why = flag === "--noise" ? "; below, epsilon could only be told much too high" : "";
  throw new HearsayError("ERR_CONFIG", `${flag} ${text}: give a number ${low}, at most ${formatNumber(most)}${why}`);
}
