/** What a site's policy forbids, field by field, and that none of it can be lifted. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadPolicies, readPolicy } from "../../../node/policy/load-policy.ts";
import { policyJsonSchema, policySchema } from "../../../node/policy/policy-schema.ts";
import { type Intent, refuseViolations, rowViolations, violationsOf } from "../../../node/policy/restrictions.ts";
import { budgetUnder } from "../../../node/policy/traffic.ts";
import { linkBudgets } from "../../../node/settings/budget.ts";
import { DEFAULTS } from "../../../node/settings/table.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "hearsay-policy-"));
after(() => rmSync(folder, { recursive: true }));

const ID = "3f".repeat(32);

function taskWith(changes: Record<string, unknown> = {}): Task {
  return parseTask({
    ...{ name: "t", input: { shape: [2], features: ["temp", "hum"] }, model: { kind: "softmax" } },
    output: { kind: "classification", classes: ["a", "b"], column: "state" },
    ...changes,
  });
}

/** Fields of the violations of a policy. */
function against(policy: object, intent: Partial<Intent> = {}): string[] {
  const policies = [{ file: "p.yaml", policy: policySchema.parse(policy) }];
  const data = { ...DEFAULTS.data, path: "t.csv" };
  return violationsOf(policies, { task: taskWith(), taskId: ID, data, what: "learn", ...intent }).map(
    ({ field }) => field,
  );
}

test("a policy that says nothing forbids nothing but vertical learning", () => {
  assert.deepEqual(against({}), []);
  assert.equal(policySchema.parse({}).vertical, false);
});

test("tasks: an id that is not listed is refused, to learn, to predict and to look", () => {
  assert.deepEqual(against({ tasks: [ID] }), []);
  for (const what of ["learn", "predict", "look"] as const)
    assert.deepEqual(against({ tasks: ["00".repeat(32)] }, { what }), ["tasks"]);
});

test("data.columns: features, class and owner must all be listed; columns without names are refused", () => {
  const columns = (list: string[], intent: Partial<Intent> = {}) => against({ data: { columns: list } }, intent);
  assert.deepEqual(columns(["temp", "hum", "state"]), []);
  assert.deepEqual(columns(["temp", "hum"]), ["data.columns"]);
  assert.deepEqual(columns(["temp", "hum"], { what: "predict" }), [], "answers need no class");
  const data = { ...DEFAULTS.data, path: "t.csv", owner: "person" };
  assert.deepEqual(columns(["temp", "hum", "state"], { data }), ["data.columns"]);
  assert.deepEqual(columns(["temp", "hum", "state"], { task: taskWith({ input: { shape: [2] } }) }), ["data.columns"]);
  assert.deepEqual(columns(["temp", "hum", "state"], { data: { ...DEFAULTS.data, dataset: "digits" } }), [
    "data.columns",
  ]);
  assert.deepEqual(columns(["temp", "hum", "state"], { isExternal: true }), ["data.columns"]);
});

test("data.minimumRows: fewer are refused once they are counted, and a program that counts its own at once", () => {
  const policies = [{ file: "p.yaml", policy: policySchema.parse({ data: { minimumRows: 100 } }) }];
  assert.deepEqual(rowViolations(policies, 100), []);
  assert.match(rowViolations(policies, 99)[0]?.what as string, /99 rows/);
  assert.deepEqual(against({ data: { minimumRows: 100 } }, { isExternal: true }), ["data.minimumRows"]);
});

test("figures of columns that leave for a task that is yet to be are held as what a peer sends is, but for its id", () => {
  const what = "describe";
  assert.deepEqual(against({ tasks: ["00".repeat(32)] }, { what }), []);
  assert.deepEqual(against({ data: { columns: ["temp"] }, privacy: { mechanisms: ["dp-sgd"] } }, { what }), [
    "data.columns",
    "privacy.mechanisms",
  ]);
});

test("rows that a program has read are held by the names in the task", () => {
  const policies = [{ file: "p.yaml", policy: policySchema.parse({ data: { columns: ["temp", "hum"] } }) }];
  const fields = (task: Task) => violationsOf(policies, { task, taskId: ID, what: "learn" }).map(({ field }) => field);
  const output = { kind: "classification", classes: ["a", "b"] };
  assert.deepEqual(fields(taskWith({ output })), [], "no column of classes is named");
  assert.deepEqual(fields(taskWith()), ["data.columns"]);
});

test("privacy: a mechanism that is listed, and a budget that is no larger, are needed to learn, and not to predict", () => {
  const dp = { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1, maxEpsilon: 8 };
  const task = taskWith({ privacy: dp });
  assert.deepEqual(against({ privacy: { mechanisms: ["dp-sgd"], maxEpsilon: 8 } }, { task }), []);
  assert.deepEqual(against({ privacy: { mechanisms: ["cohort"], maxEpsilon: 4 } }, { task }), [
    "privacy.mechanisms",
    "privacy.maxEpsilon",
  ]);
  const none = { privacy: { mechanisms: ["dp-sgd"], maxEpsilon: 8 } };
  assert.deepEqual(against(none), ["privacy.mechanisms", "privacy.maxEpsilon"]);
  assert.deepEqual(against(none, { what: "predict" }), []);
  const cohort = taskWith({ privacy: { cohort: {} } });
  assert.deepEqual(against({ privacy: { mechanisms: ["cohort"] } }, { task: cohort }), []);
});

test("predict: false forbids answers, and nothing else", () => {
  assert.deepEqual(against({ predict: false }, { what: "predict" }), ["predict"]);
  assert.deepEqual(against({ predict: false }), []);
});

test("traffic.budget: a tighter setting that is enforced stands, and in place of any other the policy's holds", () => {
  const policies = [
    { file: "wide.yaml", policy: policySchema.parse({ traffic: { budget: "50MB/day" } }) },
    { file: "tight.yaml", policy: policySchema.parse({ traffic: { budget: "20MB/day" } }) },
  ];
  const held = (setting: Parameters<typeof linkBudgets>[0]) => budgetUnder(policies, linkBudgets(setting));
  assert.equal(held("10MB/day").imposedBy, undefined);
  assert.equal(held({ lan: "5MB/day", lte: "10MB/day" }).imposedBy, undefined);
  for (const loose of ["about 1MB/day", "unlimited", "30MB/day", "100MB/month", "lan=unlimited,lte=1MB/day"])
    assert.deepEqual([held(loose).imposedBy, held(loose).text], ["tight.yaml", "20MB/day"], loose);
  assert.equal(budgetUnder([], linkBudgets("unlimited")).budgets.length, 0);
});

test("an error names file, field, value and remedy of everything that is forbidden", () => {
  const policies = [{ file: "/etc/p.yaml", policy: policySchema.parse({ tasks: ["00".repeat(32)], predict: false }) }];
  const data = { ...DEFAULTS.data, path: "t.csv" };
  const violations = violationsOf(policies, { task: taskWith(), taskId: ID, data, what: "predict" });
  assert.throws(
    () => refuseViolations(violations),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "ERR_POLICY");
      assert.match(
        error.message,
        /\/etc\/p\.yaml: tasks is \["0+"\], and task t has the id 3f3f.*; join a task that is listed/,
      );
      assert.match(error.message, /\/etc\/p\.yaml: predict is false, and hearsay predict is not allowed; ask/);
      return true;
    },
  );
});

test("all policies hold that are there: of the machine, of the state directory, of the variable, of the flag", async () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const stateDir = join(folder, "state");
  mkdirSync(stateDir);
  const system = write("system.yaml", "predict: false\n");
  writeFileSync(join(stateDir, "policy.yaml"), "data: { minimumRows: 5 }\n");
  const places = {
    stateDir,
    system,
    environment: { HEARSAY_POLICY: write("variable.yaml", "{}\n") },
    named: write("flag.yaml", "predict: true\n"),
  };
  const found = await loadPolicies(places);
  assert.deepEqual(
    found.map(({ file }) => file.replace(`${folder}/`, "")),
    ["system.yaml", "state/policy.yaml", "variable.yaml", "flag.yaml"],
  );
  const intent: Intent = { task: taskWith(), taskId: ID, data: DEFAULTS.data, what: "predict" };
  assert.deepEqual(
    violationsOf(found, intent).map(({ file }) => file),
    [system],
    "predict: true lifts nothing",
  );
  assert.equal((await loadPolicies({ ...places, named: system })).length, 3, "a file under two names holds once");
  assert.deepEqual(await loadPolicies({ stateDir: folder, system: "/nowhere", environment: {} }), []);
  await assert.rejects(loadPolicies({ ...places, named: "gone.yaml" }), {
    code: "ERR_POLICY",
    message: /gone\.yaml: the policy cannot be read/,
  });
});

test("every fault of a wrong policy is told with its field, and the schema has every field", async () => {
  const file = join(folder, "wrong.yaml");
  writeFileSync(
    file,
    "tasks: [abc]\ndata: { minimumRows: 0 }\nprivacy: { mechanisms: [hope] }\ntraffic: { budget: unlimited, quietHours: [25:00-26:00], timeZone: Mars/Base }\npredictt: false\n",
  );
  await assert.rejects(readPolicy(file, true), (error: Error) => {
    for (const part of [
      /tasks\.0/,
      /data\.minimumRows/,
      /privacy\.mechanisms/,
      /traffic\.budget.*leave it out/,
      /quietHours.*write it as/,
      /timeZone.*Europe\/Berlin/,
      /predictt/,
    ])
      assert.match(error.message, part);
    return true;
  });
  const schema = JSON.stringify(policyJsonSchema());
  for (const field of [
    "tasks",
    "minimumRows",
    "columns",
    "mechanisms",
    "maxEpsilon",
    "budget",
    "quietHours",
    "timeZone",
    "predict",
    "vertical",
  ])
    assert.ok(schema.includes(`"${field}"`), field);
});
