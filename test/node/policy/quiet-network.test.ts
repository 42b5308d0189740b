/** Two real peers, of which one becomes quiet for a while. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type RunningPeer, startPeer } from "../../../node/start.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { sleep, until } from "../../support/process.ts";

const TASK = blobTask({ aggregation: { quorum: 1, inboxSize: 1, rule: "mean" } });

test("in its quiet hours a peer has no neighbour, trains nothing and moves no byte, and afterwards it goes on with whom it knew", async () => {
  const root = await mkdtemp(join(tmpdir(), "hearsay-quiet-"));
  let quiet = false;
  const start = (name: string, bootstrap: readonly string[], isQuiet?: () => boolean) =>
    startPeer({
      ...{ stateDir: join(root, name), task: TASK, train: blobs(60, 1), engine: "dense", minCycleMs: 50 },
      ...{ listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap, mdns: false, maxOutbound: 4, ...(isQuiet && { isQuiet }) },
      ...{ selection: { by: "usefulness", floor: 0.25, perPrefix: 4 } },
    });
  const open: RunningPeer[] = [];
  try {
    const other = await start("other", []);
    open.push(other);
    const peer = await start("peer", other.addresses(), () => quiet);
    open.push(peer);
    const status = () => peer.peer.status();
    await until("they merge", async () => status().counters.merges > 1 || undefined);
    const { peerId } = other.peer.status();
    assert.equal(status().selection?.by, "usefulness");
    assert.match(peer.peer.askingOf?.(peerId)?.words ?? "", /place 1 of 1 by usefulness/, "and it says why it asks");
    assert.deepEqual(status().pauses, []);
    quiet = true;
    assert.deepEqual(
      status().pauses?.map(({ stops }) => stops),
      ["all"],
    );
    await until(
      "it is alone",
      async () => (status().neighbours === 0 && other.peer.status().neighbours === 0) || undefined,
    );
    await sleep(300); // a training that was under way
    const [before, theirs] = [{ ...status(), merges: status().counters.merges }, other.peer.status().cycle];
    await sleep(2_500);
    assert.deepEqual([status().cycle, status().neighbours], [before.cycle, 0]);
    assert.deepEqual([status().bytesIn, status().bytesOut], [before.bytesIn, before.bytesOut]);
    assert.ok(other.peer.status().cycle > theirs + 5, "the other goes on alone");
    quiet = false;
    await until("they merge again", async () => status().counters.merges > before.merges + 1 || undefined);
    quiet = true;
    await until("it is alone again", async () => status().neighbours === 0 || undefined);
    await peer.stop(); // while a training waits
  } finally {
    await Promise.allSettled(open.map((one) => one.stop()));
    await rm(root, { recursive: true });
  }
});
