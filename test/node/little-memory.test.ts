import assert from "node:assert/strict";
import { execFile, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pagesFor } from "../../node/engines/model-memory.ts";
import { collectInTime, littleMemoryFlags } from "../../node/little-memory.ts";
import { PAGE } from "../../protocol/base/wasm-module.ts";

interface Told {
  readonly pid: number;
  readonly execArgv: readonly string[];
  readonly arenas?: string;
  readonly ownPagesFrom?: string;
  readonly arguments: readonly string[];
}

const CHILD = fileURLToPath(new URL("./little-memory-child.ts", import.meta.url));
const COMPILED = fileURLToPath(new URL("./compiled-child.ts", import.meta.url));
const GROWING = fileURLToPath(new URL("./growing-memory-child.ts", import.meta.url));
const TRAPS = "--no-disable-wasm-trap-handler";

/** What the child tells once it has started itself again, and the process id that it was started under. */
async function start(
  flags: readonly string[],
  args: readonly string[],
  env = {},
): Promise<Told & { started?: number }> {
  const { MALLOC_ARENA_MAX: _, MALLOC_MMAP_THRESHOLD_: __, ...rest } = process.env;
  const child = spawn(process.execPath, [...flags, CHILD, ...args], { env: { ...rest, ...env }, stdio: "pipe" });
  const told = JSON.parse(await text(child.stdout)) as Told;
  return { ...told, ...(child.pid !== undefined && { started: child.pid }) };
}

describe("a process started again in little memory", { skip: process.execve === undefined && "no execve here" }, () => {
  it("is the same process, with the same arguments, under the flags, one heap of glibc for all threads, and no model in it", async () => {
    const { pid, started, execArgv, arenas, ownPagesFrom, arguments: args } = await start([], ["a", "b c"]);
    assert.equal(pid, started);
    assert.deepEqual(execArgv, littleMemoryFlags());
    assert.deepEqual([arenas, ownPagesFrom], ["1", "8192"]);
    assert.deepEqual(args, ["a", "b c"]);
  });

  it("keeps to what its user has set: flags come after, so that they count, and the environment stays", async () => {
    const { execArgv, arenas } = await start(["--max-semi-space-size=16"], [], { MALLOC_ARENA_MAX: "3" });
    assert.deepEqual(execArgv, [...littleMemoryFlags(), "--max-semi-space-size=16"]);
    assert.equal(arenas, "3");
  });

  it("lets the user have the trap handler back", async () => {
    const { execArgv } = await start([TRAPS], []);
    assert.deepEqual(execArgv, [...littleMemoryFlags(), TRAPS]);
  });

  it("is left alone where its parent talks to it over a channel, which would be lost", async () => {
    const child = fork(CHILD, { execArgv: [] });
    const [told] = (await once(child, "message")) as [Told];
    assert.deepEqual(told.execArgv, []);
    await once(child, "exit");
  });
});

describe("a WebAssembly memory made with little room", () => {
  it("grows beyond it without trap handler: it is copied", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--disable-wasm-trap-handler", GROWING]);
    assert.deepEqual(JSON.parse(stdout), { pages: 3000 });
  });
});

describe("machine code", { skip: process.execve === undefined && "of other versions of V8" }, () => {
  it("is made once of what was called 400 times, and by the last compiler, so that it is all there after minutes; in steps again for TensorFlow.js", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--allow-natives-syntax", COMPILED]);
    assert.deepEqual(JSON.parse(stdout), { once: "turbofan", inSteps: "maglev" });
  });
});

describe("old garbage", () => {
  it("is collected every minute where the flags hold, and nothing is done where they do not", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { gc } = globalThis;
    let times = 0;
    try {
      globalThis.gc = undefined;
      collectInTime();
      globalThis.gc = (async () => times++) as unknown as typeof gc;
      collectInTime();
      t.mock.timers.tick(180_000);
      assert.equal(times, 3);
    } finally {
      globalThis.gc = gc;
    }
  });
});

describe("the memory of large models", () => {
  it("sets 1 GiB of addresses aside, or room for twice the models of the first aggregation, at most 4 GiB", () => {
    const gibibytes = (models: number, length: number) => (pagesFor(2, models, length) * PAGE) / 2 ** 30;
    assert.equal(gibibytes(18, 2 ** 16), 1);
    assert.ok(gibibytes(18, 10_000_000) > (2 * 18 * 40_000_000) / 2 ** 30);
    assert.ok(gibibytes(18, 10_000_000) < 1.4);
    assert.equal(gibibytes(18, 100_000_000), 4);
  });
});
