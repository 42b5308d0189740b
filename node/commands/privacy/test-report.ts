/** What a test of models has found, as a table or as JSON. */
import type { Task } from "../../../protocol/base/task.ts";
import type { Finding } from "../../../protocol/privacy/inference/measure.ts";
import { leastEpsilon } from "../../../protocol/privacy/inference/promise.ts";
import type { Measured } from "../../../protocol/privacy/inference/roc.ts";
import { onOutput } from "../../terminal/colours.ts";
import { percent, printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import type { Examples } from "./examples.ts";
import { deltaOf, type Promised, promiseFigures, promiseText } from "./promised.ts";
import type { Exposure } from "./released.ts";

/** What an attacker has, and what every attack made of it. */
export interface Tested {
  readonly exposure: Exposure;
  /** That were trained. */
  readonly shadows: number;
  readonly findings: readonly Finding[];
}

export interface TestReport {
  readonly task: Task;
  readonly seed: number;
  readonly examples: Examples;
  readonly tested: readonly Tested[];
  readonly promised: Promised;
}

export function printReport(report: TestReport, asJson: boolean): void {
  if (asJson) printJson(figures(report));
  else print(words(report));
}

function figures({ task, seed, examples, tested, promised }: TestReport) {
  const { members, others } = examples.scored;
  const models = tested.map(({ exposure: { model, seen, age }, shadows, findings }) => ({
    model,
    seen,
    age: Number.isFinite(age) ? age : null,
    shadows,
    attacks: findings.map((finding) => ({
      ...finding,
      leaks: leaksBy(finding),
      epsilonAtLeast: leastEpsilon(finding, deltaOf(promised)),
    })),
  }));
  return {
    task: task.name,
    seed,
    trainedOn: examples.members,
    members: members.length,
    others: others.length,
    promise: promiseFigures(promised),
    leaks: hasLeak(tested),
    isBroken: isBroken(tested, promised),
    models,
  };
}

function words({ task, examples, tested, promised }: TestReport): string {
  const { members, others } = examples.scored;
  const rows = tested.flatMap(({ exposure: { model, seen }, findings }) =>
    findings.map((finding) => [
      ...[model, seen, finding.attack, withInterval(finding.area)],
      ...[withInterval(finding.truePositives), withInterval(finding.falsePositives)],
      leastEpsilon(finding, deltaOf(promised)).toFixed(2),
    ]),
  );
  const ages = new Map(tested.map(({ exposure: { model, age } }) => [model, `${model}: ${ageText(age)}`]));
  return [
    `${members.length} rows that ${task.name} was trained on here, ${others.length} that it was not. ${[...ages.values()].join("; ")}.`,
    table(["model", "seen", "attack", "AUC", "TPR at 1 % FPR", "FPR", "epsilon at least"], rows),
    promiseText(promised),
    ...(isBroken(tested, promised) ? [BROKEN] : []),
    `${verdict(hasLeak(tested))}\n`,
  ].join("\n");
}

/** Said where the promise does not hold. */
const BROKEN = onOutput.red(
  "More was found than was promised: the mechanism is at fault, or what is called members and others here.",
);

/** Whether an attack did what the promise rules out. */
export function isBroken(tested: readonly Tested[], { guarantee }: Promised): boolean {
  if (guarantee === undefined) return false;
  const { epsilon, delta } = guarantee;
  return tested.some(({ findings }) => findings.some((finding) => leastEpsilon(finding, delta) > epsilon));
}

function hasLeak(tested: readonly Tested[]): boolean {
  return tested.some(({ findings }) => findings.some(leaksBy));
}

/** Whether chance alone would rarely do so well. */
function leaksBy({ area }: Finding): boolean {
  return area.low > 0.5;
}

function ageText(age: number): string {
  return Number.isFinite(age) ? `age ${age} steps` : "age unknown";
}

function withInterval({ value, low, high }: Measured): string {
  return `${percent(value)} (${percent(low)} to ${percent(high)})`;
}

function verdict(leaks: boolean): string {
  return leaks
    ? "A leak: an interval of AUC lies above 50 %, so members can be told from other rows better than by a guess."
    : "No leak was found: every interval of AUC has 50 % in it or lies below. Other attacks may find more.";
}
