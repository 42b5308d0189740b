/** `hearsay policy show`: what leaves this machine, to whom, under which protection; for people who audit it. */
import { loadConfig } from "../../config.ts";
import { configPath, findTask } from "../../disk/state-dir.ts";
import { isExternal } from "../../engines/external/open.ts";
import { type DataFlow, dataFlowOf } from "../../policy/data-flow.ts";
import { type LoadedPolicy, loadPolicies, policyFiles } from "../../policy/load-policy.ts";
import { nextChangeMs } from "../../policy/quiet-hours.ts";
import { type Violation, violationsOf } from "../../policy/restrictions.ts";
import { quietUnder } from "../../policy/traffic.ts";
import { settingsOf } from "../../settings/flags.ts";
import { onOutput } from "../../terminal/colours.ts";
import { dateText, facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface ShowOptions {
  readonly state: string;
  readonly task?: string;
  readonly config?: string;
  readonly policy?: string;
  readonly json?: boolean;
}

interface Statement extends DataFlow {
  readonly task: { readonly name: string; readonly id: string };
  readonly policies: readonly LoadedPolicy[];
  /** Whether the peer is to be away now, and until when; left out where there are no quiet hours. */
  readonly quiet?: { readonly isQuiet: boolean; readonly changesAt: string | null };
  readonly violations: readonly Violation[];
}

const EXIT_FAILED = 1;

export async function run(options: ShowOptions): Promise<void> {
  const { state: stateDir, policy: named } = options;
  const policies = await loadPolicies({ stateDir, named, environment: process.env });
  const config = await loadConfig(options.config ?? configPath(stateDir), process.env, settingsOf(options));
  const { task, taskId } = await findTask(stateDir, options.task);
  const intent = { task, taskId, data: config.data, what: "learn", isExternal: isExternal(config, task) } as const;
  const statement: Statement = {
    task: { name: task.name, id: taskId },
    policies,
    ...dataFlowOf(task, config, policies),
    ...quietNow(policies, Date.now()),
    violations: violationsOf(policies, intent),
  };
  if (options.json) printJson(statement);
  else print(`${inWords(statement, stateDir)}\n`);
  if (statement.violations.length > 0) process.exitCode = EXIT_FAILED;
}

function quietNow(policies: readonly LoadedPolicy[], nowMs: number): Pick<Statement, "quiet"> {
  const isQuiet = quietUnder(policies);
  if (isQuiet === undefined) return {};
  const change = nextChangeMs(isQuiet, nowMs);
  return {
    quiet: { isQuiet: isQuiet(nowMs), changesAt: change === undefined ? null : new Date(change).toISOString() },
  };
}

function inWords(statement: Statement, stateDir: string): string {
  const { task, policies, flows, never, budget, violations } = statement;
  const files = policies.map(({ file }) => file);
  const heads: [string, string][] = [
    ["task", `${task.name}  ${task.id}`],
    ["policies", files.length === 0 ? `none: no ${policyFiles(stateDir).join(", no ")}` : files.join(", ")],
    ["bytes", budget],
    ...quietRow(statement),
  ];
  const leaving = flows.map(({ what, to, when, protection }) =>
    facts([
      ["what", onOutput.bold(what)],
      ["to", to],
      ["when", when],
      ["protection", protection],
    ]),
  );
  const rules = policies.map(({ file, policy }) => `${file}\n  ${JSON.stringify(policy)}`);
  const wrong = violations.map(
    ({ file, field, value, what, remedy }) =>
      `${onOutput.red("not allowed")}  ${file}: ${field} is ${JSON.stringify(value)}, and ${what}; ${remedy}`,
  );
  const verdict = policies.length === 0 ? [] : [onOutput.green("allowed by every policy")];
  return [
    facts(heads),
    `${onOutput.bold("Leaves this machine")}\n\n${leaving.join("\n\n")}`,
    `${onOutput.bold("Stays here")}\n${never.map((line) => `  ${line}`).join("\n")}`,
    ...(rules.length === 0 ? [] : [`${onOutput.bold("Policies")}\n${rules.join("\n")}`]),
    ...(wrong.length === 0 ? verdict : [wrong.join("\n")]),
  ].join("\n\n");
}

function quietRow({ quiet }: Statement): [string, string][] {
  if (quiet === undefined) return [];
  const until = quiet.changesAt === null ? "for good" : `until ${dateText(Date.parse(quiet.changesAt))} UTC`;
  return [["quiet hours", quiet.isQuiet ? `now, ${until}: the peer is away` : `not now, ${until}`]];
}
