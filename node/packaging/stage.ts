/**
 * An installation as packages for machines hold it: the command, the packages of npm that it loads, and Node itself, under /usr/lib/hearsay. It needs the C and
 * C++ libraries of the system, and nothing else.
 *
 * Made of the checkout as it is: `npm ci` and `npm run build` come first. Nothing is fetched.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Where it lies, below the root of the system. */
export const HOME = "usr/lib/hearsay";
/** Node and the command line, as a system that holds it starts them. */
export const NODE_AND_CLI: readonly [node: string, cli: string] = [`/${HOME}/bin/node`, `/${HOME}/dist/cli/cli.js`];

/**
 * tfjs-node is 144 MB with what it needs, and of use only with a library that npm fetches from elsewhere when it installs; the engine takes WebAssembly in its
 * place.
 */
const LEFT_OUT: readonly string[] = ["@tensorflow/tfjs-node"];

/** What package.json says. */
export interface Facts {
  readonly version: string;
  readonly license: string;
  readonly description: string;
}

interface Manifest extends Facts {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Of the package Hearsay. */
export function packageFacts(): Facts {
  return manifestIn(ROOT);
}

/** Writes the installation below `root`, with the licences of what is in it. */
export function stageInstallation(root: string): void {
  chmodSync(root, 0o755);
  const home = join(root, HOME);
  for (const path of ["package.json", "dist", "node/data/sets", "LICENSE", ...loadedPackages()])
    cpSync(join(ROOT, path), join(home, path), { recursive: true, verbatimSymlinks: true, filter: isNeeded });
  mkdirSync(join(home, "bin"), { recursive: true });
  cpSync(realpathSync(process.execPath), join(home, "bin/node"));
  const { license } = packageFacts();
  put(
    root,
    "usr/share/doc/hearsay/copyright",
    `License: ${license}; those of others: /${HOME}/dist/cli/THIRD-PARTY-LICENSES.txt, and beside each package in /${HOME}/node_modules\n`,
  );
}

/** Writes a file of the staged system, with its folders. */
export function put(root: string, path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

/** Maps to sources and declarations are half of some packages, and nothing reads them. */
function isNeeded(path: string): boolean {
  return !/\.(map|d\.[cm]?ts)$/.test(path);
}

/** What the command loads from node_modules, and what plugins of experiments may: paths from the root of the checkout. */
function loadedPackages(): string[] {
  const { dependencies, optionalDependencies } = manifestIn(ROOT);
  const found = new Set<string>();
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
    if (!LEFT_OUT.includes(name)) addPackage(ROOT, name, found);
  return [...found].map((folder) => relative(ROOT, folder));
}

/** Adds the folder in which `user` finds a package, and those of all that it needs; what is optional may be missing. */
function addPackage(user: string, name: string, found: Set<string>): void {
  const folder = folderOf(user, name);
  if (folder === undefined || found.has(folder)) return;
  found.add(folder);
  const { dependencies, optionalDependencies } = manifestIn(folder);
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) addPackage(folder, needed, found);
}

/** As Node looks for it: in `node_modules` of the folder, and of those above. */
function folderOf(user: string, name: string): string | undefined {
  for (let folder = user; folder.startsWith(ROOT); folder = dirname(folder)) {
    const here = join(folder, "node_modules", name);
    if (existsSync(join(here, "package.json"))) return here;
  }
  return undefined;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
