/** `hearsay log audit` on real peers: through the network, on a stopped peer's directory, on files, and on a log that lies. */
import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { TEMPLATES } from "../../../../node/data/templates.ts";
import { openStore } from "../../../../node/disk/store.ts";
import { loadOrCreateIdentity } from "../../../../node/keys/keys.ts";
import { openOwnLog } from "../../../../node/keys/own-log.ts";
import { modelAfter } from "../../../../protocol/log/export/exported.ts";
import { type Draft, openLog } from "../../../../protocol/log/stored/chain.ts";
import { entriesIn } from "../../../support/crowd.ts";
import { createLab, type Lab, type PeerProcess } from "../../../support/process.ts";

interface Tally {
  readonly proved: number;
  readonly missing: number;
  readonly refuted: number;
}

/** What tests need of `hearsay log audit --json`. */
interface Audited {
  readonly ok: boolean;
  readonly peer: string;
  readonly entries: number;
  readonly audit: Readonly<Record<"train" | "publish" | "aggregate" | "resume", Tally>>;
  readonly firstLie?: { readonly seq: number; readonly type: string; readonly reason: string };
}

const NAMES = ["anna", "ben", "cleo"] as const;
const SOURCE = { ...parse(TEMPLATES.digits.yaml), aggregation: { rule: "guarded-median", inboxSize: 4, quorum: 1 } };
const MERGES = 6;

describe("hearsay log audit", () => {
  let lab: Lab;
  let anna: PeerProcess;
  let ben: PeerProcess;

  before(async () => {
    lab = await createLab("audit");
    const task = await lab.writeTask("task.yaml", SOURCE);
    const start = (i: number, bootstrap: readonly string[]) =>
      lab.startPeer({
        name: NAMES[i] as string,
        task,
        bootstrap,
        args: ["--dataset", "digits", "--share", `${i + 1}/3`],
      });
    anna = start(0, []);
    const bootstrap = [await anna.address()];
    ben = start(1, bootstrap);
    const cleo = start(2, bootstrap);
    const merged = (peer: PeerProcess) => peer.waitFor("merges", ({ counters }) => counters.merges >= MERGES);
    await Promise.all([anna, ben, cleo].map(merged));
  });
  after(() => lab?.close());

  async function audit(args: readonly string[]): Promise<{ code: number | null; audited: Audited }> {
    const { code, stdout, stderr } = await lab.run(["log", "audit", ...args, "--json"]);
    assert.notEqual(stdout, "", stderr);
    return { code, audited: JSON.parse(stdout) as Audited };
  }

  function assertComplete({ code, audited }: Awaited<ReturnType<typeof audit>>): void {
    assert.deepEqual([code, audited.ok, audited.firstLie], [0, true, undefined], JSON.stringify(audited));
    for (const { missing, refuted } of Object.values(audited.audit)) assert.deepEqual([missing, refuted], [0, 0]);
    assert.ok(audited.audit.aggregate.proved >= MERGES - 1, JSON.stringify(audited)); // the last may follow the newest checkpoint
  }

  it("proves a neighbour's log, fetched over the network with the models that it names", async () => {
    const { peerId } = await ben.status();
    const result = await audit([peerId, "--state", anna.stateDir]);
    assertComplete(result);
    assert.equal(result.audited.peer, peerId);
  });

  it("says why it cannot: no such neighbour, no running peer, no such file", async () => {
    const nobody = "12D3KooWAMYtVRSuTjZ7xV8RLnKAW9tuaXtx6tBUrtwffXozDd8J";
    for (const [what, state, code] of [
      [nobody, anna.stateDir, "ERR_UNREACHABLE"],
      [nobody, lab.path("nowhere"), "ERR_STATE"],
      ["gone.car", anna.stateDir, "there is no gone\\.car: .*ERR_STATE"],
      [lab.path("."), anna.stateDir, "is a folder: name an exported log.*ERR_STATE"],
    ] as const) {
      const { code: status, stderr } = await lab.run(["log", "audit", what, "--state", state]);
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(code));
    }
  });

  it("proves the own log of a running peer, and of one that has stopped, every merge of it", async () => {
    assert.equal((await audit(["--state", anna.stateDir])).audited.firstLie, undefined);
    await ben.stop();
    const result = await audit(["--state", ben.stateDir]);
    assertComplete(result);
    const store = await openStore(join(ben.stateDir, "db"));
    const merges = (await entriesIn(store)).filter(({ type }) => type === "aggregate").length;
    await store.close();
    assert.equal(result.audited.audit.aggregate.proved, merges);
    const { stdout } = await lab.run(["log", "audit", "--state", ben.stateDir]);
    assert.match(
      stdout,
      /\d+ merges and \d+ encodings were done again with the same result, \d+ trainings are claimed/,
    );
    assert.match(stdout, /What no log can prove:\n.*that local training was honest/);
  });

  it("proves an exported file that has the models, away from any peer; without them it says that they are missing", async () => {
    const elsewhere = ["--state", lab.path("elsewhere")];
    const [whole, bare, lines] = ["whole.car", "bare.car", "lines.jsonl"].map((name) => lab.path(name));
    const write = (file = "", ...flags: readonly string[]) =>
      lab.run(["log", "export", "--state", ben.stateDir, "-o", file, ...flags]);
    await write(whole, "--bodies");
    assertComplete(await audit([whole as string, ...elsewhere]));
    await write(bare);
    const { code, audited } = await audit([bare as string, ...elsewhere]);
    assert.deepEqual([code, audited.ok, audited.audit.train.missing], [5, false, 0]);
    assert.equal(audited.audit.aggregate.proved, 0);
    await write(lines);
    assert.match((await lab.run(["log", "audit", lines as string, ...elsewhere])).stderr, /ERR_TASK/);
    assertComplete(await audit([lines as string, "--state", ben.stateDir]));
  });

  it("tells damage of a file behind the entries from a log that does not hold, and a cut file from a cut log", async () => {
    const [whole, damaged, cut] = ["sent.car", "damaged.car", "cut.car"].map((name) => lab.path(name)) as [
      ...[string, string, string],
    ];
    await lab.run(["log", "export", "--state", ben.stateDir, "-o", whole, "--bodies"]);
    const bytes = await readFile(whole);
    await writeFile(damaged, bytes.with(-40, (bytes.at(-40) as number) ^ 1)); // in the last model
    await writeFile(cut, bytes.subarray(0, -40));
    const found = await lab.run(["log", "audit", damaged]);
    assert.equal(found.code, 3);
    assert.match(found.stdout, /^the entries of the log hold; the file is damaged after them\n/);
    assert.match(
      found.stdout,
      /the file +the bytes of a block are not .*nothing against the writer; ask for the file again/,
    );
    const short = await lab.run(["log", "audit", cut]);
    assert.equal(short.code, 5);
    assert.match(short.stdout, /^the entries of the log hold, .*the file goes; its end is missing\n/);
  });

  it("needs a whole log: a redacted export verifies, names no neighbour, and is refused in words", async () => {
    const file = lab.path("shown.jsonl");
    const args = ["log", "export", "--state", ben.stateDir, "--redacted", "-o"];
    assert.equal((await lab.run([...args, file])).code, 0);
    const verified = await lab.run(["log", "verify", file]);
    assert.equal(verified.code, 0, verified.stdout);
    assert.match(verified.stdout, /withheld +what \d+ of them say/);
    const text = await readFile(file, "utf8");
    assert.equal(text.includes("12D3KooW"), false);
    assert.match((await lab.run(["log", "audit", file, "--state", ben.stateDir])).stderr, /this export is redacted/);
    assert.match(
      (await lab.run([...args, lab.path("x.car")])).stderr,
      /--redacted: only JSON lines can leave entries out/,
    );
  });

  it("ends with 5 where its budget does, and says what was left undone", async () => {
    const own = ["log", "audit", "--state", ben.stateDir];
    const few = await lab.run([...own, "--json", "--budget", "entries=5"]);
    const { ok, spent, leftUndone, entries } = JSON.parse(few.stdout);
    assert.deepEqual([few.code, ok, spent, leftUndone], [5, false, "entries", { entries: entries - 5 }]);
    const words = await lab.run([...own, "--budget", "entries=5"]);
    assert.match(words.stdout, /nothing is false in the first 5 entries; the budget ended there/);
    const unread = await lab.run([...own, "--budget", "bytes=1k"]);
    assert.equal(unread.code, 5);
    assert.match(unread.stdout, /the budget of bytes was spent before the log was verified/);
    const wrong = await lab.run([...own, "--budget", "hours=2"]);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /"hours=2" is no part of a budget; say for instance entries=/);
  });

  it("proves what a later generation begins with by the log before, where that is at hand", async () => {
    for (const [name, older, code] of [
      ["again", 0, 0],
      ["older", 5, 5],
    ] as const) {
      const state = lab.path(name);
      await cp(ben.stateDir, state, { recursive: true });
      const { identity } = await loadOrCreateIdentity(join(state, "key"));
      const store = await openStore(join(state, "db"));
      const entries = await entriesIn(store);
      const model = entries.map(modelAfter).findLast((one) => one !== undefined) ?? assert.fail();
      assert.ok(entries[0]?.type === "genesis");
      const log = await openOwnLog(store, identity, entries[0].body.task);
      await log.startGeneration(7);
      await log.append([{ type: "resume", body: { ...model, age: model.age + older } }]);
      await store.close();
      const result = await audit(["--state", state]);
      assert.deepEqual(
        [result.code, result.audited.entries, result.audited.audit.resume.missing],
        [code, 2, code === 0 ? 0 : 1],
      );
      assertComplete(await audit(["--state", state, "--generation", "0"]));
    }
  });

  it("finds an aggregate that lies though its chain and signatures hold", async () => {
    const liar = lab.path("liar");
    await mkdir(liar);
    for (const name of ["key", "task.cbor", "bodies"])
      await cp(join(ben.stateDir, name), join(liar, name), { recursive: true });
    const honest = await openStore(join(ben.stateDir, "db"));
    const entries = await entriesIn(honest);
    await honest.close();
    const merges = entries.filter(({ type }) => type === "aggregate");
    const at = merges[Math.floor(merges.length / 2)]?.seq ?? assert.fail();
    const lies = entries.slice(1).map(({ seq, type, body }): Draft => {
      const draft = { type, body } as Draft;
      if (seq !== at || draft.type !== "aggregate") return draft;
      return { type: "aggregate", body: { ...draft.body, out: draft.body.own } };
    });
    const { identity } = await loadOrCreateIdentity(join(liar, "key"));
    const store = await openStore(join(liar, "db"));
    const [genesis] = entries;
    assert.ok(genesis?.type === "genesis");
    const log = await openLog({
      store,
      identity,
      crypto: nodeCrypto,
      clock: { now: () => Date.now(), monotonicMs: () => Date.now(), after: () => () => {} },
      taskId: genesis.body.task,
      agent: "hearsay-test/1",
    });
    await log.append(lies);
    await store.close();
    assert.equal((await lab.run(["log", "verify", "--state", liar])).code, 0);
    const { code, audited } = await audit(["--state", liar]);
    assert.deepEqual([code, audited.ok, audited.firstLie?.seq, audited.firstLie?.type], [3, false, at, "aggregate"]);
    assert.match(audited.firstLie?.reason ?? "", /re-execution gives another model/);
  });

  it("counts what its retention has given up as missing, and goes on after the gap", async () => {
    const bodies = join(ben.stateDir, "bodies");
    const names = (await readdir(bodies)).sort();
    for (const name of names.slice(0, 3)) await rm(join(bodies, name));
    const { code, audited } = await audit(["--state", ben.stateDir]);
    assert.deepEqual([code, audited.firstLie], [5, undefined]);
    assert.ok(audited.audit.aggregate.missing + audited.audit.publish.missing > 0);
    assert.ok(audited.audit.aggregate.proved > 0);
  });
});
