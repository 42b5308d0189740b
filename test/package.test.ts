/** What package.json makes a user install: all that the library and the bundle load at run time, and nothing for drawing. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { build } from "esbuild";
import { ENTRIES, EXTERNAL } from "../node/build.ts";

const ROOT = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const installed = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
const optionalPeers = Object.keys(manifest.peerDependencies).filter(
  (name) => manifest.peerDependenciesMeta[name]?.optional,
);

/** `@a/b/c` -> `@a/b`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Whether the bundle leaves it out: by its name, or with all of its scope. */
function isOutside(name: string): boolean {
  return EXTERNAL.some(
    (pattern) => pattern === name || (pattern.endsWith("/*") && name.startsWith(pattern.slice(0, -1))),
  );
}

describe("package.json", () => {
  let loaded: Set<string>;

  before(async () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, "node/tsconfig.json"), "utf8"));
    const entryPoints = [
      ...files.map((file: string) => `node/${file}`),
      ...globSync("protocol/**/*.ts", { cwd: ROOT }),
    ];
    const options = { bundle: true, format: "esm", packages: "external", platform: "node", write: false } as const;
    const { metafile } = await build({
      ...options,
      entryPoints,
      absWorkingDir: ROOT,
      outdir: "none",
      metafile: true,
      logLevel: "silent",
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    loaded = new Set(imports.filter(({ external }) => external).map(({ path }) => packageOf(path)));
  });

  it("has every package that the library loads among its dependencies", () => {
    assert.ok(loaded.has("libp2p") && loaded.has("zod"));
    const missing = [...loaded].filter(
      (name) => !name.startsWith("node:") && !builtinModules.includes(name) && !installed.has(name),
    );
    assert.deepEqual(missing, []);
  });

  it("has every package that stays out of the bundle among its dependencies or optional peers", () => {
    const outside = EXTERNAL.filter((name) => !name.endsWith("/*"));
    assert.deepEqual(
      outside.filter((name) => !installed.has(name) && !optionalPeers.includes(name)),
      [],
    );
  });

  it("lets nobody install what draws: optional peers, of the versions that are tested", () => {
    assert.deepEqual(optionalPeers, ["@observablehq/plot", "linkedom"]);
    for (const name of optionalPeers) {
      assert.ok(!installed.has(name), name);
      assert.equal(manifest.peerDependencies[name], manifest.devDependencies[name]);
    }
  });

  it("lets nobody install what is in the bundle alone", () => {
    const types = ["@libp2p/interface"]; // of the library's declarations
    const needless = Object.keys(manifest.dependencies).filter(
      (name) => !loaded.has(name) && !isOutside(name) && !types.includes(name),
    );
    assert.deepEqual(needless, []);
  });

  it("has a file for everything that a source starts by its path, in the bundle, and in the library for engines", () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, "node/tsconfig.json"), "utf8"));
    const started = globSync("node/**/*.ts", { cwd: ROOT }).flatMap((path) => {
      const found = readFileSync(join(ROOT, path), "utf8").matchAll(/new URL\(`\.\/([\w-]+)\.?\$\{/g);
      return [...found].map(([, name]) => join(dirname(path), `${name}.ts`));
    });
    assert.ok(started.length >= 6, started.join(" "));
    assert.deepEqual(
      started.filter((path) => !ENTRIES.includes(path)),
      [],
    );
    const engines = started.filter((path) => path.startsWith("node/engines/"));
    assert.deepEqual(
      engines.filter((path) => !files.includes(path.slice("node/".length))),
      [],
    );
  });
});
