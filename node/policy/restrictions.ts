/** What policies forbid: one restriction for each field, held against a task and the settings of a peer before any data are read. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Task } from "../../protocol/base/task.ts";
import { normalised } from "../data/names.ts";
import type { DataConfig } from "../settings/table.ts";
import type { LoadedPolicy } from "./load-policy.ts";
import type { Policy } from "./policy-schema.ts";

/** What somebody wants to do. */
export interface Intent {
  readonly task: Task;
  readonly taskId: string;
  /** Left out where a program has read the rows itself. */
  readonly data?: DataConfig;
  /**
   * `learn`: a peer that learns. `describe`: figures of columns leave, for a task that is yet to be. `predict`: rows in, answers out. `look`: examples are
   * read, and nothing leaves the machine.
   */
  readonly what: "learn" | "describe" | "predict" | "look";
  /** A program of the owner's has the data, and no field about data can be held against it. */
  readonly isExternal?: boolean;
}

export interface Violation {
  readonly file: string;
  /** As `privacy.maxEpsilon`. */
  readonly field: string;
  /** What it allows. */
  readonly value: unknown;
  readonly what: string;
  readonly remedy: string;
}

type Found = Omit<Violation, "file" | "value">;

/** A field, and what is wrong with an intent under its value. */
interface Restriction {
  readonly field: string;
  valueIn(policy: Policy): unknown;
  /** Undefined where all is well. */
  against(policy: Policy, intent: Intent): Pick<Found, "what" | "remedy"> | undefined;
}

const RESTRICTIONS: readonly Restriction[] = [
  {
    field: "tasks",
    valueIn: ({ tasks }) => tasks,
    against: ({ tasks }, { task, taskId, what }) =>
      tasks === undefined || what === "describe" || tasks.includes(taskId)
        ? undefined
        : {
            what: `task ${task.name} has the id ${taskId}`,
            remedy: "join a task that is listed, or have its id added",
          },
  },
  { field: "data.columns", valueIn: ({ data }) => data?.columns, against: columnsAgainst },
  { field: "data.minimumRows", valueIn: ({ data }) => data?.minimumRows, against: rowsAgainst },
  { field: "privacy.mechanisms", valueIn: ({ privacy }) => privacy?.mechanisms, against: mechanismAgainst },
  { field: "privacy.maxEpsilon", valueIn: ({ privacy }) => privacy?.maxEpsilon, against: epsilonAgainst },
  {
    field: "predict",
    valueIn: ({ predict }) => predict,
    against: ({ predict }, { what }) =>
      what === "predict" && predict === false
        ? { what: "hearsay predict is not allowed", remedy: "ask whoever wrote the policy" }
        : undefined,
  },
];

/** What each policy says to it; none where it is allowed. */
export function violationsOf(policies: readonly LoadedPolicy[], intent: Intent): Violation[] {
  return policies.flatMap(({ file, policy }) =>
    RESTRICTIONS.flatMap(({ field, valueIn, against }) => {
      const found = against(policy, intent);
      return found === undefined ? [] : [{ file, field, value: valueIn(policy), ...found }];
    }),
  );
}

/** @throws HearsayError ERR_POLICY naming file, field, value and remedy of each (`details.violations`). */
export function refuseViolations(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const lines = violations.map(
    ({ file, field, value, what, remedy }) => `  ${file}: ${field} is ${JSON.stringify(value)}, and ${what}; ${remedy}`,
  );
  throw new HearsayError("ERR_POLICY", `the policy of this site does not allow it:\n${lines.join("\n")}`, {
    violations,
  });
}

/** Of the rows that are read, to be trained on. */
export function rowViolations(policies: readonly LoadedPolicy[], rows: number): Violation[] {
  return policies.flatMap(({ file, policy: { data } }): Violation[] => {
    const least = data?.minimumRows;
    if (least === undefined || rows >= least) return [];
    const what = `there are ${rows} rows to train on`;
    return [
      { file, field: "data.minimumRows", value: least, what, remedy: "collect more, or hold fewer out (--holdout)" },
    ];
  });
}

function columnsAgainst(
  { data }: Policy,
  { task, data: config, what, isExternal }: Intent,
): Pick<Found, "what" | "remedy"> | undefined {
  const allowed = data?.columns;
  if (allowed === undefined) return undefined;
  if (isExternal) return { what: "a program of yours reads its own data", remedy: REMEDY_EXTERNAL };
  if (config?.dataset !== undefined && config.path === undefined)
    return { what: `the shipped set ${config.dataset} has other columns`, remedy: "use a table of your own (--data)" };
  const { features } = task.input;
  if (features.length === 0)
    return {
      what: "the task reads columns by their places, and names none",
      remedy: "list them in input.features of the task",
    };
  const columns = [
    ...features,
    ...(what === "predict" ? [] : labelsOf(task, config)),
    ...(config?.owner === undefined ? [] : [config.owner]),
  ];
  const others = columns.filter((name) => !allowed.includes(name));
  if (others.length === 0) return undefined;
  return {
    what: `the task or --owner uses ${others.map((name) => JSON.stringify(name)).join(", ")}`,
    remedy: "take a task without these, or have them added",
  };
}

const REMEDY_EXTERNAL = "learn with an engine of Hearsay's, or have the field left out for this machine";

function labelsOf({ output }: Task, config: DataConfig | undefined): string[] {
  if (output.kind === "regression") return output.targets.map(normalised);
  const usual = config === undefined ? [] : ["label"];
  const named = config?.label ?? output.column;
  return named === undefined ? usual : [named];
}

/** Whether something that was made of the rows leaves the machine. */
const leaves = (what: Intent["what"]) => what === "learn" || what === "describe";

/** Rows are counted once they are read (`rowViolations`). */
function rowsAgainst({ data }: Policy, { isExternal }: Intent): Pick<Found, "what" | "remedy"> | undefined {
  if (data?.minimumRows === undefined || isExternal !== true) return undefined;
  return { what: "a program of yours counts its own rows", remedy: REMEDY_EXTERNAL };
}

function mechanismAgainst({ privacy }: Policy, { task, what }: Intent): Pick<Found, "what" | "remedy"> | undefined {
  const wanted = privacy?.mechanisms;
  if (wanted === undefined || !leaves(what)) return undefined;
  const has = [task.privacy?.mechanism, task.privacy?.cohort && "cohort"].filter((one) => one !== undefined);
  if (wanted.some((one) => has.includes(one))) return undefined;
  return {
    what: `the task has ${has.length === 0 ? "none" : has.join(" and ")}`,
    remedy: "take a task that has one of these (hearsay init --private)",
  };
}

function epsilonAgainst({ privacy }: Policy, { task, what }: Intent): Pick<Found, "what" | "remedy"> | undefined {
  const most = privacy?.maxEpsilon;
  if (most === undefined || !leaves(what)) return undefined;
  const has = task.privacy?.maxEpsilon;
  if (has !== undefined && has <= most) return undefined;
  const budget = has === undefined ? "no privacy budget" : `a privacy budget of epsilon ${has}`;
  return { what: `the task has ${budget}`, remedy: `take a task with privacy.maxEpsilon of at most ${most}` };
}
