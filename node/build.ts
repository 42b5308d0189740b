/**
 * The bundle of the command line, a part of `npm run build`: Hearsay and most of the packages that it needs, minified, in `dist/cli/`. A peer
 * that runs from it starts sooner and holds less memory, since Node keeps the text of all modules (README.md, "Memory").
 *
 * All files lie in one folder, so that `new URL("./worker.js", import.meta.url)` leads to the same file from each of them.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/**
 * What is started by its path: the command, threads, peers of the demo; and the simulator as a library, which shares its parts with the command. What is
 * loaded by `import()` has a file too, by itself.
 */
export const ENTRIES: readonly string[] = [
  "node/cli.ts",
  "node/commands/demo/peer-process.ts",
  "node/commands/sim/sim-worker.ts",
  "node/engines/merge-worker.ts",
  "node/engines/thread.ts",
  "node/engines/worker.ts",
  "node/api/log-verifier-thread.ts",
  "node/simulator.ts",
];

/** Packages that load files beside their own (addons, threads, .wasm), or are large and seldom needed: they stay in node_modules. */
export const EXTERNAL: readonly string[] = [
  "@observablehq/plot",
  "@tensorflow/*",
  "level",
  "libsodium-wrappers-sumo",
  "linkedom",
  "node-seal",
  "piscina",
];

/** Of the page, as they are. */
const PAGE_FILES = ["index.html", "demo.html", "icon.svg"];

/** CommonJS modules load Node's own by `require`, which an ES module has not. */
const REQUIRE =
  'import{createRequire as createBundleRequire}from"node:module";const require=createBundleRequire(import.meta.url);';

/**
 * Modules of Node of which some parts are loaded when they are first looked at. An import statement looks at all parts: that of `node:http` loads the client for
 * fetch and WebSocket, 6 MiB of heap. `require` looks at none.
 */
const PARTS_ON_DEMAND: Plugin = {
  name: "parts on demand",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(http|process)$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace: "on-demand" } : { path, external: true },
    );
    onLoad({ filter: /.*/, namespace: "on-demand" }, ({ path }) => ({
      contents: `module.exports = require("${path}");`,
    }));
  },
};

const LICENSES = "THIRD-PARTY-LICENSES.txt";
const LINE = `\n\n${"-".repeat(80)}\n\n`;

if (import.meta.main) await bundle(join(ROOT, "dist/cli"));

/** Writes `cli.js`, what it loads, and the licences of what is in them, into a folder; what was there is deleted. */
export async function bundle(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [...ENTRIES],
    external: [...EXTERNAL],
    outdir: folder,
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    plugins: [PARTS_ON_DEMAND],
    minify: true,
    charset: "ascii", // V8 takes two bytes a character for a text with others
    banner: { js: REQUIRE },
    sourcemap: "linked", // read under `node --enable-source-maps` alone
    sourcesContent: false,
    legalComments: "external",
    metafile: true,
    logLevel: "warning",
  });
  const page = await bundlePage(join(folder, "page"));
  const packages = [...new Set([metafile, page].flatMap(packagesIn))].toSorted();
  const licenses = [...packages.map(licenseOf), ...takeLegalComments(folder)];
  writeFileSync(join(folder, LICENSES), `${licenses.join(LINE)}\n`);
}

/** Writes what a browser loads of the page into a folder: a script, a style, and the files as they are. */
async function bundlePage(folder: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [
      { in: "node/page/main.ts", out: "page" },
      { in: "node/page/demo-main.ts", out: "demo" },
      { in: "node/page/page.css", out: "page" },
    ],
    outdir: folder,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none", // THIRD-PARTY-LICENSES.txt has the licences of these packages whole
    metafile: true,
    logLevel: "warning",
  });
  for (const file of PAGE_FILES) cpSync(join(ROOT, "node/page", file), join(folder, file));
  return metafile;
}

/** Folders of packages of which something is in the bundle. */
function packagesIn({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders)].filter((path) => path !== undefined).toSorted();
}

/** Name, version and kind of licence, and the text of it where the package has one. */
function licenseOf(path: string): string {
  const within = join(ROOT, path);
  const { name, version, license, homepage = "" } = JSON.parse(readFileSync(join(within, "package.json"), "utf8"));
  const texts = readdirSync(within)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) => readFileSync(join(within, file), "utf8").trim());
  return [`${name} ${version} (${license}) ${homepage}`.trim(), ...texts].join("\n\n");
}

/** Notices that stand in the code: esbuild writes them beside each file. */
function takeLegalComments(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".LEGAL.txt"));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  for (const file of files) rmSync(join(folder, file));
  return [...new Set(texts)];
}
