/** The example of README.md, as a stranger copies it: it type-checks against the installed library, and two peers of it learn from each other. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { installLibrary, type Project } from "../support/library.ts";

const README = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
const PROGRAM = "line.ts";
/** Of weight and bias. */
const NEAR = 0.1;
/** Without blank lines and comments. */
const MOST_LINES = 30;
const DEADLINE_MS = 60_000;

function example(): string {
  const blocks = [...README.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  const found = blocks.filter((code) => code.includes("createPeer"));
  assert.equal(found.length, 1, "README.md has one example with createPeer");
  return found[0] as string;
}

describe("the library example of README.md", () => {
  let project: Project;
  const children: ChildProcess[] = [];

  before(async () => {
    project = await installLibrary();
    await project.write(PROGRAM, example());
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await project?.remove();
  });

  /** Its lines, of which the first is its address. */
  function start(...args: string[]): { child: ChildProcess; lines: AsyncIterator<string> } {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: project.folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]() };
  }

  async function next(lines: AsyncIterator<string>): Promise<string> {
    const { value, done } = await lines.next();
    assert.ok(!done, "the peer ended");
    return value;
  }

  async function knowsTheLine(lines: AsyncIterator<string>, until: number): Promise<void> {
    for (let last = ""; performance.now() < until; ) {
      last = await next(lines);
      const [merged = 0, weight = 0, bias = 0] = last.split(" ").map(Number);
      if (merged > 0 && Math.abs(weight - 2) < NEAR && Math.abs(bias - 1) < NEAR) return;
    }
    assert.fail("weight 2 and bias 1 were not found in time");
  }

  it(`has at most ${MOST_LINES} lines of code`, () => {
    const lines = example()
      .split("\n")
      .filter((line) => !/^\s*(\/\/.*)?$/.test(line));
    assert.ok(lines.length <= MOST_LINES, `${lines.length} lines`);
  });

  it("type-checks in a strict project that looks at the types of all packages, of which not all have right ones", () =>
    project.check(PROGRAM, true));

  it("imports a rule by the path of its file, as the examples of rules do", async () => {
    const code = [
      'import { ruleInput } from "hearsay/protocol/aggregate/rows/input";',
      'import { median } from "hearsay/protocol/aggregate/rules/median";',
      "console.log(median.aggregate(ruleInput([0], [[1], [90]]), {}).params[0]);",
    ];
    const path = await project.write("rule.ts", code.join("\n"));
    await project.check("rule.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [path]);
    assert.equal(stdout, "1\n");
  });

  it("checks plugins as they are written, runs them from hearsay/sim and by the command, and gives the same figures", async () => {
    const examples = join(import.meta.dirname, "../../sim/examples");
    const files = globSync("*.ts", { cwd: examples });
    for (const file of files) await project.write(file, readFileSync(join(examples, file), "utf8"));
    await project.write("all.ts", files.map((file) => `import "./${file}";\n`).join(""));
    await project.check("all.ts");
    const scenario = {
      ...{ name: "x", data: { set: "digits", rows: 200 }, task: { model: { kind: "softmax" } }, peers: 4, cycles: 2 },
      ...{ metrics: { points: 1 }, attack: { kind: "shrink", share: 0.25 } },
    };
    await project.write("x.yaml", JSON.stringify(scenario));
    const code = [
      'import { type Report, simulate } from "hearsay/sim";',
      'import plugin from "./attack.ts";',
      'const report: Report = await simulate("x.yaml", { plugins: [plugin] });',
      "console.log(report.summary.final.accuracy.mean);",
    ];
    const path = await project.write("simulate.ts", code.join("\n"));
    await project.check("simulate.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [path], { cwd: project.folder });
    const cli = join(project.folder, "node_modules/hearsay/dist/cli/cli.js");
    const args = ["sim", "run", "x.yaml", "--plugin", "./attack.ts", "--no-out", "--json"];
    const ran = await promisify(execFile)(process.execPath, [cli, ...args], { cwd: project.folder });
    assert.equal(JSON.parse(ran.stdout).final.accuracy.mean, Number(stdout));
  });

  it("learns a line of which each peer knows one point, and ends cleanly", async () => {
    const first = start("0");
    const address = await next(first.lines);
    assert.match(address, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//);
    const second = start("1", address);
    await next(second.lines);
    const until = performance.now() + DEADLINE_MS;
    await Promise.all([knowsTheLine(first.lines, until), knowsTheLine(second.lines, until)]);
    for (const { child } of [first, second]) {
      child.kill("SIGINT");
      assert.deepEqual(await once(child, "exit"), [0, null]);
    }
  });
});
