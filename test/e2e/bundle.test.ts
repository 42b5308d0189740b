/** The command line as npm installs it, bundled: its commands, threads, data sets and the packages beside it are found. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { type Installed, installBundle } from "../support/installed.ts";
import { createLab, type Lab } from "../support/process.ts";

const SCENARIO = "name: small\ndata: { set: motes }\npeers: 4\ncycles: 3\n";

const COMMANDS = join(import.meta.dirname, "../../node/commands");

/** Of every room of commands, what the file of its definitions loads when a command is called: names without an ending. */
async function commandModules(): Promise<string[]> {
  const rooms = (await readdir(COMMANDS, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const texts = await Promise.all(rooms.map(({ name }) => readFile(join(COMMANDS, name, "cli.ts"), "utf8")));
  return texts.flatMap((text) => [...text.matchAll(/import\("\.\/(.*)\.ts"\)/g)].map(([, name]) => name as string));
}

describe("the bundled command line", () => {
  let installed: Installed;
  let lab: Lab;

  before(async () => {
    installed = await installBundle();
    lab = await createLab("bundle", { cli: installed.cli });
  });
  after(async () => {
    await lab?.close();
    await installed?.remove();
  });

  async function succeeds(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await lab.run(args);
    assert.equal(code, 0, `hearsay ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  it("has a module for each command, and all modules load", async () => {
    const folder = dirname(installed.cli);
    const modules = (await readdir(folder)).filter((name) => /-[A-Z0-9]{8}\.js$/.test(name));
    const commands = await commandModules();
    assert.ok(commands.length > 30, `${commands.length} commands`);
    const missing = commands.filter((name) => !modules.some((module) => module.startsWith(`${name}-`)));
    assert.deepEqual(missing, []);
    const load = modules.map((name) => `await import(${JSON.stringify(join(folder, name))});`).join("\n");
    const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", load]);
    assert.equal(stderr, "");
  });

  it("makes a task, learns, answers, verifies its log in threads, and predicts", async () => {
    const [task, state] = [lab.path("task.yaml"), lab.path("anna")];
    await succeeds("init", "--output", task);
    const peer = lab.startPeer({ name: "anna", task, args: ["--dataset", "digits", "--share", "1/4"] });
    await peer.waitFor("it has trained", ({ cycle }) => cycle > 1);
    assert.match(await succeeds("status", "--state", state), /cycle/);
    await succeeds("why", "--state", state);
    assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    await succeeds("log", "verify", "--state", state);
    const exported = lab.path("log.jsonl");
    await succeeds("log", "export", "--state", state, "-o", exported);
    await succeeds("log", "verify", exported);
    const data = join(dirname(installed.cli), "../../node/data/sets/digits.csv.gz");
    assert.match(await succeeds("predict", "--state", state, "--data", data), /^prediction/);
    await succeeds("eval", "--state", state, "--dataset", "digits", "--engine", "tensorflow");
  });

  it("loads packages of CommonJS by their default alone: a chunk of the bundle has no other name of them", async () => {
    const node = join(COMMANDS, "..");
    const files = (await readdir(node, { recursive: true })).filter((name) => name.endsWith(".ts"));
    const texts = await Promise.all(files.map((name) => readFile(join(node, name), "utf8")));
    const loads = texts.flatMap((text) => [
      ...text.matchAll(/const \{ (.*) \} = await import\("((?!node:)[a-z@][^"]*)"\)/g),
    ]);
    assert.ok(loads.length >= 5, `${loads.length} packages are loaded late`);
    for (const [line, names, name = ""] of loads) {
      const { type } = JSON.parse(await readFile(join(node, "../node_modules", name, "package.json"), "utf8"));
      assert.ok(type === "module" || /^default: \w+$/.test(names ?? ""), line);
    }
  });

  it("has Node load parts of node:http when they are used: no peer holds the client for fetch and WebSocket", async () => {
    const folder = dirname(installed.cli);
    const names = (await readdir(folder)).filter((name) => name.endsWith(".js"));
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
    const whole = names.filter((_, i) => /(?:from|import) ?"(?:node:)?(?:http|process)"/.test(texts[i] ?? ""));
    assert.deepEqual(whole, [], "an import statement looks at all exports");
    const seen = lab.path("modules");
    const probe = `process.on("exit", () => process.getBuiltinModule("fs").writeFileSync(${JSON.stringify(seen)}, process.moduleLoadList.join("\\n")))`;
    const task = lab.path("parts.yaml");
    await succeeds("init", "--output", task);
    const up = ["up", "--task", task, "--dataset", "digits", "--state", lab.path("parts"), "--seconds", "1"];
    const { code, stderr } = await lab.run(
      [...up, "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--preset", "tiny"],
      { env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(probe)}` } },
    );
    assert.equal(code, 0, stderr);
    const loaded = (await readFile(seen, "utf8")).split("\n");
    assert.ok(loaded.includes("NativeModule http"), "the local interface is there");
    assert.deepEqual(
      loaded.filter((name) => /undici|http2/.test(name)),
      [],
    );
  });

  it("tells lines for people on a terminal, and waits for a broker that is not there: packages that are loaded late are whole", async () => {
    const [task, table] = [
      lab.path("table.yaml"),
      await lab.write("table.csv", "a,b,label\n1,2,x\n2,3,y\n3,4,x\n4,5,y\n"),
    ];
    await succeeds("init", "--data", table, "--output", task, "--peers", "2");
    const up = ["up", "--task", task, "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-page", "--seconds", "1"];
    const onTerminal = [process.execPath, installed.cli, ...up, "--data", table, "--state", lab.path("seen")];
    const { stdout } = await promisify(execFile)("script", ["-qec", onTerminal.join(" "), "/dev/null"]);
    assert.match(stdout, /INFO.*learning/, "a line of pino-pretty");
    assert.match(stdout, /stopped/);
    const broker = ["--data", "mqtt://127.0.0.1:1/house/air", "--follow", "--state", lab.path("broker")];
    const { code, stderr } = await lab.run([...up, ...broker]);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });

  it("says of a file of settings that is not YAML where it is wrong", async () => {
    const { code, stderr } = await lab.run(["config", "check", await lab.write("bad.yaml", 'name: "x\n')]);
    assert.equal(code, 2);
    assert.match(stderr, /is not YAML: .* at line 2, column 1/);
  });

  it("simulates, in threads too, and draws the report", async () => {
    const scenario = await lab.write("small.yaml", SCENARIO);
    await succeeds("sim", "run", scenario, "--out", lab.path("run"));
    assert.match(await readFile(lab.path("run/report.html"), "utf8"), /<svg/);
    await succeeds("sim", "sweep", scenario, "--seeds", "1,2", "--out", lab.path("sweep"), "--workers", "2");
  });

  it("simulates without the packages that draw: all files but page and figures, and a word that says what to install", async () => {
    await rm(join(dirname(installed.cli), "../../../linkedom"));
    const scenario = await lab.write("bare.yaml", SCENARIO);
    const { code, stderr } = await lab.run(["sim", "run", scenario, "--out", lab.path("bare")]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /no report\.html: plots need .* npm install @observablehq\/plot@\S+ linkedom@\S+,/);
    assert.deepEqual((await readdir(lab.path("bare"))).sort(), [
      "peers.csv",
      "peers.jsonl",
      "scenario.yaml",
      "series.csv",
      "series.jsonl",
      "summary.json",
    ]);
    const sweep = await succeeds("sim", "sweep", scenario, "--seeds", "1,2", "--out", lab.path("bare-sweep"));
    assert.match(sweep, /results\.csv\n.*series\.csv\n$/);
    const other = await lab.write("other.yaml", SCENARIO.replace("cycles: 3", "cycles: 2"));
    await succeeds("sim", "run", other, "--out", lab.path("other"));
    const page = lab.path("page.html");
    const refused = await lab.run(["sim", "compare", lab.path("bare"), lab.path("other"), "--html", page]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /npm install @observablehq\/plot/);
  });

  it("has the licence of every package in it", async () => {
    const text = await readFile(join(dirname(installed.cli), "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["libp2p", "zod", "fastify", "@noble/curves", "pino"]) {
      assert.match(text, new RegExp(`^${name} \\d.*\\((MIT|Apache-2\\.0)`, "m"));
    }
  });
});
