import assert from "node:assert/strict";
import { type ChildProcessByStdio, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

type Child = ChildProcessByStdio<null, Readable, Readable>;

const CHILD = fileURLToPath(new URL("./stop-signals-child.ts", import.meta.url));
const { _, ...ENV } = process.env;
const hasBash = spawnSync("bash", ["-c", "type nohup"]).status === 0;

describe("signals that ask a process to end", { skip: process.platform === "win32" }, () => {
  const children = new Set<Child>();
  after(() => {
    for (const child of children) child.kill("SIGKILL");
  });

  interface Started {
    readonly child: Child;
    readonly ended: Promise<unknown[]>;
    /** The next line, or undefined where none comes within `ms`. */
    line(ms?: number): Promise<string | undefined>;
  }

  async function start(
    command: string[],
    env: NodeJS.ProcessEnv = {},
    input: "ignore" | number = "ignore",
  ): Promise<Started> {
    const [file = "", ...args] = command;
    const options = { stdio: [input, "pipe", "pipe"], env: { ...ENV, ...env } } satisfies SpawnOptions;
    const child = spawn(file, args, options) as Child;
    children.add(child);
    const ended = once(child, "close");
    const line = async (ms = 60_000) => {
      const data = once(child.stdout, "data").then(([text]) => String(text).trim());
      return Promise.race([data, sleep(ms, undefined, { ref: false })]);
    };
    assert.equal(await line(), "ready");
    return { child, ended, line };
  }

  it("are SIGINT, SIGTERM and SIGHUP; a second one ends it at once, with a word", async () => {
    for (const [signal, status] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const) {
      const { child, ended, line } = await start([process.execPath, CHILD]);
      child.kill(signal);
      assert.equal(await line(), `asked by ${signal}`);
      const word = once(child.stderr, "data");
      await sleep(400); // what comes sooner is the same wish
      child.kill(signal);
      assert.match(String((await word)[0]), new RegExp(`ended at once, on a second ${signal}`));
      assert.deepEqual(await ended, [status, null]);
    }
  });

  it("that come twice at once, as npm passes them on, are one", async () => {
    const { child, ended, line } = await start([process.execPath, CHILD]);
    child.kill("SIGINT");
    assert.equal(await line(), "asked by SIGINT");
    child.kill("SIGINT");
    assert.equal(await Promise.race([ended, sleep(200)]), undefined);
    child.kill("SIGKILL");
    await ended;
  });

  /** SIGHUP has no effect, and SIGTERM its usual one. */
  async function outlivesTerminal({ child, ended, line }: Started): Promise<void> {
    child.kill("SIGHUP");
    assert.equal(await line(200), undefined);
    child.kill("SIGTERM");
    assert.equal(await line(), "asked by SIGTERM");
    child.kill("SIGKILL");
    await ended;
  }

  it("do not include SIGHUP under nohup", { skip: !hasBash }, async () => {
    await outlivesTerminal(await start(["bash", "-c", `nohup '${process.execPath}' '${CHILD}'`], { _: "" }));
    await outlivesTerminal(await start([process.execPath, CHILD], { _: "/usr/bin/nohup" }));
  });

  it("do not include SIGHUP where standard input is what nohup makes of a terminal", async () => {
    const input = openSync("/dev/null", constants.O_WRONLY);
    await outlivesTerminal(await start([process.execPath, CHILD], {}, input));
    closeSync(input);
  });

  it("do not include SIGHUP where its parent ignores it", { skip: process.platform !== "linux" }, async () => {
    const script = `trap '' HUP; '${process.execPath}' '${CHILD}' & trap 'kill -KILL $!' TERM; echo $!; wait`;
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"], env: ENV });
    const ended = once(child, "close");
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    while (!text.includes("ready")) await sleep(20);
    const pid = Number(/^\d+$/m.exec(text)?.[0]);
    process.kill(pid, "SIGHUP");
    await sleep(200);
    process.kill(pid, "SIGTERM");
    while (!text.includes("asked by")) await sleep(20);
    process.kill(pid, "SIGKILL");
    await ended;
    assert.match(text, /asked by SIGTERM/);
  });
});
