/**
 * Nobody takes the output any more: a peer goes on learning, whoever read its log; a command that was to print ends quietly where the reader
 * has read enough, and says so where the output has no room.
 */
import assert from "node:assert/strict";
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { StatusReport } from "../../node/api/api.ts";
import { askApi } from "../../node/api/ask.ts";
import { bundledCli } from "../support/bundled-cli.ts";
import { createLab, DEADLINE_MS, type Lab, sourceEnvironment, timeout, until } from "../support/process.ts";

const CLI = await bundledCli();

const UP = [
  "--dataset",
  "digits",
  "--share",
  "1/8",
  "--no-mdns",
  "--listen",
  "/ip4/127.0.0.1/tcp/0",
  "--seconds",
  "300",
];

describe("output that nobody takes", { skip: process.platform !== "linux" }, () => {
  let lab: Lab;
  let task: string;
  const children = new Set<ChildProcess>();

  before(async () => {
    lab = await createLab("output");
    task = lab.path("task.yaml");
    const { code } = await lab.run(["init", "--output", task]);
    assert.equal(code, 0);
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await lab?.close();
  });

  function start(args: readonly string[], stdio: StdioOptions): ChildProcess {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: lab.directory, stdio, env: sourceEnvironment() });
    children.add(child);
    return child;
  }

  function up(state: string, stdio: StdioOptions, ...args: string[]): ChildProcess {
    return start(["up", "--state", lab.path(state), "--task", task, "--min-cycle", "20", ...UP, ...args], stdio);
  }

  async function cycleOf(state: string): Promise<number | undefined> {
    const response = await askApi(lab.path(state), "/status").catch(() => undefined);
    return response && ((await response.json()) as StatusReport).cycle;
  }

  /** So many cycles more, and then a clean end. */
  async function learnsOn(state: string, child: ChildProcess, cycles: number, signal: NodeJS.Signals): Promise<void> {
    const begun = await until("it learns", () => cycleOf(state));
    await until(`${cycles} cycles`, async () => ((await cycleOf(state)) ?? 0) >= begun + cycles || undefined);
    const ended = once(child, "exit");
    child.kill(signal);
    const how = await Promise.race([ended, timeout(DEADLINE_MS)]); // its time is up much later
    assert.deepEqual(how, [0, null], `it does not end on ${signal}`);
  }

  /** Runs a command whose output goes nowhere: into a pipe that is closed, or a file. */
  async function ends(command: readonly string[], output: "pipe" | number): Promise<{ code: unknown; told: string }> {
    const child = start(command, ["ignore", output, "pipe"]);
    child.stdout?.destroy();
    let told = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
    const [code] = await once(child, "close");
    return { code, told };
  }

  it("does not end a peer: its readers are gone, and its terminal with SIGHUP", async () => {
    const child = up("gone", ["ignore", "pipe", "pipe"], "--log-level", "debug");
    for (const stream of [child.stdout, child.stderr]) {
      await once(stream ?? assert.fail(), "data");
      stream?.destroy();
    }
    await learnsOn("gone", child, 20, "SIGHUP");
  });

  it("does not end a peer: the disk under its log is full", async () => {
    const full = openSync("/dev/full", "w");
    await learnsOn("full", up("full", ["ignore", full, full], "--log-level", "debug"), 20, "SIGTERM");
  });

  it("holds no peer up: a reader of its log that has stopped reading", async () => {
    const child = up("stopped", ["ignore", "ignore", "pipe"], "--log-level", "debug", "--min-cycle", "5");
    await learnsOn("stopped", child, 300, "SIGTERM"); // a thousand lines: the pipe is full after 300 to 700
  });

  it("ends commands that print, quietly where it is closed, with one line where it has no room", async () => {
    const state = ["--state", lab.path("gone")];
    const data = `${import.meta.dirname}/../../node/data/sets/digits.csv.gz`;
    const commands = [
      ["--help"],
      ["log", "show", ...state],
      ["log", "export", ...state],
      ["predict", "--data", data, ...state],
      ["sim", "list"],
    ];
    for (const command of commands) {
      assert.deepEqual(await ends(command, "pipe"), { code: 0, told: "" }, command.join(" "));
      const { code, told } = await ends(command, openSync("/dev/full", "w"));
      assert.match(told, /^error: there is no space left on the disk \(standard output\): .*\n$/, command.join(" "));
      assert.equal(code, 1, command.join(" "));
    }
  });
});
