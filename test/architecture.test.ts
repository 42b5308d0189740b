/** The rules of the house hold for the sources as they are, and each rule turns red on a planted violation. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkHouse, type Rule } from "./support/house/check.ts";
import { readTexts } from "./support/house/house.ts";
import { isIn, ROOMS } from "./support/house/rooms.ts";
import { readSource } from "./support/house/source.ts";

const TOP = join(import.meta.dirname, "..");
const WINGS = ["node", "protocol", "sim", "test"];

describe("the architecture", () => {
  const texts = readTexts();

  it("holds: rooms, floors, packages, types-only seams, no cycles, no host in protocol/, the same bytes everywhere, short functions", () => {
    assert.ok(texts.size > 100, `${texts.size} sources`);
    const faults = checkHouse(texts);
    assert.equal(faults.map(({ path, line, rule, message }) => `${path}:${line}: [${rule}] ${message}`).join("\n"), "");
  });

  it("has a plan that names only what is there, and lets no room import one above it", () => {
    const isThere = (name: string) => [...texts.keys()].some((path) => isIn(path, name));
    for (const { names, mayImport, floor } of ROOMS) {
      for (const name of [...names, ...mayImport]) assert.ok(isThere(name), `there is no ${name}`);
      const above = ROOMS.filter((room) => room.floor >= floor).flatMap((room) => room.names);
      for (const name of mayImport)
        assert.ok(!above.includes(name) || names.includes(name), `${name} is above ${names[0]}`);
    }
  });

  it("is shown by npm run house: a row for each room, each wing and all, with no arrow up and no circle", () => {
    const house = join(TOP, "test/support/house/house.ts");
    const { status, stdout } = spawnSync(process.execPath, [house], { encoding: "utf8" });
    assert.equal(status, 0);
    const [head = "", ...rows] = stdout.trimEnd().split("\n");
    assert.match(head, /^room +files +median +largest file +largest function +over 60 +up +circles$/);
    assert.equal(rows.length, ROOMS.length + WINGS.length + 1);
    for (const row of rows) assert.match(row, / 0 +0$/);
    assert.match(rows.at(-1) as string, /^all but test\/ /);
  });

  it("has nothing at the top but the four rooms, the papers of the package and dot-files", () => {
    const papers = ["LICENSE", "README.md", "biome.json", "package-lock.json", "package.json", "tsconfig.json"];
    const ignored = ["coverage", "dist", "node_modules"];
    const found = readdirSync(TOP).filter((name) => !name.startsWith(".") && !ignored.includes(name));
    assert.deepEqual(found.sort(), [...papers, ...WINGS].sort());
  });

  for (const wing of WINGS) {
    it(`says what ${wing}/ is for in ${wing}/README.md`, () => {
      assert.ok(existsSync(join(TOP, wing, "README.md")), "write it");
    });
  }
});

/** The rules that planted sources break, beside a few innocent ones that they may import. */
function rulesBroken(
  planted: Readonly<Record<string, string>>,
  excused: Readonly<Record<string, string>> = {},
): Rule[] {
  const innocent = {
    "protocol/base/seams.ts": "export interface Clock { now(): number }",
    "protocol/base/errors.ts": "export class HearsayError extends Error {}",
    "protocol/base/task.ts": "export const task = 1;",
    "protocol/learn/data/dataset.ts": "export const dataset = 1;",
    "protocol/learn/dense/dense.ts": "export const dense = 1;",
    "protocol/learn/trainer.ts": "export const trainer = 1;",
    "protocol/aggregate/rules/mean.ts": "export const mean = 1;",
    "protocol/aggregate/rows/rule.ts": "export const rule = 1;",
    "protocol/aggregate/registry.ts": "export const rules = 1;",
    "protocol/wire/canonical.ts": "export const encode = 1;",
    "protocol/log/entry/entry.ts": "export const entry = 1;",
    "protocol/log/stored/stored.ts": "export const stored = 1;",
    "protocol/task/manifest.ts": "export const parseTask = 1;",
    "protocol/audit/audit.ts": "export const audit = 1;",
    "protocol/peer/memory/tally.ts": "export const tally = 1;",
    "protocol/peer/account/bans.ts": "export const bans = 1;",
    "protocol/peer/inbound/inbound.ts": "export const inbound = 1;",
    "protocol/peer/loop/loop.ts": "export const loop = 1;",
    "protocol/peer/peer.ts": "export const peer = 1;",
    "node/clock.ts": "export const clock = 1;",
    "node/net/gossip.ts": "export const gossip = 1;",
    "node/disk/store.ts": "export const store = 1;",
    "node/api/api.ts": "export const api = 1;",
    "node/start.ts": "export const start = 1;",
    "node/commands/key/show.ts": "export const show = 1;",
    "sim/network/network.ts": "export const network = 1;",
    "sim/attacks/attack.ts": "export const attack = 1;",
    "sim/run/world.ts": "export const world = 1;",
    "sim/report/page.ts": "export const page = 1;",
    "test/support/help.ts": "export const help = 1;",
  };
  const faults = checkHouse(new Map(Object.entries({ ...innocent, ...planted })), excused);
  for (const { path } of faults) assert.ok(Object.hasOwn(planted, path), `${path} is innocent`);
  return faults.map(({ rule }) => rule);
}

const GIANT = `export function giant(): void {\n${"  nothing();\n".repeat(59)}}\nfunction nothing() {}\n`;

type Planted = readonly [claim: string, path: string, source: string];

const RED: Readonly<Record<Rule, readonly Planted[]>> = {
  syntax: [["a source that cannot be read", "node/shell.ts", "export const x = (1;"]],

  missing: [["an import of nothing", "node/shell.ts", `import { gone } from "./gone.ts";`]],

  up: [
    ["protocol/ importing node/", "protocol/learn/x.ts", `import { clock } from "../../node/clock.ts";`],
    ["protocol/ importing a type of node/", "protocol/base/rng.ts", `import type { C } from "../../node/clock.ts";`],
    ["protocol/ importing sim/ lazily", "protocol/peer/x.ts", `const w = await import("../../sim/run/world.ts");`],
    ["protocol/ re-exporting sim/", "protocol/peer/x.ts", `export * from "../../sim/run/world.ts";`],
    ["protocol/ re-exporting a name of sim/", "protocol/peer/x.ts", `export { world } from "../../sim/run/world.ts";`],
    ["node/ importing sim/", "node/start.ts", `import { world } from "../sim/run/world.ts";`],
    ["node/ importing sim/ lazily, not through the door", "node/start.ts", `await import("../sim/run/world.ts");`],
    ["the door importing sim/ at once", "node/commands/sim/x.ts", `import { world } from "../../../sim/run/world.ts";`],
    ["node/ importing a test", "node/start.ts", `import "../test/support/help.ts";`],
    ["sim/ importing a test", "sim/run/x.ts", `import "../../test/support/help.ts";`],
    ["base/ importing a family", "protocol/base/rng.ts", `import { dense } from "../learn/dense/dense.ts";`],
    [
      "a family importing the manifest",
      "protocol/log/entry/x.ts",
      `import { parseTask } from "../../task/manifest.ts";`,
    ],
    ["the manifest importing the peer", "protocol/task/manifest.ts", `import { peer } from "../peer/peer.ts";`],
    ["wire/, which log/ may use, using log/", "protocol/wire/x.ts", `import { entry } from "../log/entry/entry.ts";`],
    ["data of learn/ importing a model", "protocol/learn/data/x.ts", `import { dense } from "../dense/dense.ts";`],
    ["rows importing a rule", "protocol/aggregate/rows/x.ts", `import { mean } from "../rules/mean.ts";`],
    ["a rule importing the registry", "protocol/aggregate/rules/x.ts", `import { rules } from "../registry.ts";`],
    ["entries importing the stored log", "protocol/log/entry/x.ts", `import { stored } from "../stored/stored.ts";`],
    ["the memory of a peer importing its loop", "protocol/peer/memory/x.ts", `import { loop } from "../loop/loop.ts";`],
    ["what comes in importing the account", "protocol/peer/inbound/x.ts", `import { bans } from "../account/bans.ts";`],
    ["the account importing the loop", "protocol/peer/account/x.ts", `import { loop } from "../loop/loop.ts";`],
    ["the loop importing the peer", "protocol/peer/loop/x.ts", `import type { peer } from "../peer.ts";`],
    ["disk/ importing the interface", "node/disk/x.ts", `import { api } from "../api/api.ts";`],
    ["engines/ importing net/", "node/engines/x.ts", `import { gossip } from "../net/gossip.ts";`],
    ["api/ importing the composition root", "node/api/x.ts", `import { start } from "../start.ts";`],
    ["the composition root importing a command", "node/start.ts", `import { show } from "./commands/key/show.ts";`],
    ["the simulated network importing an attack", "sim/network/x.ts", `import { attack } from "../attacks/attack.ts";`],
    ["an attack importing the run", "sim/attacks/x.ts", `import { world } from "../run/world.ts";`],
  ],

  room: [
    ["sim/ importing node/", "sim/run/x.ts", `import { clock } from "../../node/clock.ts";`],
    ["sim/ importing node/ lazily", "sim/run/x.ts", `await import("../../node/clock.ts");`],
    ["a family importing another", "protocol/aggregate/registry.ts", `import { d } from "../learn/dense/dense.ts";`],
    [
      "a family importing a type of another",
      "protocol/aggregate/staleness.ts",
      `import type { D } from "../learn/trainer.ts";`,
    ],
    ["wire/ using learn/", "protocol/wire/x.ts", `import { d } from "../learn/dense/dense.ts";`],
    ["log/ using aggregate/", "protocol/log/entry/x.ts", `import { d } from "../../aggregate/registry.ts";`],
    ["the peer importing the audit", "protocol/peer/peer.ts", `import { audit } from "../audit/audit.ts";`],
    ["a folder of protocol/ without a room", "protocol/new/x.ts", `import { task } from "../base/task.ts";`],
    ["a file of protocol/ without a room", "protocol/x.ts", "export const x = 1;"],
    ["net/ importing disk/", "node/net/x.ts", `import { store } from "../disk/store.ts";`],
    ["a command importing one of another subject", "node/commands/peer/x.ts", `import { show } from "../key/show.ts";`],
    ["the pages of reports importing an attack", "sim/report/x.ts", `import { attack } from "../attacks/attack.ts";`],
  ],

  package: [
    ["protocol/ importing node:fs", "protocol/log/entry/x.ts", `import { readFile } from "node:fs";`],
    ["protocol/ importing fs without its prefix", "protocol/log/entry/x.ts", `import * as fs from 'fs';`],
    ["protocol/ importing libp2p", "protocol/wire/x.ts", `export { createLibp2p as c } from "libp2p";`],
    ["protocol/ importing a type of libp2p", "protocol/wire/x.ts", `type N = import("libp2p").Libp2p;`],
    ["protocol/ importing a package that begins like a pure one", "protocol/base/task.ts", `import "zodiac";`],
    ["sim/ importing node:fs", "sim/run/x.ts", `import { readFile } from "node:fs";`],
    ["sim/ importing libp2p", "sim/network/x.ts", `import { createLibp2p } from "libp2p";`],
    ["the network package outside net/", "node/api/x.ts", `import { createLibp2p } from "libp2p";`],
    ["the database outside disk/", "node/keys/x.ts", `import { Level } from "level";`],
    ["streams of the process by their module", "node/api/x.ts", `import { stdout } from "node:process";`],
    ["tensors outside engines/", "node/data/x.ts", `import * as tf from "@tensorflow/tfjs";`],
    ["an import() that nobody can check", "node/commands/peer/x.ts", "await import(name);"],
    ["an import() of a text that is put together", "node/commands/peer/x.ts", "await import('../' + name);"],
  ],

  "types-only": [
    ["seams that run", "protocol/base/seams.ts", "export const MAX = 1;"],
    ["seams that import more than types", "protocol/base/seams.ts", `import { H } from "./errors.ts";`],
    ["seams that do something", "protocol/base/seams.ts", "export interface Clock {}\n[].sort();"],
  ],

  cycle: [["a file that imports itself", "node/shell.ts", `import "./shell.ts";`]],

  host: [
    ["process", "protocol/learn/x.ts", "export const n = process.env.HOME;"],
    ["console", "protocol/learn/x.ts", "console.log(1);"],
    ["Date", "protocol/learn/x.ts", "export const now = Date.now();"],
    ["Date in a template", "protocol/learn/x.ts", `export const now = \`at \${new Date()}\`;`],
    ["a timer", "protocol/learn/x.ts", "setTimeout(() => {}, 1);"],
    ["a timer behind a signal", "protocol/learn/x.ts", "const s = AbortSignal.timeout(5);"],
    ["a timer behind a signal in quotes", "protocol/learn/x.ts", `const s = AbortSignal["timeout"](5);`],
    ["globalThis", "protocol/learn/x.ts", `globalThis["process"];`],
    ["chance of the host", "protocol/learn/x.ts", "crypto.getRandomValues(new Uint8Array(1));"],
    [
      "hashes of the host beside a crypto of its own",
      "protocol/learn/x.ts",
      `const f = (crypto: { a: 1 }) => crypto; crypto.subtle.digest("SHA-256", f);`,
    ],
    ["import.meta", "protocol/learn/x.ts", "export const here = import.meta.url;"],
    ["Buffer", "protocol/learn/x.ts", "export const b: Buffer | undefined = undefined;"],
    ["fetch", "protocol/learn/x.ts", `await fetch("http://example.net");`],
    ["performance", "protocol/learn/x.ts", "export const x = performance.now();"],
    ["require", "protocol/learn/x.ts", `require("fs");`],
    ["what no list names: structuredClone", "protocol/learn/x.ts", "export const x = structuredClone({});"],
    ["code from a text", "protocol/learn/x.ts", `export const x = new Function("return process");`],
    ["a name of the host for its own", "protocol/learn/x.ts", "export const f = (performance: number) => performance;"],
    ["a type of the host", "protocol/learn/x.ts", "export type T = NodeJS.Timeout;"],
    ["a default of a parameter", "protocol/learn/x.ts", "export const f = ({ now = Date.now } = {}) => now;"],
    ["time in sim/", "sim/run/x.ts", "export const now = performance.now();"],
    ["a timer in sim/", "sim/seams/x.ts", "setTimeout(() => {}, 1);"],
    ["a key that is computed", "protocol/learn/x.ts", "export const o = { [process]: 1 };"],
  ],

  chance: [
    ["Math.random in protocol/", "protocol/learn/x.ts", "export const r = Math . random();"],
    ["Math.random in brackets", "sim/run/x.ts", 'export const r = Math["random"]();'],
    ["Math.random in a test", "test/x.ts", "export const a = Math.random();"],
  ],

  "same-bytes": [
    ["Math.random in disguise", "protocol/learn/x.ts", "const { random } = Math;"],
    ["Math.exp", "protocol/learn/x.ts", "export const a = Math.exp(1);"],
    ["Math.cosh handed on", "protocol/learn/x.ts", "export const a = [1].map(Math.cosh);"],
    ["Math?.atan2", "sim/run/x.ts", "export const a = Math?.atan2(1, 2);"],
    ["log1p taken out", "sim/run/x.ts", "export const { log1p } = Math;"],
    ["sin in quotes", "sim/run/x.ts", 'export const a = Math["sin"](1);'],
    ["Math handed on", "sim/run/x.ts", 'export const a = Reflect.get(Math, "expm1");'],
    ["Math.pow", "sim/report/x.ts", "export const a = Math.pow(1.1, 0.5);"],
    ["a power of what is not 2", "sim/run/x.ts", "export const a = (b: number): number => b ** 2;"],
    ["a root", "sim/run/x.ts", "export const a = 2 ** 0.5;"],
    ["a power of 2 that is not written", "sim/run/x.ts", "export const a = (b: number): number => 2 ** b;"],
    ["a power that is assigned", "node/data/x.ts", "export let a = 3;\na **= 2;"],
    ["Math.tanh", "node/engines/x.ts", "export const a = Math.tanh(1);"],
    ["an order of the host's language", "sim/run/x.ts", `export const a = ["b"].sort((x, y) => x.localeCompare(y));`],
    ["numbers in the host's language", "protocol/base/x.ts", "export const a = (1e6).toLocaleString();"],
    ["numbers in the host's language, in brackets", "sim/run/x.ts", 'export const a = (1e6)["toLocaleString"]();'],
    ["a collator", "node/data/x.ts", 'export const a = new Intl.Collator("de");'],
  ],

  terminal: [
    ["process.stdout", "node/api/x.ts", 'process.stdout.write("a");'],
    ["process.stderr", "node/commands/peer/x.ts", 'process.stderr.write("a");'],
    ["a stream in brackets", "node/api/x.ts", 'process["stdout"].write("a");'],
    ["a stream taken out", "node/api/x.ts", "export const { stdout } = process;"],
    ["a stream handed on", "node/api/x.ts", "export const a = process.stdout;"],
    ["console", "node/api/x.ts", 'console.log("a");'],
  ],

  length: [
    ["a peer.ts that grew", "protocol/peer/peer.ts", `${"\n".repeat(200)}export const x = 1;`],
    ["a function of 61 lines", "protocol/learn/x.ts", GIANT],
    [
      "an arrow of 61 lines",
      "node/net/x.ts",
      `export const x = () => {\n${"f();\n".repeat(59)}};\ndeclare const f: () => void;`,
    ],
  ],
};

describe("the architecture check turns red on", () => {
  for (const [rule, planted] of Object.entries(RED))
    for (const [claim, path, source] of planted)
      it(`${rule}: ${claim}`, () => assert.deepEqual(rulesBroken({ [path]: source }), [rule]));

  it("cycle: of two files, of types too, and over three files", () => {
    const pair = {
      "node/net/a.ts": `import { b } from "./b.ts"; export const a = b;`,
      "node/net/b.ts": `import type { a } from "./a.ts"; export const b = 1;`,
    };
    assert.deepEqual(rulesBroken(pair), ["cycle"]);
    const round = { ...pair, "node/net/b.ts": `export * from "./c.ts";`, "node/net/c.ts": `import "./a.ts";` };
    assert.deepEqual(rulesBroken(round), ["cycle"]);
  });

  it("length: a file that is excused and holds no long function any more", () => {
    const path = "protocol/learn/x.ts";
    assert.deepEqual(rulesBroken({ [path]: GIANT }, { [path]: "a table" }), []);
    assert.deepEqual(rulesBroken({ [path]: "export const x = 1;" }, { [path]: "a table" }), ["length"]);
  });
});

describe("the architecture check lets pass", () => {
  const planted: readonly Planted[] = [
    [
      "the door importing sim/ lazily",
      "node/commands/sim/x.ts",
      `const { w } = await import("../../../sim/run/world.ts");`,
    ],
    ["the door importing a type of sim/", "node/commands/sim/x.ts", `type W = import("../../../sim/run/world.ts").W;`],
    ["log/ using wire/", "protocol/log/entry/x.ts", `import { encode } from "../../wire/canonical.ts";`],
    [
      "pure packages",
      "protocol/wire/x.ts",
      `import { base58btc } from "multiformats/bases/base58"; import z from "zod";`,
    ],
    ["forbidden words in comments", "protocol/learn/x.ts", "// Date.now()\n/* process */ export const x = 1;"],
    ["imports in texts", "protocol/learn/x.ts", 'export const x = \'import fs from "fs"\', y = `import "fs"; Date`;'],
    ["forbidden words in patterns", "protocol/learn/x.ts", "export const x = /import('fs')|\"|Date`/.test('');"],
    [
      "members, keys and labels that are called like the host's",
      "protocol/learn/x.ts",
      "export const f = (c: { process: 1 }) => ({ console: c.process });\nfetch: for (;;) break fetch;",
    ],
    ["a crypto of its own", "protocol/learn/x.ts", "export const f = (crypto: { verify(): 1 }) => crypto.verify();"],
    [
      "a type of signals, and signals of signals",
      "protocol/learn/x.ts",
      "export const f = (s: AbortSignal) => AbortSignal.any([s]);",
    ],
    ["a division that looks like a pattern", "protocol/learn/x.ts", "export const f = (a: 1, b: 2) => a / 2 / b; // '"],
    [
      "arithmetic that is settled",
      "protocol/learn/x.ts",
      "export const a = Math.floor(Math.sqrt(2 ** 20)) + Math.PI + Math.max(...[1].map(Math.abs));",
    ],
    ["tests computing anything", "test/x.ts", "export const a = Math.exp(1) + 3 ** 0.5;"],
    [
      "tests importing anything",
      "test/x.ts",
      `import "../sim/run/world.ts"; import "../node/clock.ts"; import "node:fs";`,
    ],
    [
      "a function of 60 lines, without blank ones and comments",
      "protocol/learn/x.ts",
      GIANT.replace("  nothing();\n", "  // why\n\n"),
    ],
    ["a terminal that speaks", "node/terminal/terminal.ts", 'process.stdout.write("a");'],
  ];
  for (const [claim, path, source] of planted) {
    it(claim, () => assert.deepEqual(rulesBroken({ [path]: source }), []));
  }

  it("nothing unseen: it finds every form of import", () => {
    const source = `#!/usr/bin/env node
      import "a"; import b from "b"; import * as c from "c"; import { d, type e as f } from "d"; import g, { h } from "e";
      import type { i } from "f"; export * from "g"; export * as j from "h"; export { k, default as l } from "i";
      export type { m } from "j"; const n = await import("k"); type O = import("l").O; export const from = "no", p = 1;
      export default function q() { return import(r); } import json from "m" with { type: "json" };`;
    const found = readSource("x.ts", source).imports.map(({ specifier }) => specifier);
    assert.deepEqual(found, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "", "m"]);
  });
});
