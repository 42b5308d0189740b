/**
 * `hearsay sim recipe`: what a network brings each site of a real task: data, task and scenario of a folder of sim/recipes, run as one sweep. For a checkout,
 * called at its top; `npm run recipe -- NAME` is short for it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { printJson, table } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { cellsIn, RESULTS, stoppedSweep } from "./report-sweeps.ts";
import { run as runSweep } from "./sweep.ts";

interface RecipeOptions {
  readonly python: string;
  readonly write?: boolean;
  readonly workers?: string;
  readonly json?: boolean;
}

type Section = import("../../../sim/paper/section.ts").Section;

const FOLDER = "sim/recipes";
const PAGE = join(FOLDER, "README.md");
const ALL = "all";

export async function run(name: string, options: RecipeOptions): Promise<void> {
  const there = recipes();
  const names = name === ALL ? there : [name];
  if (!there.includes(names[0] ?? "")) {
    const found = there.length === 0 ? "call this at the top of a checkout" : `give one of ${there.join(", ")}, or all`;
    throw new HearsayError("ERR_CONFIG", `there is no recipe "${name}" in ${FOLDER}: ${found}`);
  }
  const tables: Record<string, unknown>[] = [];
  for (const one of names) {
    const startedMs = performance.now();
    const section = await cook(one, options);
    if (section === undefined) return;
    tell(`${one}: ${Math.ceil((performance.now() - startedMs) / 1000)} s with its data\n`);
    await show(section, options);
    if (options.write) await writeSection(one, section);
    tables.push({ recipe: one, head: section.table.head, rows: section.table.rows, verdict: section.notes });
  }
  if (options.json) printJson({ recipes: tables });
}

function recipes(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => existsSync(join(FOLDER, name, "recipe.yaml")))
    .sort();
}

/** Undefined where the user stopped it. */
async function cook(name: string, { python, workers }: RecipeOptions): Promise<Section | undefined> {
  const { recipeSection } = await import("../../../sim/paper/recipe.ts");
  const [file, directory] = [join(FOLDER, name, "recipe.yaml"), join(RESULTS, "recipes", name)];
  await makeData(join(FOLDER, name, "data.py"), directory, python);
  tell(`${file}\n`);
  const runs = join(directory, "runs");
  await runSweep(file, { out: runs, quiet: true, ...(workers !== undefined && { workers }) });
  return stoppedSweep() ? undefined : recipeSection(await cellsIn(file, runs), name);
}

/** `data.csv` in the directory, whole or not there. @throws HearsayError ERR_DATA where the script fails. */
async function makeData(script: string, directory: string, python: string): Promise<void> {
  const path = join(directory, "data.csv");
  if (existsSync(path)) return;
  await mkdir(directory, { recursive: true });
  tell(`${script} > ${path}\n`);
  const part = `${path}.part`;
  const output = await open(part, "w");
  try {
    const child = spawn(python, [script], { stdio: ["ignore", output.fd, "inherit"] });
    const [status] = await once(child, "exit");
    if (status === 0) return await rename(part, path);
    const remedy =
      "install what it names at its head (a virtual environment does: --python venv/bin/python), and call this again";
    throw new HearsayError("ERR_DATA", `${python} ${script} ended with status ${status}: ${remedy}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new HearsayError("ERR_DATA", `--python ${python}: there is no such program; name a Python 3`, {
      cause: error,
    });
  } finally {
    await output.close();
    await rm(part, { force: true });
  }
}

async function show({ title, table: { head, rows }, notes }: Section, { json }: RecipeOptions): Promise<void> {
  if (json) return;
  const { withoutMarkup } = await import("../../../sim/paper/markdown.ts");
  print(
    `${title}\n${table(
      head,
      rows.map((row) => row.map(withoutMarkup)),
    )}\n${notes}\n`,
  );
}

async function writeSection(name: string, section: Section): Promise<void> {
  const { replaceSection } = await import("../../../sim/paper/markdown.ts");
  const { sectionText } = await import("../../../sim/paper/section.ts");
  await writeOutput(PAGE, replaceSection(await readFile(PAGE, "utf8"), name, sectionText(section, "plots")), undefined);
}
