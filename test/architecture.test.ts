/** The rules of the house hold for the sources as they are, and each rule turns red on a planted violation. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkArchitecture, importsOf, type Rule } from "./support/architecture.ts";
import { tokenize } from "./support/tokens.ts";

const TOP = join(import.meta.dirname, "..");
const ROOMS = ["node", "protocol", "sim", "test"];

const sources = new Map(
  ROOMS.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: TOP })).map((path) => {
    const name = path.replaceAll("\\", "/");
    return [name, readFileSync(join(TOP, path), "utf8")];
  }),
);

/** The rules that planted sources break, beside a few innocent ones that they may import. */
function rulesBroken(planted: Readonly<Record<string, string>>): Rule[] {
  const innocent = {
    "protocol/base/seams.ts": "export interface Clock { now(): number }",
    "protocol/base/errors.ts": "export class HearsayError extends Error {}",
    "protocol/learn/dense/dense.ts": "export const dense = 1;",
    "protocol/wire/canonical.ts": "export const encode = 1;",
    "protocol/base/task.ts": "export const task = 1;",
    "protocol/task/manifest.ts": "export const parseTask = 1;",
    "protocol/peer/peer.ts": "export const peer = 1;",
    "node/clock.ts": "export const clock = 1;",
    "sim/run/world.ts": "export const world = 1;",
    "test/support/help.ts": "export const help = 1;",
  };
  const violations = checkArchitecture(new Map(Object.entries({ ...innocent, ...planted })));
  for (const { path } of violations) assert.ok(Object.hasOwn(planted, path), `${path} is innocent`);
  return violations.map(({ rule }) => rule);
}

describe("the architecture", () => {
  it("holds: rooms, levels, packages, types-only seams, no cycles, and no host in protocol/", () => {
    assert.ok(sources.size > 100, `${sources.size} sources`);
    const violations = checkArchitecture(sources);
    const text = violations.map(({ path, line, rule, message }) => `${path}:${line}: [${rule}] ${message}`).join("\n");
    assert.equal(text, "");
  });

  it("has nothing at the top but the four rooms, the papers of the package and dot-files", () => {
    const papers = ["LICENSE", "README.md", "biome.json", "package-lock.json", "package.json", "tsconfig.json"];
    const ignored = ["coverage", "dist", "node_modules"];
    const found = readdirSync(TOP).filter((name) => !name.startsWith(".") && !ignored.includes(name));
    assert.deepEqual(found.sort(), [...papers, ...ROOMS].sort());
  });

  for (const room of ROOMS) {
    it(`says what ${room}/ is for in ${room}/README.md`, () => {
      assert.ok(existsSync(join(TOP, room, "README.md")), "write it");
    });
  }
});

describe("the architecture check turns red on", () => {
  const planted: readonly [claim: string, rule: Rule, path: string, source: string][] = [
    ["protocol/ importing node/", "room", "protocol/learn/x.ts", `import { clock } from "../../node/clock.ts";`],
    [
      "protocol/ importing a type of node/",
      "room",
      "protocol/base/rng.ts",
      `import type { C } from "../../node/clock.ts";`,
    ],
    [
      "protocol/ importing sim/ lazily",
      "room",
      "protocol/peer/x.ts",
      `const w = await import("../../sim/run/world.ts");`,
    ],
    ["protocol/ re-exporting sim/", "room", "protocol/peer/x.ts", `export * from "../../sim/run/world.ts";`],
    ["sim/ importing node/", "room", "sim/x.ts", `import { clock } from "../node/clock.ts";`],
    ["sim/ importing node/ lazily", "room", "sim/x.ts", `await import("../node/clock.ts");`],
    ["node/ importing sim/", "room", "node/x.ts", `import { world } from "../sim/run/world.ts";`],
    [
      "node/ importing sim/ lazily, not through the door",
      "room",
      "node/start.ts",
      `await import("../sim/run/world.ts");`,
    ],
    [
      "the door importing sim/ at once",
      "room",
      "node/commands/x.ts",
      `import { world } from "../../sim/run/world.ts";`,
    ],
    ["node/ importing a test", "room", "node/x.ts", `import "../test/support/help.ts";`],
    ["protocol/ importing node:fs", "package", "protocol/log/x.ts", `import { readFile } from "node:fs";`],
    ["protocol/ importing fs without its prefix", "package", "protocol/log/x.ts", `import * as fs from 'fs';`],
    ["protocol/ importing libp2p", "package", "protocol/wire/x.ts", `export { createLibp2p as c } from "libp2p";`],
    ["protocol/ importing a type of libp2p", "package", "protocol/wire/x.ts", `type N = import("libp2p").Libp2p;`],
    [
      "protocol/ importing a package that begins like a pure one",
      "package",
      "protocol/base/task.ts",
      `import "zodiac";`,
    ],
    ["an import() that nobody can check", "package", "node/commands/x.ts", "await import(name);"],
    ["level 0 importing a family", "level", "protocol/base/rng.ts", `import { dense } from "../learn/dense/dense.ts";`],
    ["a family importing another", "level", "protocol/aggregate/x.ts", `import { d } from "../learn/dense/dense.ts";`],
    [
      "a family importing a type of another",
      "level",
      "protocol/aggregate/staleness.ts",
      `import type { D } from "../learn/dense/dense.ts";`,
    ],
    [
      "wire/, which others may use, using learn/",
      "level",
      "protocol/wire/x.ts",
      `import { d } from "../learn/dense/dense.ts";`,
    ],
    [
      "a family importing the manifest",
      "level",
      "protocol/log/x.ts",
      `import { parseTask } from "../task/manifest.ts";`,
    ],
    [
      "the manifest importing the peer",
      "level",
      "protocol/task/manifest.ts",
      `import { peer } from "../peer/peer.ts";`,
    ],
    ["a folder of protocol/ without a level", "level", "protocol/new/x.ts", `import { task } from "../base/task.ts";`],
    ["seams that run", "types-only", "protocol/base/seams.ts", "export const MAX = 1;"],
    ["seams that import more than types", "types-only", "protocol/base/seams.ts", `import { H } from "./errors.ts";`],
    ["an import of nothing", "missing", "node/x.ts", `import { gone } from "./gone.ts";`],
    ["process in protocol/", "host", "protocol/learn/x.ts", "export const n = process.env.HOME;"],
    ["console in protocol/", "host", "protocol/learn/x.ts", "console.log(1);"],
    ["Date in protocol/", "host", "protocol/learn/x.ts", "export const now = Date.now();"],
    ["Date in a template of protocol/", "host", "protocol/learn/x.ts", `export const now = \`at \${new Date()}\`;`],
    ["Math.random in protocol/", "host", "protocol/learn/x.ts", "export const r = Math . random();"],
    ["Math.random in disguise", "host", "protocol/learn/x.ts", "const { random } = Math;"],
    ["a timer in protocol/", "host", "protocol/learn/x.ts", "setTimeout(() => {}, 1);"],
    ["a timer behind a signal in protocol/", "host", "protocol/learn/x.ts", "const s = AbortSignal.timeout(5);"],
    ["globalThis in protocol/", "host", "protocol/learn/x.ts", `globalThis["process"];`],
    ["chance of the host in protocol/", "host", "protocol/learn/x.ts", "crypto.getRandomValues(new Uint8Array(1));"],
    ["import.meta in protocol/", "host", "protocol/learn/x.ts", "export const here = import.meta.url;"],
    ["a peer.ts that grew", "length", "protocol/peer/peer.ts", `${"\n".repeat(200)}export const x = 1;`],
    ["a source that cannot be read", "syntax", "node/x.ts", "export const x = (1;"],
  ];
  for (const [claim, rule, path, source] of planted) {
    it(claim, () => assert.deepEqual(rulesBroken({ [path]: source }), [rule]));
  }

  it("a cycle, of types too, and over three files", () => {
    const pair = {
      "node/a.ts": `import { b } from "./b.ts"; export const a = b;`,
      "node/b.ts": `import type { a } from "./a.ts"; export const b = 1;`,
    };
    assert.deepEqual(rulesBroken(pair), ["cycle"]);
    const round = { ...pair, "node/b.ts": `export * from "./c.ts";`, "node/c.ts": `import "./a.ts";` };
    assert.deepEqual(rulesBroken(round), ["cycle"]);
  });
});

describe("the architecture check lets pass", () => {
  const planted: readonly [claim: string, path: string, source: string][] = [
    [
      "the door importing sim/ lazily",
      "node/commands/x.ts",
      `const { world } = await import("../../sim/run/world.ts");`,
    ],
    ["log/ using wire/", "protocol/log/x.ts", `import { encode } from "../wire/canonical.ts";`],
    [
      "pure packages",
      "protocol/wire/x.ts",
      `import { base58btc } from "multiformats/bases/base58"; import z from "zod";`,
    ],
    ["forbidden words in comments", "protocol/learn/x.ts", "// Date.now()\n/* process */ export const x = 1;"],
    ["imports in texts", "protocol/learn/x.ts", 'export const x = \'import fs from "fs"\', y = `import "fs"; Date`;'],
    ["forbidden words in patterns", "protocol/learn/x.ts", "export const x = /import('fs')|\"|Date`/.test('');"],
    ["members that are called like the host's", "protocol/learn/x.ts", "export const x = clock.performance?.console;"],
    ["a division that looks like a pattern", "protocol/learn/x.ts", "export const x = a / 2 / b; // '"],
    [
      "tests importing anything",
      "test/x.ts",
      `import "../sim/run/world.ts"; import "../node/clock.ts"; import "node:fs";`,
    ],
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
    const found = importsOf(tokenize(source)).map(({ specifier }) => specifier);
    assert.deepEqual(found, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "", "m"]);
  });
});

describe("functions of more than 60 lines", () => {
  it("are in the files that biome.json excuses, and each of these still has one: the list may only shrink", () => {
    const config = JSON.parse(readFileSync(join(TOP, "biome.json"), "utf8"));
    const isOff = (one: { linter?: { rules?: { complexity?: unknown } } }) =>
      one.linter?.rules?.complexity !== undefined;
    const excused: string[] = config.overrides.filter(isOff).flatMap((one: { includes: string[] }) => one.includes);
    const files = excused.filter((path) => path !== "test/**");
    const folder = mkdtempSync(join(tmpdir(), "hearsay-long-"));
    after(() => rmSync(folder, { recursive: true }));
    const strict = { ...config, plugins: [], vcs: { enabled: false }, overrides: [] };
    writeFileSync(join(folder, "biome.json"), JSON.stringify({ ...strict, $schema: undefined }));
    const args = [
      "lint",
      `--config-path=${folder}`,
      "--only=complexity/noExcessiveLinesPerFunction",
      "--reporter=github",
    ];
    const { stdout } = spawnSync("npx", ["biome", ...args, ...files], { cwd: TOP, encoding: "utf8" });
    for (const file of files) assert.ok(stdout.includes(file), `${file} has none any more: take it off the list`);
  });
});

describe("the tools turn red on planted files:", () => {
  const planted: readonly [path: string, source: string, rule: string][] = [
    [
      "protocol/giant.ts",
      `export function giant(): number {\n${"  nothing();\n".repeat(70)}  return 1;\n}\nfunction nothing(): void {}\n`,
      "noExcessiveLinesPerFunction",
    ],
    ["protocol/files.ts", `import { readFile } from "node:fs";\nexport const a = readFile;\n`, "noNodejsModules"],
    ["protocol/time.ts", "export const a = Date.now();\n", "noRestrictedGlobals"],
    ["protocol/print.ts", 'console.log("a");\n', "noRestrictedGlobals"],
    ["protocol/chance.ts", "export const a = Math.random();\n", "plugin"],
    ["protocol/learn/exp.ts", "export const a = Math.exp(1);\n", "plugin"],
    ["protocol/hyperbolic.ts", "export const a = [1].map(Math.cosh);\n", "plugin"],
    ["sim/maybe.ts", "export const a = Math?.atan2(1, 2);\n", "plugin"],
    ["sim/taken-out.ts", "export const { log1p } = Math;\n", "plugin"],
    ["sim/named.ts", 'export const a = Math["sin"](1);\n', "plugin"],
    ["sim/handed-on.ts", 'export const a = Reflect.get(Math, "expm1");\n', "plugin"],
    ["sim/plots/pow.ts", "export const a = Math.pow(1.1, 0.5);\n", "plugin"],
    ["sim/power.ts", "export const a = (b: number): number => b ** 2;\n", "plugin"],
    ["sim/root.ts", "export const a = 2 ** 0.5;\n", "plugin"],
    ["sim/power-of-2.ts", "export const a = (b: number): number => 2 ** b;\n", "plugin"],
    ["node/data/assigned.ts", "export let a = 3;\na **= 2;\n", "plugin"],
    ["node/engines/tanh.ts", "export const a = Math.tanh(1);\n", "plugin"],
    ["node/says.ts", 'process.stdout.write("a");\n', "plugin"],
    ["node/commands/complains.ts", 'process.stderr.write("a");\n', "plugin"],
    ["node/hands-on.ts", "export const a = process.stdout;\n", "plugin"],
    ["node/logs.ts", 'console.log("a");\n', "plugin"],
    ["sim/order.ts", `export const a = ["b"].sort((x, y) => x.localeCompare(y));\n`, "plugin"],
    ["protocol/numbers.ts", "export const a = (1e6).toLocaleString();\n", "plugin"],
    ["node/collator.ts", 'export const a = new Intl.Collator("de");\n', "plugin"],
    [
      "protocol/net.ts",
      `import { createLibp2p } from "libp2p";\nexport const a = createLibp2p;\n`,
      "noRestrictedImports",
    ],
    ["protocol/up.ts", `import { a } from "../node/clock.ts";\nexport const b = a;\n`, "noRestrictedImports"],
    [
      "sim/real.ts",
      `import { wallClock } from "../node/clock.ts";\nexport const a = wallClock;\n`,
      "noRestrictedImports",
    ],
    ["node/tested.ts", `import { a } from "../test/support/blobs.ts";\nexport const b = a;\n`, "noRestrictedImports"],
  ];
  const innocent: readonly [path: string, source: string][] = [
    [
      "protocol/settled.ts",
      "export const a = Math.floor(Math.sqrt(2 ** 20)) + Math.PI + Math.max(...[1].map(Math.abs));\n",
    ],
    ["test/reference.ts", "export const a = Math.exp(1) + 3 ** 0.5;\n"],
  ];
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "hearsay-planted-"));
    for (const name of [
      "biome.json",
      ".biome-no-random.grit",
      ".biome-same-bytes.grit",
      ".biome-terminal.grit",
      ".gitignore",
    ])
      cpSync(join(TOP, name), join(directory, name));
    for (const [path, source] of [...planted, ...innocent]) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), source);
    }
  });
  after(() => rmSync(directory, { recursive: true }));

  it("biome lint refuses each", () => {
    const biome = join(TOP, "node_modules", "@biomejs", "biome", "bin", "biome");
    const run = spawnSync(process.execPath, [biome, "lint", "--reporter=github", "."], {
      cwd: directory,
      encoding: "utf8",
    });
    assert.equal(run.status, 1, run.stdout + run.stderr);
    for (const [path, , rule] of planted) {
      const lines = run.stdout.split("\n").filter((line) => line.includes(path));
      assert.ok(
        lines.some((line) => line.includes("::error") && line.includes(rule)),
        `${path}: ${rule}\n${run.stdout}`,
      );
    }
    for (const [path] of innocent) assert.ok(!run.stdout.includes(path), `${path} is innocent\n${run.stdout}`);
  });

  it("the compiler finds no host in protocol/: there it knows nothing but the language and four classes", () => {
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({
        extends: join(TOP, "tsconfig.json"),
        compilerOptions: { types: [], noEmit: true, noUnusedLocals: false, rootDir: "/" },
        include: [join(TOP, "protocol"), "allowed.d.ts", "planted.ts"],
      }),
    );
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(directory, "allowed.d.ts"),
      `declare class TextEncoder { encode(text: string): Uint8Array<ArrayBuffer> }
       declare class TextDecoder {
         constructor(encoding?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
         decode(bytes: Uint8Array): string;
       }
       declare class AbortSignal {
         static any(signals: AbortSignal[]): AbortSignal;
         readonly aborted: boolean;
         readonly reason: unknown;
         addEventListener(type: "abort", listener: () => void, options?: { once: boolean }): void;
         removeEventListener(type: "abort", listener: () => void): void;
       }
       declare class AbortController { readonly signal: AbortSignal; abort(reason?: unknown): void }`,
    );
    const names = ["process", "console", "Buffer", "setTimeout", "performance", "fetch", "crypto", "require"];
    writeFileSync(
      join(directory, "planted.ts"),
      names.map((name, i) => `export const a${i}: unknown = ${name};\n`).join(""),
    );
    const tsc = join(TOP, "node_modules", "typescript", "bin", "tsc");
    const run = spawnSync(process.execPath, [tsc, "-p", directory, "--pretty", "false"], {
      cwd: directory,
      encoding: "utf8",
    });
    const errors = run.stdout.split("\n").filter((line) => line.includes("error TS"));
    assert.equal(errors.length, names.length, run.stdout + run.stderr);
    for (const name of names)
      assert.ok(
        errors.some((line) => line.includes("planted.ts") && line.includes(`'${name}'`)),
        `${name}\n${run.stdout}`,
      );
  });
});
