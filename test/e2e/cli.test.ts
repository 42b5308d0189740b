/** The command line, from a table of one's own to predictions: what it writes, what it says, and its exit status. */
import assert from "node:assert/strict";
import { cp, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { nodeCrypto } from "../../node/crypto.ts";
import { openStore } from "../../node/disk/store.ts";
import { fromHex, utf8 } from "../../protocol/base/bytes.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Task } from "../../protocol/base/task.ts";
import { decodeSafetensors, tensorValues } from "../../protocol/codec/safetensors.ts";
import { formatInvite } from "../../protocol/task/invite.ts";
import { encodeTask, parseTask } from "../../protocol/task/manifest.ts";
import { createHostile } from "../support/hostile.ts";
import { createLab, type Finished, jsonLines, type Lab, type PeerProcess } from "../support/process.ts";
import { createOutsider } from "../support/process-outsider.ts";

const FAILURE = 1;
const USAGE = 2;
const NOT_VERIFIED = 3;
const ROWS = 240;
const ESCAPE = String.fromCharCode(27);

/** Two kinds of flower that two measures tell apart. */
function flowers(seed: string): string {
  const rng = createRng(seed);
  const lines = ["petal,sepal,species"];
  for (let i = 0; i < ROWS; i++) {
    const rose = rng.below(2) === 0;
    const [petal, sepal] = rose ? [2, 5] : [5, 1];
    lines.push(
      `${(petal + 0.7 * rng.normal()).toFixed(3)},${(sepal + 0.7 * rng.normal()).toFixed(3)},${rose ? "rose" : "tulip"}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

describe("the command line", () => {
  let lab: Lab;
  let data: string;
  let taskFile: string;
  let anna: PeerProcess;
  let ben: PeerProcess;

  before(async () => {
    lab = await createLab("cli");
    data = await lab.write("flowers.csv", flowers("here"));
    taskFile = lab.path("task.yaml");
  });
  after(() => lab?.close());

  async function readTask(): Promise<Task> {
    return parseTask(parse(await readFile(taskFile, "utf8")));
  }

  const withData = () => ["--data", data, "--label", "species"];

  /** Runs a command that must end with this status; standard error must match. */
  async function ends(status: number, args: readonly string[], message = /(?:)/): Promise<Finished> {
    const finished = await lab.run(args);
    assert.equal(finished.code, status, `${args.join(" ")}\n${finished.stdout}${finished.stderr}`);
    assert.match(finished.stderr, message);
    assert.doesNotMatch(finished.stderr, /\n {4}at /, "a stack trace where a sentence would do");
    return finished;
  }

  describe("init", () => {
    it("takes columns, classes, mean and spread from a table", async () => {
      const args = [
        "init",
        "--template",
        "csv",
        ...withData(),
        "--peers",
        "2",
        "--name",
        "flowers",
        "--output",
        taskFile,
      ];
      const { stdout } = await ends(0, args);
      assert.match(stdout, /hearsay up --task .*task\.yaml --data .*flowers\.csv --label species/);
      const { name, input, output } = await readTask();
      assert.deepEqual([name, input.features], ["flowers", ["petal", "sepal"]]);
      assert.ok(output.kind === "classification");
      const { shares, ...rest } = output;
      assert.deepEqual(rest, { kind: "classification", classes: ["rose", "tulip"], column: "species" });
      assert.ok(shares?.length === 2 && shares.every((share) => Math.abs(share - 0.5) < 0.1), `${shares}`);
      assert.ok(Math.abs((input.mean[0] ?? 0) - 3.5) < 0.5 && Math.abs((input.std[0] ?? 0) - 1.65) < 0.4);
    });

    it("does not overwrite a file unasked, and says how", async () => {
      await ends(USAGE, ["init", "--output", taskFile], /--force.*\[ERR_CONFIG\]/);
      await ends(USAGE, ["init", "--template", "nope", "--output", lab.path("x.yaml")], /digits .*\n.*motes /);
    });

    it("reports every bad row with line and column", async () => {
      const bad = await lab.write("bad.csv", "a,b,label\n1,2,x\nmany,2,y\n3,,x\n4,5\n");
      const args = ["init", "--template", "csv", "--data", bad, "--output", lab.path("x.yaml")];
      const { stderr } = await ends(FAILURE, args, /\[ERR_DATA\]/);
      for (const part of [/line 3, column "a".*many/, /line 4, column "b"/, /line 5: 2 field/]) {
        assert.match(stderr, part);
      }
    });
  });

  describe("wrong usage", () => {
    it("ends with status 2 and names what is wrong", async () => {
      await ends(USAGE, ["bogus"], /bogus/);
      await ends(USAGE, ["up", "--bogus"], /--bogus/);
      await ends(USAGE, ["predict"], /--data/);
      await ends(USAGE, ["join", "not-an-invite", "--state", lab.path("x")], /hearsay:<task id>@/);
      await ends(USAGE, ["demo", "--peers", "2"], /--peers 2/);
      await ends(USAGE, ["up", "--state", lab.path("x"), "--task", taskFile, "--no-mdns"], /--data FILE/);
      await ends(0, ["up", "--help"]);
    });

    it("is told all at once, with path and value", async () => {
      const wrong = ["--min-cycle", "soon", "--engine", "warp", "--share", "9", "--listen", "here", "--holdout", "3"];
      const { stderr } = await ends(USAGE, ["up", "--state", lab.path("x"), "--task", taskFile, ...wrong], /5 fault/);
      for (const part of [
        /minCycleMs.*soon/,
        /engine.*warp/,
        /data\.share.*9/,
        /listen\.0.*here/,
        /data\.holdout.*3/,
      ]) {
        assert.match(stderr, part);
      }
    });

    it("of a state directory without a peer ends with status 1 and says what to do", async () => {
      await ends(FAILURE, ["status", "--state", lab.path("nobody")], /hearsay up.*\[ERR_STATE\]/);
      await ends(FAILURE, ["predict", "--data", data, "--state", lab.path("nobody")], /hearsay join.*\[ERR_STATE\]/);
      await ends(FAILURE, ["export", "--output", lab.path("no/such/file"), "--state", lab.path("nobody")], /ERR_STATE/);
    });
  });

  describe("up and join", () => {
    it("start a network from an invite, with the manifest fetched and verified", async () => {
      anna = lab.startPeer({ name: "anna", task: taskFile, args: withData() });
      await anna.address();
      const invite = /hearsay join '(hearsay:[^']+)'/.exec(anna.stdout())?.[1] ?? "";
      const state = lab.path("ben");
      await ends(USAGE, ["join", invite, "--state", state], /asks before it saves it.*give --yes.*\[ERR_CONFIG\]/);
      await ends(USAGE, ["join", invite.slice(0, -9), "--state", state, "--yes"], /cut short.*\[ERR_INVITE\]/);
      await ends(USAGE, ["join", invite.split("/p2p")[0] as string, "--state", state], /give --yes/);
      await assert.rejects(stat(state), "nothing was saved");
      const joined = await ends(0, ["join", invite, "--state", state, "--json", "--yes"]);
      const { taskId, config } = JSON.parse(joined.stdout) as { taskId: string; config: string };
      assert.ok(invite.startsWith(`hearsay:${taskId}@`));
      assert.deepEqual(new Uint8Array(await readFile(join(state, "task.cbor"))), encodeTask(await readTask()));
      assert.deepEqual(parse(await readFile(config, "utf8")), { bootstrap: [await anna.address()] });
      ben = lab.startPeer({ name: "ben", args: withData() }); // task and bootstrap address stand in the state directory
      await ben.waitFor("merges", ({ counters }) => counters.merges >= 3);
    });

    it("refuse an invite to a task that its peers do not work on", async () => {
      const invite = formatInvite({ task: new Uint8Array(32).fill(9), addresses: [await anna.address()] });
      const { task } = await anna.status();
      const { stderr } = await ends(FAILURE, ["join", invite, "--state", lab.path("y"), "--yes"], /\[ERR_OTHER_TASK\]/);
      assert.ok(stderr.includes(task.id), "the task that the peer works on is named");
      await assert.rejects(stat(lab.path("y")), "nothing is written");
    });

    it("refuse a manifest that was tampered with", async () => {
      const task = await readTask();
      const taskId = nodeCrypto.sha256(encodeTask(task));
      const liar = await createOutsider(lab.path("liar-key"), ["/ip4/127.0.0.1/tcp/0"]);
      try {
        createHostile({ ...liar, task }).prepare({ hash: taskId, body: encodeTask({ ...task, seed: task.seed + 1 }) });
        const invite = formatInvite({ task: taskId, addresses: liar.addresses() });
        await ends(FAILURE, ["join", invite, "--state", lab.path("y"), "--yes"], /\[ERR_MODEL_HASH\]/);
        await assert.rejects(stat(lab.path("y")), "nothing is written");
      } finally {
        await liar.stop();
      }
    });

    it("refuse a state directory that is in use, or of another task", async () => {
      const quiet = ["--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
      await ends(FAILURE, ["up", "--state", ben.stateDir, ...withData(), ...quiet], /another process.*\[ERR_STATE\]/);
      const other = await lab.writeTask("other.yaml", { ...parse(await readFile(taskFile, "utf8")), name: "other" });
      const args = ["up", "--state", ben.stateDir, "--task", other, ...withData(), ...quiet];
      await ends(FAILURE, args, /belongs to task [0-9a-f]{64}.*\[ERR_STATE\]/);
      assert.equal((await ben.status()).neighbours, 1, "the one that runs is not disturbed");
    });
  });

  describe("while the peer runs", () => {
    it("status tells people and programs the same", async () => {
      const json = await ends(0, ["status", "--state", ben.stateDir, "--json"]);
      const { peerId, invite, counters, holdout } = JSON.parse(json.stdout) as Awaited<
        ReturnType<PeerProcess["status"]>
      >;
      assert.ok(counters.merges >= 3 && (holdout?.accuracy ?? 0) > 0.5);
      const text = await ends(0, ["status", "--state", ben.stateDir]);
      for (const part of [peerId, invite]) assert.ok(text.stdout.includes(part), part);
      assert.ok(!json.stdout.includes(ESCAPE) && !text.stdout.includes(ESCAPE), "colours where nobody sees them");
    });

    it("why tells who moved the model of a peer that runs, to people and programs", async () => {
      const { peerId } = await anna.status();
      const json = await ends(0, ["why", "--state", ben.stateDir, "--json"]);
      const { own, peers, merges } = JSON.parse(json.stdout) as {
        own: number;
        peers: { peer: string; share: number }[];
        merges: unknown[];
      };
      assert.deepEqual(
        peers.map(({ peer }) => peer),
        [peerId],
      );
      assert.ok(merges.length >= 3);
      const [first] = peers;
      assert.ok(first !== undefined && Math.abs(own + first.share - 1) < 1e-3, json.stdout);
      const text = await ends(0, ["why", "--state", ben.stateDir]);
      assert.ok(text.stdout.includes(peerId.slice(-8)), text.stdout);
    });

    it("no colour is printed under NO_COLOR", async () => {
      const args = ["log", "show", "--last", "3", "--state", ben.stateDir];
      const coloured = await lab.run(args, { env: { FORCE_COLOR: "1" } });
      const plain = await lab.run(args, { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
      assert.ok(coloured.stdout.includes(ESCAPE), "this terminal would have colours");
      assert.ok(!plain.stdout.includes(ESCAPE) && plain.stdout.includes("publish"), plain.stdout);
    });

    it("predict, eval and export work", () => usesTheModel());

    it("privacy test attacks what the peer serves, what it published, and what its last trainings changed", async () => {
      const quick = ["--shadows", "16", "--steps", "30", "--json"];
      const { stdout } = await ends(0, ["privacy", "test", "--state", ben.stateDir, ...withData(), ...quick]);
      const { trainedOn, models } = JSON.parse(stdout);
      assert.equal(trainedOn, 0.8 * ROWS);
      const tested = models.map(({ model, seen }: { model: string; seen: string }) => `${model}: ${seen}`);
      assert.match(tested.join("; "), /^served: the model; published: the model; published: the last( \d)? updates?$/);
      for (const { attacks } of models) assert.equal(attacks.length, 2);
    });
  });

  async function usesTheModel(): Promise<void> {
    const answers = lab.path("answers.csv");
    await ends(0, ["predict", "--data", data, "--state", ben.stateDir, "--output", answers]);
    const [head, ...rows] = (await readFile(answers, "utf8")).trimEnd().split("\n");
    assert.equal(head, "prediction,probability");
    const truth = flowers("here").trimEnd().split("\n").slice(1);
    assert.equal(rows.length, truth.length);
    const right = rows.filter((row, i) => row.split(",")[0] === truth[i]?.split(",")[2]).length;
    assert.ok(right / ROWS > 0.9, `${right} of ${ROWS} right`);

    const evaluated = await ends(0, ["eval", "--state", ben.stateDir, ...withData(), "--json"]);
    const { numExamples, accuracy } = JSON.parse(evaluated.stdout) as { numExamples: number; accuracy: number };
    assert.equal(numExamples, ROWS);
    assert.ok(accuracy > 0.9, `accuracy ${accuracy}`);

    const model = lab.path("exported.safetensors");
    await ends(0, ["export", "--state", ben.stateDir, "--output", model]);
    const { tensors, metadata } = decodeSafetensors(new Uint8Array(await readFile(model)));
    const task = await readTask();
    assert.deepEqual(
      tensors.map(({ name, shape }) => [name, shape]),
      task.tensors,
    );
    assert.equal(metadata.task, Buffer.from(nodeCrypto.sha256(encodeTask(task))).toString("hex"));
    for (const tensor of tensors) assert.ok(tensorValues(tensor).every(Number.isFinite), tensor.name);
  }

  describe("the log", () => {
    it("is shown, exported and verified, of a peer that runs and of one that ended", async () => {
      const live = await ends(0, ["log", "verify", "--state", ben.stateDir, "--json"]);
      for (const peer of [anna, ben]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
      const dead = await ends(0, ["log", "verify", "--state", ben.stateDir, "--json"]);
      const [before, now] = [live, dead].map(({ stdout }) => JSON.parse(stdout) as { ok: boolean; entries: number });
      assert.ok(before?.ok && now?.ok && now.entries >= before.entries);
      const shown = await ends(0, ["log", "show", "--state", ben.stateDir, "--last", "4", "--json"]);
      assert.equal(jsonLines(shown.stdout).length, 4);
      const table = await ends(0, ["log", "show", "--state", ben.stateDir, "--last", "1000"]);
      for (const type of ["genesis", "train", "publish", "aggregate"]) assert.ok(table.stdout.includes(type), type);
      await ends(0, ["log", "export", "--state", ben.stateDir, "--output", lab.path("log.jsonl")]);
      await ends(0, ["log", "verify", lab.path("log.jsonl")]);
      await ends(0, ["log", "export", "--state", ben.stateDir, "--output", lab.path("log.car"), "--bodies"]);
      await ends(0, ["log", "verify", lab.path("log.car")]);
      await ends(0, ["log", "verify", lab.path("log.jsonl"), lab.path("log.car")]);
    });

    it("that was tampered with ends verification with status 3, and the first bad entry is named", async () => {
      const [header, ...lines] = (await readFile(lab.path("log.jsonl"), "utf8")).trimEnd().split("\n");
      const without = (seq: number) => lines.filter((_, i) => i !== seq);
      const changed = (seq: number, from: RegExp, to: string) =>
        lines.map((line, i) => (i === seq ? line.replace(from, to) : line));
      const swapped = lines.with(6, lines[7] ?? "").with(7, lines[6] ?? "");
      const otherSignature = `"sig":"${Buffer.alloc(64, 3).toString("base64")}"`;
      for (const [seq, tampered] of [
        [5, changed(5, /"ts":\d/, '"ts":9')],
        [3, changed(3, /"sig":"[^"]*"/, otherSignature)],
        [4, without(4)],
        [6, swapped],
        [0, without(0)],
      ] as const) {
        const file = await lab.write("tampered.jsonl", `${[header, ...tampered].join("\n")}\n`);
        const { stdout } = await ends(NOT_VERIFIED, ["log", "verify", file, "--json"]);
        const { ok, entries, firstBad } = JSON.parse(stdout) as {
          ok: boolean;
          entries: number;
          firstBad: { seq: number };
        };
        assert.deepEqual([ok, entries, firstBad.seq], [false, seq, seq]);
      }
      const another = ["log", "verify", lab.path("log.jsonl"), "--peer", (await peerIdIn("anna")) ?? ""];
      const { stdout } = await ends(NOT_VERIFIED, another);
      assert.match(stdout, /another peer/);
    });

    it("that was tampered with in the database is neither verified nor continued", async () => {
      const state = lab.path("forger");
      await cp(ben.stateDir, state, { recursive: true });
      const store = await openStore(join(state, "db"));
      const key = `log/e/${(4).toString(16).padStart(16, "0")}`;
      const signed = await store.get(key);
      assert.ok(signed !== undefined);
      await store.write([{ key, value: signed.with(-1, (signed.at(-1) ?? 0) ^ 1) }]);
      await store.close();
      const { stdout } = await ends(NOT_VERIFIED, ["log", "verify", "--state", state, "--json"]);
      assert.equal((JSON.parse(stdout) as { firstBad: { seq: number } }).firstBad.seq, 4);
      const up = ["up", "--state", state, ...withData(), "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
      await ends(NOT_VERIFIED, up, /entry 4.*\[ERR_LOG_CHAIN\]/);
    });
  });

  async function peerIdIn(name: string): Promise<string | undefined> {
    const { stdout } = await ends(0, ["log", "verify", "--state", lab.path(name), "--json"]);
    return (JSON.parse(stdout) as { peer?: string }).peer;
  }

  describe("after the peer ended", () => {
    it("predict, eval and export work as before", () => usesTheModel());

    it("a damaged key is refused with what to do about it", async () => {
      const state = lab.path("damaged");
      await cp(ben.stateDir, state, { recursive: true });
      await lab.write("damaged/key", fromHex("00".repeat(68)) ?? utf8(""));
      const up = ["up", "--state", state, ...withData(), "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
      await ends(FAILURE, up, /key .*damaged.*backup.*\[ERR_STATE\]/);
    });
  });
});
