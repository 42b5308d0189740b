/** What peers did, from their own logs once they have ended, and how far their models lay apart meanwhile. */
import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../../node/crypto.ts";
import { readModel } from "../../../node/disk/model-file.ts";
import { databasePath } from "../../../node/disk/state-dir.ts";
import { openStore } from "../../../node/disk/store.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { readEntry } from "../../../protocol/log/entry/entry.ts";
import { openStoredExport } from "../../../protocol/log/export/stored-export.ts";
import { storedGenerations } from "../../../protocol/log/stored/records.ts";
import { median, sum } from "../statistics.ts";
import type { Machine } from "./network.ts";

/** Times are those of the wall clock, ms. */
export interface Merge {
  readonly atMs: number;
  /** Hashes of the models that had weight in it. */
  readonly models: readonly string[];
}

export interface Records {
  /** Who published a model, a place in `merges`, and when. */
  readonly published: ReadonlyMap<string, { readonly peer: number; readonly atMs: number }>;
  readonly merges: readonly (readonly Merge[])[];
}

export interface Spread {
  readonly atMs: number;
  readonly spread: number;
}

/** Reads the logs of peers that have ended, all generations. Log entries have whole minutes, so what they tell is dated by what the peers said. */
export async function readRecords(machines: readonly Pick<Machine, "stateDir" | "logFile">[]): Promise<Records> {
  const published = new Map<string, { peer: number; atMs: number }>();
  const merges: Merge[][] = [];
  for (const [peer, { stateDir, logFile }] of machines.entries()) {
    const said = await readSaid(logFile);
    for (const [model, { atMs }] of said) published.set(model, { peer, atMs });
    merges.push(await readMerges(stateDir, said));
  }
  return { published, merges };
}

/** Of each model that a peer published: when, and when it next merged others into it. */
type Said = ReadonlyMap<string, { readonly atMs: number; mergedMs?: number }>;

async function readSaid(logFile: string): Promise<Said> {
  const said = new Map<string, { atMs: number; mergedMs?: number }>();
  let last: { atMs: number; mergedMs?: number } | undefined;
  for (const line of (await readFile(logFile, "utf8")).split("\n")) {
    if (!line.startsWith("{") || !line.endsWith("}")) continue;
    const { kind, time, model } = JSON.parse(line) as { kind?: string; time: number; model: string };
    if (kind === "published") {
      last = said.get(model) ?? { atMs: time }; // whoever was killed trains the same once more
      said.set(model, last);
    }
    if (kind === "merged" && last !== undefined) last.mergedMs ??= time;
  }
  return said;
}

async function readMerges(stateDir: string, said: Said): Promise<Merge[]> {
  const merges: Merge[] = [];
  const store = await openStore(databasePath(stateDir));
  let atMs: number | undefined;
  for (const generation of await storedGenerations(store)) {
    const { entries } = await openStoredExport(store, nodeCrypto, generation);
    for await (const signed of entries()) {
      const { type, body } = readEntry(signed, nodeCrypto);
      if (type === "publish") atMs = said.get(toHex(body.model))?.mergedMs;
      if (type !== "aggregate" || atMs === undefined) continue;
      const models = body.parents.filter(([, , , weight]) => weight > 0).map(([, model]) => toHex(model));
      merges.push({ atMs, models });
    }
  }
  await store.close();
  return merges;
}

/** Seconds from `fromMs` until `peer` has merged a model that one of `others` published after it; undefined where it has not before `untilMs`. */
export function secondsToMerge(
  { published, merges }: Records,
  peer: number,
  others: readonly number[],
  fromMs: number,
  untilMs: number,
): number | undefined {
  const isNew = (model: string) => {
    const origin = published.get(model);
    return origin !== undefined && origin.atMs >= fromMs && others.includes(origin.peer);
  };
  const first = merges[peer]?.find(({ atMs, models }) => atMs >= fromMs && atMs < untilMs && models.some(isNew));
  return first && (first.atMs - fromMs) / 1000;
}

/** How far the models for predictions lie apart: the mean distance to their mean, as a part of its length. */
export async function spreadNow(files: readonly string[], task: Task): Promise<Spread> {
  const models = await Promise.all(files.map(async (file) => (await readModel(file, task)).params));
  const mean = new Float64Array(models[0]?.length ?? 0);
  for (const model of models)
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (model[i] ?? 0) / models.length;
  const distances = models.map((model) => Math.sqrt(sum([...mean].map((value, i) => (value - (model[i] ?? 0)) ** 2))));
  return {
    atMs: Date.now(),
    spread: sum(distances) / models.length / Math.sqrt(sum([...mean].map((value) => value ** 2))),
  };
}

/** What the spread would be without the outage: between what it was before and where it comes to rest, on a straight line of its logarithm; learning lowers it. */
export interface Undisturbed {
  readonly beforeMs: number;
  readonly before: number;
  readonly afterMs: number;
  readonly after: number;
}

function levelAt({ beforeMs, before, afterMs, after }: Undisturbed, atMs: number): number {
  return before * (after / before) ** ((atMs - beforeMs) / (afterMs - beforeMs));
}

/** Samples whose median has to be near: chance lifts single ones. */
const WINDOW = 10;

/** Seconds from `fromMs` until the spread is at most `most` times the undisturbed one, and so is the median of the ten samples that follow. */
export function secondsToAgree(
  spreads: readonly Spread[],
  undisturbed: Undisturbed,
  most: number,
  fromMs: number,
): number | undefined {
  if (undisturbed.after > most * undisturbed.before) return undefined; // it is not at rest again
  const after = spreads.filter(({ atMs }) => atMs >= fromMs);
  const ratios = after.map(({ atMs, spread }) => spread / levelAt(undisturbed, atMs));
  const i = ratios.findIndex((ratio, at) => ratio <= most && median(ratios.slice(at, at + WINDOW)) <= most);
  return i < 0 ? undefined : ((after[i]?.atMs ?? 0) - fromMs) / 1000;
}
