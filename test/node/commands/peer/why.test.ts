/** `hearsay why` on a state directory whose history is known, of a peer that does not run. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../../../node/disk/store.ts";
import { rememberMerge } from "../../../../protocol/peer/memory/history.ts";
import { identityOf } from "../../../support/crowd.ts";
import { createLab, type Finished, type Lab } from "../../../support/process.ts";

const FAILURE = 1;
const USAGE = 2;
const MERGES = 40;
const [anna, ben, carl] = [identityOf(1), identityOf(2), identityOf(3)];

let lab: Lab;

before(async () => {
  lab = await createLab("why");
  await mkdir(lab.path("state"), { recursive: true });
  const store = await openStore(lab.path("state/db"));
  for (let cycle = 1; cycle <= MERGES; cycle++) {
    const parents = [
      { publicKey: anna.publicKey, status: "used", influence: 0.5, distance: 1 },
      { publicKey: ben.publicKey, status: "clipped", influence: cycle > 20 ? 0.2 : 0, distance: 1 },
      { publicKey: carl.publicKey, status: "removed", influence: 0, distance: 3, removedBy: "nna" },
    ] as const;
    await store.write([rememberMerge({ cycle, tsMs: 1000 * cycle, rule: "nna", parents })]);
  }
  await store.close();
});
after(() => lab?.close());

async function why(status: number, ...args: string[]): Promise<Finished> {
  const finished = await lab.run(["why", "--state", lab.path("state"), ...args]);
  assert.equal(finished.code, status, finished.stdout + finished.stderr);
  return finished;
}

describe("hearsay why", () => {
  it("shows who moved the model, the most first, and who was left out by whom", async () => {
    const { stdout } = await why(0);
    const lines = stdout.split("\n");
    const at = ["own model", ...[anna, ben, carl].map(({ peerId }) => peerId.slice(-8))].map((name) =>
      lines.findIndex((line) => line.includes(name)),
    );
    assert.deepEqual(
      at.toSorted((a, b) => a - b),
      at,
    );
    const [, first = "", second = "", third = ""] = at.map((i) => lines[i]);
    assert.match(first, /50\.0 %.*██.*│ 40 +│ 50\.0 % +│ 1\.00/);
    assert.match(second, /│ +█+ +│.*100\.0 %/, "nothing at first, as much as ever at the end");
    assert.match(third, /3\.00.*100\.0 % nna/);
    assert.match(stdout, /40 merges, cycles 1 to 40/);
  });

  it("tells of one peer merge by merge, named by the end of its id", async () => {
    const { stdout } = await why(0, "--peer", carl.peerId.slice(-8), "--last", "3");
    assert.ok(stdout.startsWith(carl.peerId));
    assert.equal(stdout.match(/removed by nna/g)?.length, 3);
    assert.match(stdout, /│ 38 +│ 1970-01-01 00:00:38/);
    assert.doesNotMatch(stdout, /│ 37 /);
  });

  it("gives programs all of it", async () => {
    const { own, peers, merges } = JSON.parse((await why(0, "--json")).stdout);
    assert.equal(merges.length, MERGES);
    assert.deepEqual(
      peers.map(({ peer }: { peer: string }) => peer),
      [anna, ben, carl].map(({ peerId }) => peerId),
    );
    assert.ok(own > 0.3 && own < 0.5);
    const one = JSON.parse((await why(0, "--json", "--peer", ben.peerId)).stdout);
    assert.deepEqual(one.merges[0], {
      cycle: 1,
      tsMs: 1000,
      rule: "nna",
      peer: ben.peerId,
      status: "clipped",
      influence: 0,
      distance: 1,
    });
  });

  it("refuses a peer that nobody merged, and a directory without a peer", async () => {
    assert.match((await why(USAGE, "--peer", "nobody")).stderr, /hearsay why names all.*\[ERR_CONFIG\]/);
    assert.match((await why(USAGE, "--peer", "")).stderr, /3 peers end with/);
    assert.match((await why(USAGE, "--last", "x")).stderr, /--last x: give a whole number from 1/);
    assert.match((await why(FAILURE, "--state", lab.path("empty"))).stderr, /\[ERR_STATE\]/);
  });
});
