/** Vertical learning between real processes: matched, trained, left, gone on with, asked; and tables that cannot be used. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { createRng } from "../../protocol/base/rng.ts";
import { type BegunProcess, createLab, type Finished, jsonLines, type Lab, until } from "../support/process.ts";
import { trainCentrally } from "../support/vertical.ts";

const VERIFIER = join(import.meta.dirname, "..", "verify_log.py");
const ROWS = 120;
/** Rows that one party has and another has not. */
const MISSING = 5;
const USAGE = 2;
const FAILURE = 1;

const rng = createRng("vertical e2e");
const NAMES = ["a", "b", "c", "d", "e", "f"];
const COLUMNS = NAMES.map(() => Array.from({ length: ROWS }, () => rng.normal()));
const LABELS =
  COLUMNS[0]?.map((_, i) => ((COLUMNS[0]?.[i] ?? 0) + (COLUMNS[3]?.[i] ?? 0) + rng.normal() > 0 ? "yes" : "no")) ?? [];

interface Trained {
  readonly epochs: number;
  readonly weights: Readonly<Record<string, number>>;
}

describe("hearsay vertical", () => {
  let lab: Lab;

  before(async () => {
    lab = await createLab("vertical");
    const table = (name: string, columns: readonly number[], rows: readonly number[], withLabel = false) => {
      const head = ["id", ...columns.map((j) => NAMES[j]), ...(withLabel ? ["label"] : [])];
      const lines = rows.map((i) => [
        `p${i}`,
        ...columns.map((j) => COLUMNS[j]?.[i]),
        ...(withLabel ? [LABELS[i]] : []),
      ]);
      return lab.write(`${name}.csv`, [head, ...lines].map((fields) => `${fields.join(",")}\n`).join(""));
    };
    const all = Array.from({ length: ROWS }, (_, i) => i);
    await table("anna", [0, 1], all.slice(0, -MISSING), true);
    await table("ben", [2, 3], all.slice(MISSING).reverse());
    await table("cleo", [4, 5], all);
  });
  after(() => lab?.close());

  const vertical = (command: string, name: string, ...args: readonly string[]) =>
    lab.begin(["vertical", command, ...args, "--state", lab.path(name), "--json"]);
  const data = (name: string) => ["--data", lab.path(`${name}.csv`), "--id", "id"];
  const well = async (process: BegunProcess): Promise<Finished> => {
    const finished = await process.ended;
    assert.equal(finished.code, 0, finished.stderr);
    return finished;
  };

  /** Offers at the first, joins at the others; the number of shared rows that each tells. */
  async function match(holder: string, members: readonly string[], table = holder): Promise<unknown[]> {
    const parties = String(members.length + 1);
    const listen = ["--label", "label", "--parties", parties, "--listen", "/ip4/127.0.0.1/tcp/0"];
    const offer = vertical("offer", holder, ...data(table), ...listen);
    const invite = await until("the invite", () => jsonLines<{ invite: string }>(offer.stdout())[0]?.invite);
    const joins = members.map((name) => vertical("join", name, invite, "--yes", ...data(name.replace(/\d/, ""))));
    const ended = await Promise.all([offer, ...joins].map(well));
    return ended.map(({ stdout }) => jsonLines(stdout).find(({ shared }) => shared !== undefined)?.shared);
  }

  const trained = ({ stdout }: Finished) =>
    jsonLines<Trained>(stdout).find(({ weights }) => weights !== undefined) as Trained;

  function central(columns: readonly number[], rows: readonly number[]): Map<string, number> {
    const values = columns.map((j) => Float64Array.from(rows, (i) => COLUMNS[j]?.[i] as number));
    const labels = Float64Array.from(rows, (i) => (LABELS[i] === "yes" ? 1 : 0));
    const weights = trainCentrally(values, labels, "logistic", 0.01);
    return new Map(columns.map((j, i) => [NAMES[j] as string, weights[i] as number]));
  }

  function assertCentral(all: readonly Trained[], wanted: ReadonlyMap<string, number>): void {
    const found = Object.assign({}, ...all.map(({ weights }) => weights)) as Record<string, number>;
    assert.deepEqual(Object.keys(found).sort(), [...wanted.keys()].sort());
    for (const [name, weight] of wanted) assert.ok(Math.abs((found[name] as number) - weight) < 1e-3, name);
  }

  it("learns with three parties, of which one is killed mid-way and started again", async () => {
    const names = ["anna", "ben", "cleo"];
    const rows = Array.from({ length: ROWS - 2 * MISSING }, (_, i) => MISSING + i);
    assert.deepEqual(
      await match("anna", ["ben", "cleo"]),
      names.map(() => rows.length),
    );
    const [anna, ben, cleo] = names.map((name) => vertical("train", name)) as [
      BegunProcess,
      BegunProcess,
      BegunProcess,
    ];
    await until("an epoch", () => jsonLines(anna.stdout()).length > 2 || undefined);
    cleo.kill();
    const again = vertical("train", "cleo");
    const ended = await Promise.all([anna, ben, again].map(well));
    assert.match((ended[0] as Finished).stderr, /started again/);
    assertCentral(ended.map(trained), central([0, 1, 2, 3, 4, 5], rows));
  });

  it("learns with two parties, answers for new rows under a key with a passphrase, and logs that it did, without columns", async () => {
    assert.deepEqual(await match("anna2", ["cleo2"], "anna"), [ROWS - MISSING, ROWS - MISSING]);
    const ended = await Promise.all(["anna2", "cleo2"].map((name) => well(vertical("train", name))));
    const rows = Array.from({ length: ROWS - MISSING }, (_, i) => i);
    assertCentral(ended.map(trained), central([0, 1, 4, 5], rows));

    const secret = await lab.write("passphrase", "of anna and nobody else\n");
    const locked = await lab.run(["key", "protect", "--state", lab.path("anna2"), "--passphrase-file", secret]);
    assert.equal(locked.code, 0, locked.stderr);
    const refused = await vertical("predict", "anna2", "--data", lab.path("anna.csv")).ended;
    assert.match(refused.stderr, /passphrase/);
    assert.notEqual(refused.code, 0);
    const unlock = (name: string) => (name === "anna" ? ["--passphrase-file", secret] : []);
    const asked = ["anna", "cleo"].map((name) =>
      well(vertical("predict", `${name}2`, "--data", lab.path(`${name}.csv`), ...unlock(name))),
    );
    const answers = jsonLines<Record<string, number | string>>((await Promise.all(asked))[0]?.stdout ?? "");
    assert.equal(answers.length, rows.length);
    const right = answers.filter((answer) => {
      const row = Number(String(answer.id).slice(1));
      return (answer["probability of yes"] as number) > 0.5 === (LABELS[row] === "yes");
    });
    assert.ok(right.length > 0.6 * rows.length, `${right.length} of ${rows.length}`);

    const { session, path } = jsonLines(ended[0]?.stdout ?? "").find((line) => line.session) ?? {};
    assert.ok(typeof session === "string" && path === undefined);
    const state = lab.path(join("anna2", "vertical", session.slice(0, 16)));
    const file = lab.path("log.jsonl");
    const exported = await lab.run(["log", "export", "--state", state, "-o", file]);
    assert.equal(exported.code, 0, exported.stderr);
    const lines = jsonLines<{ type?: string; body?: unknown }>(await readFile(file, "utf8"));
    assert.deepEqual(lines.at(-1)?.body, { session, parties: 2, rows: 64 });
    assert.match((await promisify(execFile)("python3", [VERIFIER, file])).stdout, /ok|holds/i);
  });

  const bad: readonly (readonly [what: string, args: readonly string[], code: number, message: RegExp])[] = [
    [
      "a column of ids that there is not",
      ["offer", "--data", "anna.csv", "--id", "name", "--label", "label"],
      FAILURE,
      /name/,
    ],
    [
      "an invite that was cut",
      ["join", "hearsay-vertical:77", "--data", "ben.csv", "--id", "id", "--yes"],
      USAGE,
      /cut/,
    ],
    ["to train where there is no session", ["train"], FAILURE, /no such session/],
  ];
  for (const [what, args, code, message] of bad)
    it(`refuses ${what}`, async () => {
      const finished = await lab.run(["vertical", ...args, "--state", lab.path("bad")]);
      assert.match(finished.stderr, message);
      assert.equal(finished.code, code, finished.stderr);
    });
});
