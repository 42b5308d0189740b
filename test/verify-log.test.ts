/** Two verifiers of exported logs, in TypeScript and in Python, written apart: one verdict on every file. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeCrypto } from "../node/crypto.ts";
import { statusOf } from "../node/terminal/fail.ts";
import { createRng, type Rng } from "../protocol/base/rng.ts";
import type { ExportHeader } from "../protocol/log/export/exported.ts";
import { readJsonl, writeJsonl } from "../protocol/log/export/jsonl.ts";
import { redact } from "../protocol/log/export/withheld.ts";
import { mutate } from "./fuzz/mutate.ts";
import { inPieces, verify } from "./protocol/log/export/support.ts";
import { memoized } from "./protocol/log/support.ts";
import { FIXTURES, logFixtures } from "./support/log-fixtures.ts";

const SCRIPT = fileURLToPath(new URL("verify_log.py", import.meta.url));
const noPython = spawnSync("python3", ["--version"]).status === 0 ? false : "python3 is not installed";
const crypto = memoized(nodeCrypto);
const NAMES = [
  "log-v1.jsonl",
  "log-whole.jsonl",
  "log-whole.car",
  "log-fork-a.jsonl",
  "log-fork-b.car",
  "log-evidence.jsonl",
  "log-strangers.jsonl",
  "log-cohort.jsonl",
  "v1/log-whole.jsonl",
  "v1/log-whole.car",
  "v1/log-fork-a.jsonl",
  "v1/log-fork-b.car",
  "v1/log-evidence.jsonl",
  "v1/log-strangers.jsonl",
];

let directory: string;
let fixtures: Map<string, Buffer>;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "hearsay-verify-"));
  fixtures = new Map(
    await Promise.all(NAMES.map(async (name) => [name, await readFile(new URL(name, FIXTURES))] as const)),
  );
});
after(() => rm(directory, { recursive: true }));

/** What Python prints as JSON after `code`, with the verifier imported. */
function python(code: string, ...args: string[]): unknown {
  const script = `import json, sys\nsys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL(".", import.meta.url)))})\n${code}`;
  const options = { encoding: "utf8", maxBuffer: 1e8, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } } as const;
  const { stdout, stderr, status } = spawnSync("python3", ["-c", script, ...args], options);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** Asserts that both say the same of all files; what they say. */
async function verdicts(files: readonly Uint8Array[]): Promise<number[]> {
  const paths = files.map((_, i) => join(directory, String(i)));
  for (const [i, file] of files.entries()) await writeFile(paths[i] as string, file);
  const code =
    "import verify_log\nprint(json.dumps([verify_log.status_of(open(path, 'rb').read()) for path in sys.argv[1:]]))";
  const theirs = python(code, ...paths) as [number, string][];
  const ours: number[] = [];
  for (const [i, file] of files.entries()) {
    const { firstBad } = await verify(file, crypto);
    ours.push(firstBad === undefined ? 0 : statusOf(firstBad.reason));
    assert.equal(theirs[i]?.[0], ours[i], `file ${i}: ${firstBad?.message} / ${theirs[i]?.[1]}`);
  }
  return ours;
}

async function redacted(name: string): Promise<Buffer> {
  const log = await readJsonl(inPieces(fixtures.get(name) as Buffer), crypto);
  async function* entries() {
    for await (const signed of log.entries) yield redact(signed, crypto);
  }
  const pieces: string[] = [];
  for await (const piece of writeJsonl({ ...(log.header as ExportHeader), cosigned: null }, entries(), crypto))
    pieces.push(piece);
  return Buffer.from(pieces.join(""));
}

describe("the exported logs in test/fixtures", () => {
  it("are what this code writes, byte by byte", async () => {
    for (const [name, bytes] of await logFixtures()) assert.ok(fixtures.get(name)?.equals(bytes), name);
  });

  it("have one verdict, in both languages", { skip: noPython }, async () => {
    assert.deepEqual(await verdicts([...fixtures.values()]), [0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 4, 0]);
  });
});

describe("the verifier in Python and ours", { skip: noPython }, () => {
  it("agree on who cosigned, and blame no writer for what strangers wrote below its checkpoint", async () => {
    for (const name of ["log-whole.jsonl", "log-strangers.jsonl"]) {
      const file = fixtures.get(name) as Buffer;
      const { ok, cosigners } = await verify(file, crypto);
      const { cosigned } = JSON.parse(file.toString("utf8").split("\n")[0] as string) as { cosigned: string };
      const theirs = python("from verify_log import *\nprint(json.dumps(cosigners(sys.argv[1])))", cosigned);
      assert.ok(ok);
      assert.deepEqual(theirs, Object.fromEntries(cosigners.map(({ peer, seconds }) => [peer, seconds])));
      assert.equal(cosigners.length, name === "log-whole.jsonl" ? 2 : 1);
    }
  });

  it("agree on redacted exports, whole and damaged", async () => {
    const rng = createRng("verify-log/redacted");
    const files = await Promise.all(["log-whole.jsonl", "log-fork-a.jsonl", "v1/log-whole.jsonl"].map(redacted));
    assert.deepEqual(await verdicts(files), [0, 0, 0]);
    const broken = files.flatMap((file) => Array.from({ length: 30 }, (_, i) => damaged(file, rng, 1 + (i % 3))));
    const found = await verdicts(broken);
    for (const [i, status] of found.entries())
      if (status === 0)
        assert.ok(
          files.some((file) => file.equals(broken[i] as Uint8Array)),
          `file ${i}`,
        );
  });

  it("agree on files that were cut anywhere", async () => {
    const rng = createRng("verify-log/cut");
    const files = NAMES.flatMap((name) => {
      const file = fixtures.get(name) as Buffer;
      return Array.from({ length: 25 }, () => file.subarray(0, rng.below(file.length)));
    });
    const found = await verdicts(files);
    assert.equal(new Set(found.slice(25)).has(0), false, "none of those with a header holds");
    assert.ok(found.filter((status) => status === 5).length > 80);
  });

  it("agree on damaged files, and find each damage", async () => {
    const rng = createRng("verify-log/damage");
    const files = NAMES.flatMap((name) => {
      const file = fixtures.get(name) as Buffer;
      return Array.from({ length: 40 }, (_, i) => damaged(file, rng, i)).filter((bytes) => !file.equals(bytes));
    });
    const found = await verdicts(files);
    assert.ok(files.length > 200);
    for (const [i, status] of found.entries()) {
      if (status !== 0) continue;
      const { cosigners } = await verify(files[i] as Uint8Array, crypto); // damage to a line of a cosigner costs the log that cosigner
      assert.ok(cosigners.length < 2, `file ${i}`);
    }
  });

  it("agree on files that are put together of two, and of lines that are moved about", async () => {
    const lines = (name: string) => (fixtures.get(name) as Buffer).toString("utf8").trimEnd().split("\n");
    const of = (all: readonly (string | undefined)[]) => Buffer.from(`${all.join("\n")}\n`);
    const [whole, fork, evidence] = [lines("log-whole.jsonl"), lines("log-fork-a.jsonl"), lines("log-evidence.jsonl")];
    const claim = JSON.parse(evidence[0] as string) as { evidence: string[] };
    const accused = JSON.stringify({ ...JSON.parse(whole[0] as string), evidence: claim.evidence });
    const other = JSON.stringify({
      ...JSON.parse(fork[0] as string),
      checkpoint: JSON.parse(whole[0] as string).checkpoint,
    });
    const none = JSON.stringify({ ...JSON.parse(whole[0] as string), checkpoint: null, cosigned: null });
    const files = [
      of(whole.slice(1)),
      of([whole[0], ...fork.slice(1)]),
      of([...whole, whole.at(-1)]),
      of(whole.with(5, whole[6] as string).with(6, whole[5] as string)),
      of(whole.toSpliced(9, 1)),
      of(whole.slice(0, -1)),
      of([accused, ...whole.slice(1)]),
      of([other, ...fork.slice(1)]),
      of([none, ...whole.slice(1)]),
      of(evidence.slice(0, -1)),
      Buffer.concat([fixtures.get("log-fork-b.car") as Buffer, fixtures.get("log-fork-b.car") as Buffer]),
    ];
    assert.deepEqual(await verdicts(files), [0, 3, 3, 3, 3, 5, 4, 3, 0, 4, 3]);
  });

  it("agree that a checkpoint of another history is a fork", async () => {
    const [header, ...lines] = (fixtures.get("log-fork-a.jsonl") as Buffer).toString("utf8").trimEnd().split("\n");
    const car = (fixtures.get("log-fork-b.car") as Buffer).toString("latin1");
    const at = car.indexOf("hearsay-log/");
    const note = Buffer.from(car.slice(at, car.indexOf("=\n", car.indexOf("\n\n", at)) + 2), "latin1").toString("utf8");
    const changed = JSON.stringify({ ...JSON.parse(header as string), checkpoint: note });
    assert.deepEqual(await verdicts([Buffer.from(`${[changed, ...lines].join("\n")}\n`)]), [4]);
  });

  it("exit with the same status on the command line", () => {
    const run = (...args: string[]) => spawnSync("python3", [SCRIPT, ...args], { encoding: "utf8" });
    const path = (name: string) => fileURLToPath(new URL(name, FIXTURES));
    assert.equal(run(path("log-whole.car")).status, 0);
    assert.match(run(path("log-v1.jsonl")).stdout, /no checkpoint: whether the end was cut off cannot be told/);
    assert.equal(run(path("log-evidence.jsonl")).status, 4);
    assert.equal(run(join(directory, "nowhere")).status, 1);
    assert.equal(run().status, 2);
  });
});

/** One of: a flipped bit, a mutation, a byte more, a byte less. */
function damaged(file: Buffer, rng: Rng, kind: number): Uint8Array {
  const at = rng.below(file.length);
  if (kind % 4 === 0) return mutate(rng, file);
  if (kind % 4 === 1) return Buffer.concat([file.subarray(0, at), Buffer.of(rng.below(256)), file.subarray(at)]);
  if (kind % 4 === 2) return Buffer.concat([file.subarray(0, at), file.subarray(at + 1)]);
  return file.with(at, (file[at] as number) ^ (1 << rng.below(8)));
}
