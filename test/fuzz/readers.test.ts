/**
 * Every reader of other people's files, fed with 20,000 damaged copies of real ones: each gives finite numbers, or ERR_DATA or ERR_DECODE with
 * a message that names the file, and never anything else: no stack, no NaN, no class that the task does not have.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { parseDocument } from "yaml";
import { fillFromData } from "../../node/commands/peer/init-data.ts";
import { type DataTask, loadDataset, loadInputs } from "../../node/data/load.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { packageRoot } from "../../node/disk/package-root.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { countRead, type Damaging, type FileReader } from "./damaged-files.ts";
import { mutate } from "./mutate.ts";

interface Reader extends FileReader {
  /** Damaged files to try; 20,000 in all. */
  readonly runs: number;
  /** What a table is damaged with, beside single bytes. */
  readonly tokens?: readonly string[];
  read(path: string): Promise<Pick<Dataset, "inputs"> & Partial<Dataset>>;
}

const MIN_RUNS = 20_000;
const FIXTURES = join(packageRoot(), "test/fixtures/data");
const SETS = join(packageRoot(), "node/data/sets");
const folder = mkdtempSync(join(tmpdir(), "hearsay-fuzz-"));

const fixture = (name: string): Uint8Array => readFileSync(join(FIXTURES, name));
/** The first lines of a shipped set. */
const head = (name: string, lines: number): string =>
  `${gunzipSync(readFileSync(join(SETS, name)))
    .toString("utf8")
    .split("\n", lines)
    .join("\n")}\n`;

const THREE: DataTask = {
  input: { shape: [3], features: [], mean: [0], std: [1] },
  output: { kind: "classification", classes: ["no", "yes"] },
};
const MOTES: DataTask = {
  input: {
    shape: [2],
    features: ["humidity", "temperature"],
    mean: [46, 27],
    std: [5, 2],
    missing: ["-9999", "empty"],
  },
  output: { kind: "classification", classes: ["normal", "event"] },
};
const GERMAN = "Länge;Höhe (m);Art\r\n1,5;2.000,25;Süß\r\n-3,25;4,75;Müller\r\n5;6;Süß\r\n";
/** Values and marks that files of others have where numbers are expected. */
const TOKENS = [
  "\0",
  "NaN",
  "-9999",
  "1,5",
  "1.234,5",
  "1,234",
  "1e999",
  "",
  '"',
  "\r",
  "\u200b",
  "\ufeff",
  "\u0301",
  "é",
  "−1",
  ";",
  "\t",
  ",",
  "|",
  "\n",
];

/** Filled in again and again: what is left of one file is overwritten. */
const TEMPLATE = parseDocument(TEMPLATES.csv.yaml);

/** One more reader is one more line. */
const READERS: readonly Reader[] = [
  {
    file: "a.csv",
    runs: 6000,
    valid: [text(head("motes.csv.gz", 8))],
    tokens: TOKENS,
    read: async (path) => (await loadDataset({ path, owner: "mote" }, MOTES)).data,
  },
  {
    file: "b.csv.gz",
    runs: 1000,
    valid: [gzipSync(head("motes.csv.gz", 6))],
    read: (path) => loadInputs({ path }, MOTES),
  },
  {
    file: "c.csv",
    runs: 6000,
    valid: [Buffer.from(GERMAN, "latin1"), Buffer.from(`\ufeff${GERMAN}`, "utf16le"), text(GERMAN)],
    tokens: TOKENS,
    read: async (path) => (await fillFromData(TEMPLATE, { path, label: "Art" })).table.data,
  },
  {
    file: "d.npy",
    runs: 3500,
    valid: ["x-f8.npy", "x-i8.npy", "x-f4-big.npy", "x-v2.npy", "x-u1.npy"].map(fixture),
    read: (path) => loadInputs({ path }, THREE),
  },
  {
    file: "e.safetensors",
    runs: 3500,
    valid: [fixture("pypi.safetensors")],
    read: async (path) => (await loadDataset({ path }, THREE)).data,
  },
];

function text(content: string): Uint8Array {
  return Buffer.from(content, "utf8");
}

/** Bytes, or whole tokens: put in, in place of others, or lines in another order. */
function damage(rng: Rng, bytes: Uint8Array, tokens: readonly string[] | undefined): Uint8Array {
  if (tokens === undefined || rng.below(2) === 0) return mutate(rng, bytes);
  const parts = Buffer.from(bytes)
    .toString("latin1")
    .split(/([,;\t\n])/);
  for (let edits = 1 + rng.below(4); edits > 0; edits--) {
    const token = Buffer.from(tokens[rng.below(tokens.length)] as string, rng.below(2) === 0 ? "utf8" : "latin1");
    const at = rng.below(parts.length);
    if (rng.below(4) === 0) parts.splice(at, rng.below(6));
    else parts[at] = rng.below(2) === 0 ? token.toString("latin1") : `${parts[at]}${token.toString("latin1")}`;
  }
  return Buffer.from(parts.join(""), "latin1");
}

/** True where the file was read. @throws where it was neither read nor refused as it should be. */
async function readsOrRefuses({ read }: Reader, path: string): Promise<boolean> {
  try {
    const { inputs, targets = [] } = await read(path);
    for (const values of [inputs, targets]) {
      for (const value of values) assert.ok(Number.isFinite(value), `${value} came out`);
    }
    return true;
  } catch (error) {
    const coded = isHearsayError(error, "ERR_DATA") || isHearsayError(error, "ERR_DECODE");
    if (!coded) throw error;
    assert.ok(error.message.startsWith(path), `the file is not named: ${error.message}`);
    assert.doesNotMatch(error.message, /\n {4}at |(?!\n)\p{Cc}/u, "a stack, or what a terminal would obey");
    return false;
  }
}

describe("a reader gives finite numbers or a coded error for whatever a file holds:", () => {
  after(() => rmSync(folder, { recursive: true }));

  it("20,000 files and more", () => assert.ok(READERS.reduce((sum, { runs }) => sum + runs, 0) >= MIN_RUNS));

  for (const reader of READERS) {
    const { runs } = reader;
    it(`${reader.file}, ${runs} files`, async (context) => {
      const damaging: Damaging = {
        folder,
        seed: "readers",
        runs,
        damage: (rng, bytes) => damage(rng, bytes, reader.tokens),
        readsOrRefuses: (path) => readsOrRefuses(reader, path),
      };
      const accepted = await countRead(reader, damaging, context);
      assert.ok(accepted > 0 && accepted < runs, "some damage does no harm, some is noticed");
    });
  }
});
