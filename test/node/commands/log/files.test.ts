/** `hearsay log export`, `show` and `verify` on a state directory whose logs are known, of a peer that does not run, and on files. */
import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../../../../node/disk/store.ts";
import { utf8 } from "../../../../protocol/base/bytes.ts";
import { evidenceKey } from "../../../../protocol/log/entry/evidence.ts";
import { readCar } from "../../../../protocol/log/export/car.ts";
import { openStoredExport } from "../../../../protocol/log/export/stored-export.ts";
import { checkpointSignature } from "../../../../protocol/log/tree/checkpoint.ts";
import { openHeadMemory } from "../../../../protocol/peer/account/heads.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { exportOf, inPieces, jsonlOf } from "../../../protocol/log/export/support.ts";
import { CRYPTO, collect, identity, TASK as LOG_TASK, open, testClock } from "../../../protocol/log/support.ts";
import { blobTask } from "../../../support/blobs.ts";
import { forkedCopies } from "../../../support/forked-copies.ts";
import { FIXTURES } from "../../../support/log-fixtures.ts";
import { createLab, type Finished, jsonLines, type Lab } from "../../../support/process.ts";
import { AS_TRAINED } from "../../../support/publications.ts";

const [FAILED, USAGE, INVALID, FORK, INCOMPLETE] = [1, 2, 3, 4, 5];
const MANIFEST = utf8("the task manifest");
const TASK = CRYPTO.sha256(MANIFEST);
const BODY = utf8("the body of a model");
const LOST = utf8("a body that the archive has forgotten");
const AFTER = new Uint8Array(32).fill(5);

let lab: Lab;

/** Generation 0 of 3 entries, then generation 1 of 4 with an end. */
before(async () => {
  lab = await createLab("log-files");
  await mkdir(lab.path("state/bodies"), { recursive: true });
  await writeFile(lab.path("state/task.cbor"), MANIFEST);
  await writeFile(lab.path(`state/bodies/${Buffer.from(CRYPTO.sha256(BODY)).toString("hex")}`), BODY);
  const store = await openStore(lab.path("state/db"));
  const log = await open({ store, taskId: TASK });
  const publish = (body: Uint8Array) => {
    const model = CRYPTO.sha256(body);
    return { type: "publish", body: { model, age: 10, bytes: body.length, codec: "f32", ...AS_TRAINED } } as const;
  };
  await log.append([publish(BODY), publish(LOST)]);
  await log.startGeneration(1, AFTER);
  await log.append([publish(LOST), publish(BODY)]);
  await log.append([{ type: "end", body: { next: null, proof: null } }]);
  await store.close();
});
after(() => lab?.close());

async function log(status: number, ...args: string[]): Promise<Finished> {
  const finished = await lab.run(["log", ...args]);
  assert.equal(finished.code, status, finished.stdout + finished.stderr);
  return finished;
}

const fixture = (name: string) => fileURLToPath(new URL(name, FIXTURES));
const state = () => ["--state", lab.path("state")];

describe("hearsay log export", () => {
  it("writes the newest generation as JSON lines to standard output, and an earlier one on request", async () => {
    const { stdout } = await log(0, "export", ...state());
    const [header, genesis, ...rest] = jsonLines<{ generation?: number; size?: number; body: { generation?: number } }>(
      stdout,
    );
    assert.deepEqual([header?.generation, header?.size, genesis?.body.generation, rest.length], [1, 4, 1, 3]);
    const earlier = jsonLines((await log(0, "export", ...state(), "--generation", "0")).stdout);
    assert.deepEqual([earlier[0]?.generation, earlier.length], [0, 4]);
    assert.match((await log(FAILED, "export", ...state(), "--generation", "7")).stderr, /no log of generation 7/);
  });

  it("writes a CAR file by its name, with the manifest, and the bodies that are there on request", async () => {
    const blobsOf = async (...args: string[]) => {
      await log(0, "export", ...state(), "--output", lab.path("out.car"), ...args);
      const { blobs } = await readCar(inPieces(await readFile(lab.path("out.car"))), CRYPTO);
      return (await collect(blobs)).map(({ bytes }) => new TextDecoder().decode(bytes));
    };
    assert.deepEqual(await blobsOf(), ["the task manifest"]);
    assert.deepEqual(await blobsOf("--bodies"), ["the task manifest", "the body of a model"]);
    await log(0, "verify", lab.path("out.car"));
  });

  it("refuses a format that it has not, and bodies in lines", async () => {
    assert.match((await log(USAGE, "export", ...state(), "--format", "xml")).stderr, /car and jsonl/);
    assert.match((await log(USAGE, "export", ...state(), "--bodies")).stderr, /only CAR files hold bodies/);
    assert.match((await log(USAGE, "export", ...state(), "--generation", "-1")).stderr, /whole number/);
  });
});

describe("hearsay log show", () => {
  it("refuses a number of entries that is none", async () => {
    for (const none of ["x", "0", "-3", "1.5", ""])
      assert.match(
        (await log(USAGE, "show", ...state(), "--last", none)).stderr,
        /--last .*give a whole number from 1/,
      );
    assert.equal(jsonLines((await log(0, "show", ...state(), "--json", "--last", "2")).stdout).length, 2);
  });

  it("tells generation and end in words", async () => {
    const { stdout } = await log(0, "show", ...state());
    assert.match(stdout, /genesis .*generation 1, after 05050505/);
    assert.match(stdout, /end .*the key ends/);
    const earlier = await log(0, "show", ...state(), "--generation", "0", "--json");
    assert.deepEqual(
      jsonLines(earlier.stdout).map(({ type }) => type),
      ["genesis", "publish", "publish"],
    );
  });
});

describe("hearsay log verify", () => {
  it("needs no state directory for a file, of either format", async () => {
    const args = ["--peer", identity(1).peerId, "--state", lab.path("nowhere"), "--json"];
    for (const name of ["log-whole.jsonl", "log-whole.car"]) {
      const result = JSON.parse((await log(0, "verify", fixture(name), ...args)).stdout);
      const { ok, entries, generation, ended, checkpoint, cosigners } = result;
      assert.deepEqual([ok, entries, generation, ended], [true, 60, 1, true]);
      assert.deepEqual([checkpoint.size, cosigners.length], [56, 2]);
    }
    assert.match((await log(FAILED, "verify", lab.path("nowhere.car"))).stderr, /there is no .*nowhere\.car/);
    assert.match(
      (await log(FAILED, "verify", lab.path("."))).stderr,
      /is a folder: name a file that hearsay log export/,
    );
    await log(FAILED, "verify", "--state", lab.path("nowhere"));
  });

  it("verifies the generations of a state directory", async () => {
    const { ok, entries, generation } = JSON.parse((await log(0, "verify", ...state(), "--json")).stdout);
    assert.deepEqual([ok, entries, generation], [true, 4, 1]);
  });

  it("says who cosigned and what that proves, and where there is no checkpoint that nothing shows a cut", async () => {
    const { stdout } = await log(0, "verify", fixture("log-whole.car"));
    assert.equal(stdout.match(/^cosigned .* by 12D3KooW/gm)?.length, 2);
    assert.match(stdout, /the writer can make keys too/);
    assert.match(
      (await log(0, "verify", fixture("log-v1.jsonl"))).stdout,
      /whether the end was cut off cannot be told/,
    );
  });

  it("exits with 3 for a file of another peer, and for one that was changed", async () => {
    const other = await log(INVALID, "verify", fixture("log-whole.car"), "--peer", identity(2).peerId);
    assert.match(other.stdout, /another peer/);
    const bytes = await readFile(fixture("log-whole.car"));
    await writeFile(lab.path("changed.car"), bytes.with(9000, (bytes[9000] as number) ^ 1));
    assert.match(
      (await log(INVALID, "verify", lab.path("changed.car"))).stdout,
      /the file does not hold: what follows its first \d+ entries/,
    );
  });

  it("exits with 5 for a file that was cut, and for one that is behind a checkpoint from elsewhere", async () => {
    const bytes = await readFile(fixture("log-whole.jsonl"));
    await writeFile(lab.path("cut.jsonl"), bytes.subarray(0, bytes.lastIndexOf(10, bytes.length - 2) + 1));
    const { stdout } = await log(INCOMPLETE, "verify", lab.path("cut.jsonl"));
    assert.match(stdout, /the log is incomplete: its first 59 entries hold, and what follows is missing/);
    const [header, first] = bytes.toString().split("\n");
    await writeFile(lab.path("one.jsonl"), `${header}\n${first}\n`);
    const one = await log(INCOMPLETE, "verify", lab.path("one.jsonl"));
    assert.match(one.stdout, /its first 1 entry holds, and what follows is missing/);
    assert.match(one.stdout, /^entries +1 holds$/m);
    await writeFile(lab.path("note"), await noteOf(fixture("log-fork-a.jsonl")));
    const lines = (await readFile(fixture("log-fork-a.jsonl"), "utf8")).split("\n").slice(1, 6);
    await writeFile(lab.path("old.jsonl"), `${lines.join("\n")}\n`);
    await log(0, "verify", lab.path("old.jsonl"));
    const behind = await log(INCOMPLETE, "verify", lab.path("old.jsonl"), "--checkpoint", lab.path("note"));
    assert.match(behind.stdout, /signed that it had 16 entries/);
  });

  it("takes a checkpoint that is none for a fault of that file, and not of the log", async () => {
    await writeFile(lab.path("none"), "");
    const { stderr } = await log(FAILED, "verify", fixture("log-whole.jsonl"), "--checkpoint", lab.path("none"));
    assert.match(stderr, /--checkpoint .*none: not a checkpoint: .*; the log was not looked at \[ERR_DECODE\]/);
    const missing = await log(FAILED, "verify", fixture("log-whole.jsonl"), "--checkpoint", lab.path("away"));
    assert.match(missing.stderr, /away: --checkpoint takes a checkpoint that its writer signed/);
  });

  it("exits with 4 for a fork: by evidence in the file, by a checkpoint from elsewhere, by two exports", async () => {
    await log(FORK, "verify", fixture("log-evidence.jsonl"));
    await writeFile(lab.path("note"), await noteOf(fixture("log-fork-a.jsonl")));
    await log(0, "verify", fixture("log-fork-a.jsonl"), "--checkpoint", lab.path("note"));
    await log(FORK, "verify", fixture("log-fork-b.car"), "--checkpoint", lab.path("note"));
    const two = [fixture("log-fork-a.jsonl"), fixture("log-fork-b.car")];
    const { stdout } = await log(FORK, "verify", ...two, "--state", lab.path("nowhere"));
    assert.match(stdout, /two entries 8[\s\S]*no peer ever ran on .*nowhere, so nobody was told/);
    const { ok, firstBad, files, passed } = JSON.parse((await log(FORK, "verify", ...two, "--json")).stdout);
    assert.deepEqual([ok, firstBad.seq, firstBad.reason, files.length, passed], [false, 8, "fork", 2, "nobody"]);
  });

  it("holds a file against what its writer announced to the peer of the state directory", async () => {
    await writeFile(lab.path("copy.jsonl"), await jsonlOf(await exportOf(60)));
    const author = identity(1);
    /** Announced to the peer: a state of so many entries, which are those of the file, or others. */
    async function announced(name: string, size: number, root?: Uint8Array): Promise<string[]> {
      const log = await open({ store: (await exportOf(60)).store });
      const state = { logId: log.logId, size, root: root ?? (await log.rootAt(Math.min(size, 60))) };
      const place = { seq: size - 1, entry: AFTER, root: state.root, note: checkpointSignature(state, author) };
      const draft = { task: LOG_TASK, generation: 0, ...place, model: AFTER, bytes: 1, age: 1, tsMs: 0 };
      await mkdir(lab.path(name));
      const store = await openStore(lab.path(`${name}/db`));
      const heads = await openHeadMemory({ store, clock: testClock(), identities: createIdentities() });
      heads.remember(decodeAnnouncement(encodeAnnouncement(draft, author)));
      await store.write(heads.takeChanges());
      await store.close();
      return ["verify", lab.path("copy.jsonl"), "--state", lab.path(name)];
    }
    assert.match((await log(FORK, ...(await announced("other", 30, AFTER)))).stdout, /has signed two histories/);
    await log(0, ...(await announced("same", 30)));
    await log(0, ...(await announced("later", 90, AFTER))); // what came after the copy says nothing of it
  });

  it("keeps a fork that it found for the peer of the state directory, where that does not run", async () => {
    const { author, copies } = await forkedCopies(TASK, 5);
    const files = [lab.path("one.jsonl"), lab.path("other.jsonl")];
    for (const [i, file] of files.entries()) await writeFile(file, copies[i] ?? "");
    await cp(lab.path("state"), lab.path("keeps"), { recursive: true });
    await writeFile(lab.path("keeps/task.cbor"), encodeTask(blobTask({})));
    const keeps = ["--state", lab.path("keeps")];
    assert.match((await log(FORK, "verify", ...files, ...keeps)).stdout, /learns another task: nothing was told/);
    const forked = await forkedCopies(CRYPTO.sha256(encodeTask(blobTask({}))), 5);
    for (const [i, file] of files.entries()) await writeFile(file, forked.copies[i] ?? "");
    assert.match((await log(FORK, "verify", ...files, ...keeps)).stdout, /bans this key from its next start on/);
    assert.match((await log(FORK, "verify", ...files, ...keeps)).stdout, /has evidence against this key already/);
    await writeFile(lab.path("accusing.jsonl"), await forked.accusing());
    const audit = await log(FORK, "audit", lab.path("accusing.jsonl"), ...keeps, "--json");
    assert.equal(JSON.parse(audit.stdout).passed, "known");
    assert.match(
      (await log(FORK, "audit", lab.path("accusing.jsonl"), ...keeps)).stdout,
      /has evidence against this key/,
    );
    const store = await openStore(lab.path("keeps/db"));
    assert.ok((await store.get(evidenceKey(author))) !== undefined);
    await store.close();
  });

  it("finds no fork where one export continues the other", async () => {
    const store = await openStore(lab.path("db"));
    const growing = await open({ store });
    await growing.append([{ type: "resume", body: { params: AFTER, age: 1 } }]);
    await writeFile(lab.path("monday.jsonl"), await jsonlOf(await openStoredExport(store, CRYPTO)));
    await growing.append([{ type: "resume", body: { params: AFTER, age: 2 } }]);
    await writeFile(lab.path("friday.jsonl"), await jsonlOf(await openStoredExport(store, CRYPTO)));
    await store.close();
    await log(0, "verify", lab.path("monday.jsonl"), lab.path("friday.jsonl"));
    await log(0, "verify", lab.path("friday.jsonl"), lab.path("monday.jsonl"));
    const two = await log(USAGE, "verify", lab.path("monday.jsonl"), fixture("log-whole.car"));
    assert.match(two.stderr, /are two logs/);
  });

  it("takes one or two files, and a checkpoint only with them", async () => {
    const file = fixture("log-v1.jsonl");
    await log(USAGE, "verify", file, file, file);
    await log(USAGE, "verify", ...state(), "--checkpoint", file);
    await log(FAILED, "verify", file, "--checkpoint", file); // which says nothing about the log
  });
});

async function noteOf(path: string): Promise<string> {
  const [header = ""] = (await readFile(path, "utf8")).split("\n");
  return (JSON.parse(header) as { checkpoint: string }).checkpoint;
}
