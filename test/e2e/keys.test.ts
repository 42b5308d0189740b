/** Keys in a running network: a backup, a replacement that others accept, the old key refused for ever, a farewell. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { withDatabase } from "../../node/keys/own-log.ts";
import { createLab, type Finished, type Lab, type PeerProcess } from "../support/process.ts";

const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  aggregation: { rule: "median", inboxSize: 2, quorum: 1 },
};

describe("the keys of a network", () => {
  let lab: Lab;
  let task: string;
  let words: string;
  let anna: PeerProcess;
  let ben: PeerProcess;
  let benAddress: string;
  /** Anna's peer ids, one after the other. */
  const annas: string[] = [];

  before(async () => {
    lab = await createLab("keys");
    task = await lab.writeTask("task.yaml", SOURCE);
    words = await lab.write("words.txt", "correct horse battery staple\n");
    ben = startBen([]);
    benAddress = await ben.address();
    anna = startAnna();
    annas.push((await anna.waitFor("a merge", merged)).peerId);
  });
  after(() => lab?.close());

  const merged = ({ counters }: { counters: { merges: number } }) => counters.merges >= 1;

  function startBen(bootstrap: readonly string[]): PeerProcess {
    return lab.startPeer({ name: "ben", task, bootstrap, args: ["--dataset", "digits", "--share", "1/2"] });
  }

  function startAnna(...more: readonly string[]): PeerProcess {
    const args = ["--dataset", "digits", "--share", "2/2", ...more];
    return lab.startPeer({ name: "anna", task, bootstrap: [benAddress], args });
  }

  async function key(...args: readonly string[]): Promise<Record<string, unknown>> {
    const finished: Finished = await lab.run(["key", ...args, "--json"]);
    assert.equal(finished.code, 0, finished.stderr);
    return JSON.parse(finished.stdout) as Record<string, unknown>;
  }

  it("are backed up while the peer runs, and replaced while it does not", async () => {
    const { peerId, seq } = await key(
      "backup",
      lab.path("anna.age"),
      "--state",
      anna.stateDir,
      "--passphrase-file",
      words,
    );
    assert.equal(peerId, annas[0]);
    assert.ok((seq as number) > 0);
    const early = await lab.run(["key", "rotate", "--state", anna.stateDir]);
    assert.equal(early.code, 1);
    assert.match(early.stderr, /a peer runs on .*stop it first/);

    await anna.stop();
    await writeFile(join(anna.stateDir, "config.yaml"), `mdns: false\nbootstrap: ["${benAddress}"]\n`);
    await key("protect", "--state", anna.stateDir, "--passphrase-file", words);
    const rotated = await key("rotate", "--state", anna.stateDir, "--passphrase-file", words);
    assert.equal(rotated.old, annas[0]);
    assert.equal(rotated.told, 1);
    annas.push(rotated.new as string);
    await ben.waitFor("ben bans the old key", ({ accountability }) => accountability?.banned === 1);
  });

  it("once replaced are forgotten, while the new one is as good as any", async () => {
    anna = startAnna("--passphrase-file", words);
    const status = await anna.waitFor("a merge under the new key", merged);
    assert.equal(status.peerId, annas[1]);
    assert.ok(status.age > 0);
    const { merges } = (await ben.status()).counters;
    await ben.waitFor("ben merges what it publishes", ({ counters }) => counters.merges >= merges + 2);
    const parents = (await ben.log()).slice(-12).filter(({ type }) => type === "aggregate");
    assert.ok(parents.length > 0, "aggregates among the last entries");
  });

  it("once revoked, be it from a backup on another machine, are refused by others, also after a restart", async () => {
    const backup = lab.path("anna-2.age");
    await key("backup", backup, "--state", anna.stateDir, "--passphrase-file", words);
    await anna.stop();
    const elsewhere = lab.path("elsewhere");
    await key("restore", backup, "--state", elsewhere, "--passphrase-file", words);
    const invite = /hearsay join '(hearsay:[^']+)'/.exec(ben.stdout())?.[1] ?? "";
    const joined = await lab.run(["join", invite, "--state", elsewhere, "--yes"]);
    assert.equal(joined.code, 0, joined.stderr);
    const revoked = await key("revoke", "--yes", "--state", elsewhere, "--passphrase-file", words);
    assert.deepEqual([revoked.peerId, revoked.told], [annas[1], 1]);
    await ben.waitFor("ben bans it", ({ accountability }) => accountability?.banned === 2);
    await ben.stop();
    for (const peer of annas) {
      const evidence = await withDatabase(ben.stateDir, (store) => store.get(`evidence/${peer}`));
      assert.ok(evidence !== undefined && evidence.length <= 1024);
    }
    ben = startBen([]);
    await ben.waitFor("ben remembers", ({ accountability }) => accountability?.banned === 2);
    benAddress = await ben.address();
  });

  it("stolen from a backup are of no use once they have ended", async () => {
    const state = lab.path("thief");
    await key("restore", lab.path("anna.age"), "--state", state, "--passphrase-file", words);
    const args = ["--dataset", "digits", "--share", "2/2"];
    const thief = lab.startPeer({ name: "thief", task, bootstrap: [benAddress], args });
    const { peerId } = await thief.waitFor("it learns alone", ({ cycle }) => cycle >= 5);
    assert.equal(peerId, annas[0]);
    assert.equal((await thief.status()).counters.merges, 0);
    assert.equal((await ben.status()).counters.merges, 0);
    await thief.stop();
  });
});
