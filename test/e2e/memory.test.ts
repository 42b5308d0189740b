/**
 * What a peer holds, as a user runs it: bundled, since Node itself holds more where it strips types. The bounds are generous, so that they
 * show a fault and not the day's weather; `npm run bench:memory` measures.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { type Installed, installBundle } from "../support/installed.ts";
import { createLab, type Lab } from "../support/process.ts";
import { memoryOf } from "../support/process-memory.ts";

const TASK = { ...parse(TEMPLATES.digits.yaml), aggregation: { inboxSize: 1, quorum: 1 } };
const DIGITS = ["--dataset", "digits", "--share"];
const MOST_ADDRESSES = 4e9;
const MOST_RESIDENT = 160 * 2 ** 20;
/** Under the preset `tiny`, without pages of files: those of Node's program alone may be 60 MB, and the kernel takes them back where memory is short. */
const MOST_OWN_OF_TINY = 64e6;
const CYCLES = 30;
/** The same in the units of `ulimit -v`, 1024 bytes. */
const ULIMIT_KIB = 4_000_000;

describe("a peer that learns", { skip: process.platform !== "linux" && "reads /proc" }, () => {
  let installed: Installed;
  let lab: Lab;
  let task: string;

  before(async () => {
    installed = await installBundle();
    lab = await createLab("memory", { cli: installed.cli });
    task = await lab.writeTask("task.yaml", TASK);
  });
  after(async () => {
    await lab?.close();
    await installed?.remove();
  });

  it(`sets less than 4 GB of addresses aside, and holds less than 160 MB after ${CYCLES} cycles, as its sibling does`, async () => {
    const first = lab.startPeer({ name: "anna", task, minCycleMs: 100, args: [...DIGITS, "1/2"] });
    const bootstrap = [await first.address()];
    const second = lab.startPeer({ name: "ben", task, minCycleMs: 100, bootstrap, args: [...DIGITS, "2/2"] });
    for (const peer of [first, second]) {
      await peer.waitFor("it has merged and gone on", ({ cycle, counters }) => cycle >= CYCLES && counters.merges > 0);
      const { addresses, resident } = await memoryOf(peer.pid);
      assert.ok(addresses < MOST_ADDRESSES, `${addresses} bytes of addresses`);
      assert.ok(resident < MOST_RESIDENT, `${resident} bytes resident`);
    }
    for (const peer of [first, second]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
  });

  it("holds less than 64 MB of its own under the preset tiny, also when it has been asked", async () => {
    const tiny = ["--preset", "tiny", ...DIGITS];
    const first = lab.startPeer({ name: "emma", task, minCycleMs: 200, args: [...tiny, "1/2"] });
    const bootstrap = [await first.address()];
    const second = lab.startPeer({ name: "finn", task, minCycleMs: 200, bootstrap, args: [...tiny, "2/2"] });
    for (const peer of [first, second]) {
      await peer.waitFor("it has merged and gone on", ({ cycle, counters }) => cycle >= CYCLES && counters.merges > 0);
      const { anonymous, files, resident } = await memoryOf(peer.pid);
      assert.ok(anonymous > 0 && anonymous < MOST_OWN_OF_TINY, `${anonymous} of ${resident} bytes, ${files} of files`);
    }
    for (const peer of [first, second]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
  });

  it("has started itself again under flags that the user did not give, in the process that was started", async () => {
    const peer = lab.startPeer({ name: "cleo", task, args: [...DIGITS, "1/2"] });
    await peer.address();
    const command = (await readFile(`/proc/${peer.pid}/cmdline`, "utf8")).split("\0");
    assert.ok(command.includes("--disable-wasm-trap-handler"), command.join(" "));
    assert.match(await readFile(`/proc/${peer.pid}/environ`, "utf8"), /(^|\0)MALLOC_ARENA_MAX=1\0/);
    assert.deepEqual(await peer.stop(), { code: 0, signal: null });
  });

  it("sets less than 4 GB aside with the engine tensorflow too", async () => {
    const args = [...DIGITS, "1/2", "--engine", "tensorflow"];
    const peer = lab.startPeer({ name: "dora", task, minCycleMs: 100, args });
    const { engine } = await peer.waitFor("it learns", ({ counters }) => counters.published > 1);
    assert.match(engine, /tensorflow/);
    const { addresses } = await memoryOf(peer.pid);
    assert.ok(addresses < MOST_ADDRESSES, `${addresses} bytes of addresses`);
    assert.deepEqual(await peer.stop(), { code: 0, signal: null });
  });

  for (const engine of ["dense", "tensorflow"]) {
    it(`does so where ulimit -v allows 4,000,000 KiB, with the engine ${engine}`, async () => {
      const args = [...DIGITS, "1/2", "--engine", engine];
      const peer = lab.startPeer({ name: engine, task, minCycleMs: 100, args, addressesKiB: ULIMIT_KIB });
      const status = await peer.waitFor("it learns", ({ counters }) => counters.published > 1);
      assert.match(status.engine, new RegExp(engine));
      assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    });
  }
});
