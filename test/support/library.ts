/** The library as npm installs it: compiled from the sources as they are now, in a project of its own beside the packages that a user gets. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { copyBundle } from "./bundled-cli.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const TSC = join(ROOT, "node_modules/.bin/tsc");
const run = promisify(execFile);

export interface Project {
  /** Where the program of a user lies. */
  readonly folder: string;
  /** Writes a file of the user. */
  write(name: string, text: string): Promise<string>;
  /** Type-checks a file as the strictest project of a user does. @param all the types of all packages too. @throws where there are faults, with tsc's words. */
  check(name: string, all?: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Only the dependencies of package.json are in reach: whatever else the library needed, it would not find. */
export async function installLibrary(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-library-"));
  const modules = join(folder, "node_modules");
  const own = join(modules, "hearsay");
  await mkdir(own, { recursive: true });
  await run(TSC, ["-p", join(ROOT, "node"), "--outDir", join(own, "dist")], { cwd: ROOT });
  await run(TSC, ["-p", join(ROOT, "node/tsconfig.sim.json"), "--outDir", join(own, "dist")], { cwd: ROOT });
  await copyBundle(join(own, "dist/cli"));
  await cp(join(ROOT, "node/data/sets"), join(own, "node/data/sets"), { recursive: true });
  await cp(join(ROOT, "package.json"), join(own, "package.json"));
  const { dependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  for (const name of [...Object.keys(dependencies), "@types/node"]) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  return {
    folder,
    write,
    async check(name, all = false) {
      const options = {
        ...{ strict: true, noEmit: true, module: "nodenext", target: "es2024", types: ["node"] },
        ...{ allowImportingTsExtensions: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
      };
      await write(
        "tsconfig.json",
        JSON.stringify({ compilerOptions: { ...options, skipLibCheck: !all }, files: [name] }),
      );
      await run(TSC, ["-p", folder], { cwd: folder }).catch((error: { stdout?: string }) => {
        throw new Error(error.stdout || String(error));
      });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
