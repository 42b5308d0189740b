/** Commands that are ended while they begin: at once, and nothing is left half done. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { bundledCli } from "../support/bundled-cli.ts";
import { createLab, DEADLINE_MS, type Lab, sleep, timeout } from "../support/process.ts";

const CLI = await bundledCli();

/** After the start of Node, somewhere in that of the peer; where exactly depends on the machine, and does not matter. */
const MOMENTS_MS = [300, 900, 1500];

describe("a command that is ended while it begins", { skip: process.platform === "win32" }, () => {
  let lab: Lab;
  const children = new Set<ChildProcess>();

  before(async () => {
    lab = await createLab("early");
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await lab?.close();
  });

  /** Its status, or the signal that ended it. */
  async function endAfter(ms: number, args: readonly string[]): Promise<unknown> {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: lab.directory, stdio: "ignore" });
    children.add(child);
    const ended = once(child, "exit");
    await sleep(ms);
    child.kill("SIGTERM");
    const [code, signal] = await Promise.race([ended, timeout(DEADLINE_MS).then(() => ["still runs"])]);
    return code ?? signal;
  }

  it("up: ends with status 0 or by the signal, and the next start goes on", async () => {
    const task = lab.path("task.yaml");
    await lab.run(["init", "--output", task]);
    const data = ["--dataset", "digits", "--share", "1/8"];
    const args = ["up", "--state", lab.path("state"), "--task", task, "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
    for (const ms of MOMENTS_MS) {
      const end = await endAfter(ms, [...args, ...data, "--seconds", "300"]);
      assert.ok(end === 0 || end === "SIGTERM", `after ${ms} ms: ${end}`);
    }
    const peer = lab.startPeer({ name: "state", task, args: data });
    await peer.waitFor("it learns", ({ cycle }) => cycle > 1);
    assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    assert.equal((await lab.run(["log", "verify", "--state", lab.path("state")])).code, 0);
  });

  it("join: leaves no state directory where nobody has answered yet", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const invite = `hearsay:${"ab".repeat(32)}@/ip4/127.0.0.1/tcp/${port}`;
    assert.equal(await endAfter(1500, ["join", invite, "--yes", "--state", lab.path("joined")]), "SIGTERM");
    assert.equal(existsSync(lab.path("joined")), false);
    silent.close();
  });
});
