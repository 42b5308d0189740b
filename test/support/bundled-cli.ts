/**
 * The command line that end-to-end tests run: the bundle that ships (node/build.ts), made of the sources as they are. A process starts from it with half of the
 * CPU time that the sources take. And one file of a program that a test starts many times.
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const SHELF = join(ROOT, "node_modules/.cache/hearsay-tests-cli");
/** A bundle that no run can use any more. */
const OLD_MS = 24 * 3_600_000;

let made: Promise<string> | undefined;

/** Path of the command; several processes may ask at once. */
export function bundledCli(): Promise<string> {
  made ??= make();
  return made;
}

/** The bundle once more, at a place of its own. */
export async function copyBundle(folder: string): Promise<void> {
  await cp(dirname(await bundledCli()), folder, { recursive: true });
}

/** Makes one file of a program of the tests, for who starts it many times; its path. `remove` deletes it. */
export async function bundledProgram(entry: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  await mkdir(SHELF, { recursive: true }); // packages that stay outside are found from there
  const path = join(SHELF, `${randomUUID()}.mjs`);
  const [{ build }, { EXTERNAL }] = await Promise.all([import("esbuild"), import("../../node/build.ts")]);
  await build({
    ...{ entryPoints: [entry], outfile: path, external: [...EXTERNAL], logLevel: "warning" },
    ...{ bundle: true, format: "esm", platform: "node", minify: true },
  });
  return { path, remove: () => rm(path) };
}

async function make(): Promise<string> {
  const folder = join(SHELF, await stateOfSources());
  if (!existsSync(folder)) {
    await forgetOld();
    const { bundle } = await import("../../node/build.ts");
    const unfinished = `${folder}-${randomUUID()}`;
    await bundle(unfinished);
    await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true })); // another process was quicker
  }
  return join(folder, "cli.js");
}

/** Changes with every source and every package. */
async function stateOfSources(): Promise<string> {
  const hash = createHash("sha256");
  const paths = ["package-lock.json"];
  for (const room of ["protocol", "node", "sim"])
    for (const path of await readdir(join(ROOT, room), { recursive: true }))
      if (/\.(ts|css|html)$/.test(path)) paths.push(join(room, path));
  for (const path of paths.toSorted()) {
    const { size, mtimeMs } = await stat(join(ROOT, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

async function forgetOld(): Promise<void> {
  await mkdir(SHELF, { recursive: true });
  for (const name of await readdir(SHELF)) {
    const { mtimeMs } = await stat(join(SHELF, name));
    if (Date.now() - mtimeMs > OLD_MS) await rm(join(SHELF, name), { recursive: true, force: true });
  }
}
