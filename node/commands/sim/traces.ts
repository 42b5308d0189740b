/**
 * Traces that a scenario names as files, relative to it: `{ file: churn.csv }`, and the task: `{ file: task.yaml, ...parts that differ }`. Their contents
 * become part of the scenario before it is checked, so that its hash covers them.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { openTable } from "../../data/csv-records.ts";
import { createFaults } from "../../data/faults.ts";
import { readTaskSource } from "../../disk/state-dir.ts";

type Tree = import("../../../sim/compare/sweep-paths.ts").Tree;

/** Where a scenario may name a file, and what reads it. */
const READERS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  "churn.sessions": async (path) => (await csv()).parseSessions(await readText(path), path),
  "churn.contacts": async (path) => (await csv()).parseContacts(await readText(path), path),
  "devices.trainings": async (path) => (await csv()).parsePaces(await readText(path), path),
  "network.topology.links": async (path) => (await csv()).parseLinks(await readText(path), path),
  "network.latency.ms": readMatrix,
};

function csv(): Promise<typeof import("../../../sim/devices/csv.ts")> {
  return import("../../../sim/devices/csv.ts");
}

/** @throws HearsayError ERR_CONFIG for a name that is no text; ERR_DATA with the faults of a file, ERR_TASK of a task. */
export async function inlineFiles(scenario: Tree, folder: string): Promise<Tree> {
  const { valueAt, withValue } = await import("../../../sim/compare/sweep-paths.ts");
  let complete = await withTaskFile(scenario, folder);
  for (const [path, read] of Object.entries(READERS)) {
    const value = valueAt(scenario, path);
    if (typeof value !== "object" || value === null || !("file" in value)) continue;
    if (typeof value.file !== "string")
      throw new HearsayError("ERR_CONFIG", `${path}.file: name a CSV file, relative to the scenario`, { path });
    complete = withValue(complete, path, await read(resolve(folder, value.file)));
  }
  return complete;
}

async function withTaskFile(scenario: Tree, folder: string): Promise<Tree> {
  const { task } = scenario;
  if (typeof task !== "object" || task === null || !("file" in task)) return scenario;
  const { file, ...parts } = task;
  if (typeof file !== "string")
    throw new HearsayError("ERR_CONFIG", "task.file: name a task file, relative to the scenario", { path: "task" });
  const { editedTask } = await import("../../../sim/compare/task-edits.ts");
  const source = await readTaskSource(resolve(folder, file));
  if (typeof source !== "object" || source === null || Array.isArray(source))
    throw new HearsayError("ERR_TASK", `${file} is no task: write one with hearsay init`, { file });
  return { ...scenario, task: editedTask(source as Tree, parts) };
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    return (path.endsWith(".gz") ? await promisify(gunzip)(bytes) : bytes).toString("utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : message;
    throw new HearsayError("ERR_DATA", `${path}: ${why}`, { path }, cause);
  }
}

/** A CSV file of numbers without a header line. */
async function readMatrix(path: string): Promise<number[][]> {
  const rows: number[][] = [];
  const faults = createFaults(path);
  await (await openTable(path, {})).read((fields, line) => {
    const wrong = fields.find((text) => text === "" || !Number.isFinite(Number(text)));
    if (wrong === undefined) rows.push(fields.map(Number));
    else faults.add(`line ${line}: ${JSON.stringify(wrong)} is no number; a matrix has no header line`);
  });
  faults.throwIfAny();
  return rows;
}
