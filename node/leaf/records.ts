/**
 * Enrolled leaves (protocol/leaf/) in a state directory: `leaves/<number>.json`, mode 0600, each with its key and the counters of its newest frames. A running peer
 * reads them anew at each frame, so a leaf that is enrolled meanwhile is heard at once.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fromHex, toHex } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { LeafRecord, LeafRecords } from "../../protocol/leaf/leaves.ts";
import { writeWhole } from "../disk/whole-file.ts";
import { makeDirectory, writingTo } from "../disk/write-fault.ts";

/** As it stands in its file, the key as bytes. */
export interface KeptLeaf extends LeafRecord {
  readonly leaf: number;
  readonly name: string;
}

const FOLDER = "leaves";
const KEY_BYTES = 32;
const MOST = 0xffff;

export function leavesPath(stateDir: string): string {
  return join(stateDir, FOLDER);
}

/** Whether a state directory has leaves, sorted by number. @throws HearsayError ERR_STATE where a file is damaged. */
export async function enrolledLeaves(stateDir: string): Promise<readonly KeptLeaf[]> {
  const numbers = await numbersIn(stateDir);
  const kept: KeptLeaf[] = [];
  for (const leaf of numbers) kept.push((await readLeaf(stateDir, leaf)) as KeptLeaf);
  return kept;
}

async function numbersIn(stateDir: string): Promise<number[]> {
  const names = await readdir(leavesPath(stateDir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const numbers = names.flatMap((name) => /^(\d{1,5})\.json$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b);
}

/** A new leaf with the least free number, and a key of its own. @throws HearsayError ERR_STATE where there is no number left. */
export async function enrolLeaf(stateDir: string, name: string): Promise<KeptLeaf> {
  const taken = new Set(await numbersIn(stateDir));
  let leaf = 1;
  while (taken.has(leaf)) leaf++;
  if (leaf > MOST) throw new HearsayError("ERR_STATE", `${stateDir} has ${MOST} leaves: take another state directory`);
  const kept = { leaf, name, key: Uint8Array.from(randomBytes(KEY_BYTES)), heard: 0, told: 0, withheld: 0 };
  await writingTo(leavesPath(stateDir), undefined, async () => {
    await makeDirectory(leavesPath(stateDir), 0o700);
    await writeLeaf(stateDir, kept);
  });
  return kept;
}

/** The records of a running peer. */
export function leafRecords(stateDir: string): LeafRecords {
  return {
    get: (leaf) => readLeaf(stateDir, leaf),
    async count(leaf, counters) {
      const kept = await readLeaf(stateDir, leaf);
      if (kept !== undefined) await writeLeaf(stateDir, { ...kept, ...counters });
    },
    size: async () => (await numbersIn(stateDir)).length,
  };
}

function pathOf(stateDir: string, leaf: number): string {
  return join(leavesPath(stateDir), `${leaf}.json`);
}

async function writeLeaf(stateDir: string, { leaf, key, ...rest }: KeptLeaf): Promise<void> {
  await writeWhole(pathOf(stateDir, leaf), `${JSON.stringify({ ...rest, key: toHex(key) })}\n`, { mode: 0o600 });
}

/** Undefined where there is none. @throws HearsayError ERR_STATE. */
async function readLeaf(stateDir: string, leaf: number): Promise<KeptLeaf | undefined> {
  const path = pathOf(stateDir, leaf);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const record = recordIn(text);
  if (record === undefined)
    throw new HearsayError("ERR_STATE", `${path} is damaged: delete it, and enrol that leaf again`, { path });
  return { leaf, ...record };
}

function recordIn(text: string): Omit<KeptLeaf, "leaf"> | undefined {
  let value: Partial<Record<keyof KeptLeaf, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  const { name, key: hex, heard, told, withheld = 0 } = value ?? {}; // older files have no `withheld`
  const key = typeof hex === "string" ? fromHex(hex) : undefined;
  if (key?.length !== KEY_BYTES || typeof name !== "string") return undefined;
  if (!isCounter(heard) || !isCounter(told) || !isCounter(withheld)) return undefined;
  return { name, key, heard, told, withheld };
}

function isCounter(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}
