/**
 * What `npm install hearsay --omit=dev` puts on a disk: the packed tarball, and its folder of node_modules after an install into an empty
 * project. Needs npm and the registry, or a cache that has the packages: npm takes from the cache what is there. Install scripts do not run:
 * the library that `@tensorflow/tfjs-node` would download is not counted, and neither is that package where npm leaves it out.
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Benchmark, Outcome } from "./benchmark.ts";
import { figure } from "./statistics.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

export const benchmark: Benchmark = {
  title: "disk space of npm install hearsay --omit=dev, without optional packages; megabytes",
  async run(scratch) {
    const tarball = await pack(scratch);
    const project = join(scratch, "project");
    await mkdir(project);
    await writeFile(join(project, "package.json"), '{"private":true}');
    try {
      await npm(project, "install", "--omit=dev", "--omit=optional", "--prefer-offline", ...QUIET, tarball);
    } catch (error) {
      return { rows: [], notes: [`not installed, no figure: ${firstLine(error)}`] };
    }
    return sizesOf(project, tarball);
  },
};

async function sizesOf(project: string, tarball: string): Promise<Outcome> {
  const modules = join(project, "node_modules");
  const lock = JSON.parse(await readFile(join(modules, ".package-lock.json"), "utf8"));
  const megabytes = async (path: string) => figure((await sizeOf(path)) / 1e6);
  const row = {
    packages: Object.keys(lock.packages).length,
    all: await megabytes(modules),
    tensorflow: await megabytes(join(modules, "@tensorflow")),
    hearsay: await megabytes(join(modules, "hearsay")),
    tarball: await megabytes(tarball),
  };
  return { rows: [row], notes: [] };
}

/** `npm pack` of what `npm run build` made. */
async function pack(folder: string): Promise<string> {
  const { stdout } = await npm(ROOT, "pack", "--json", `--pack-destination=${folder}`, ...QUIET);
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (packed === undefined) throw new Error("npm pack made nothing");
  return join(folder, packed.filename);
}

function npm(folder: string, ...args: string[]): Promise<{ stdout: string }> {
  return promisify(execFile)("npm", args, { cwd: folder, maxBuffer: 2 ** 24 });
}

/** Bytes of all files below a path, as they are counted by their length. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function firstLine(error: unknown): string {
  return String((error as { stderr?: string }).stderr || error).split("\n")[0] as string;
}
