/** What a test of models has found, as a table or as JSON. */
import type { Task } from "../../../protocol/base/task.ts";
import type { Finding } from "../../../protocol/privacy/inference/measure.ts";
import type { Measured } from "../../../protocol/privacy/inference/roc.ts";
import { percent, printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import type { Examples } from "./examples.ts";
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
}

/** What nobody has promised anything about. */
const UNPROMISED = { mechanism: "none", epsilon: null, delta: null } as const;

export function printReport(report: TestReport, asJson: boolean): void {
  if (asJson) printJson(figures(report));
  else print(words(report));
}

function figures({ task, seed, examples, tested }: TestReport) {
  const { members, others } = examples.scored;
  const models = tested.map(({ exposure: { model, seen, age }, shadows, findings }) => ({
    ...{ model, seen, age: Number.isFinite(age) ? age : null, shadows },
    attacks: findings.map((finding) => ({ ...finding, leaks: leaksBy(finding) })),
  }));
  return {
    ...{ task: task.name, seed, trainedOn: examples.members, members: members.length, others: others.length },
    ...{ promise: UNPROMISED, leaks: hasLeak(tested), models },
  };
}

function words({ task, examples, tested }: TestReport): string {
  const { members, others } = examples.scored;
  const rows = tested.flatMap(({ exposure: { model, seen }, findings }) =>
    findings.map(({ attack, area, truePositives, falsePositives }) => [
      ...[model, seen, attack, withInterval(area)],
      ...[withInterval(truePositives), withInterval(falsePositives), "nothing"],
    ]),
  );
  const ages = new Map(tested.map(({ exposure: { model, age } }) => [model, `${model}: ${ageText(age)}`]));
  return (
    `${members.length} rows that ${task.name} was trained on here, ${others.length} that it was not. ${[...ages.values()].join("; ")}.\n` +
    `${table(["model", "seen", "attack", "AUC", "TPR at 1 % FPR", "FPR", "promised"], rows)}\n${verdict(hasLeak(tested))}\n`
  );
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
