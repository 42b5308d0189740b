/** The command line as npm installs it: a bundle beside the packages that it leaves out. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { EXTERNAL } from "../../node/build.ts";
import { copyBundle } from "./bundled-cli.ts";

const ROOT = join(import.meta.dirname, "..", "..");

export interface Installed {
  /** Path of the command. */
  readonly cli: string;
  remove(): Promise<void>;
}

/** Bundled from the sources as they are now. */
export function installBundle(): Promise<Installed> {
  return install(copyBundle);
}

/** `hearsay up` of an older version, from test/fixtures: the last one with protocol 1, or the one before this. */
export function installOlder(which: "v1" | "before"): Promise<Installed> {
  return install(async (folder) => {
    await mkdir(folder, { recursive: true });
    const archive = join(ROOT, "test/fixtures", which, "peer.tgz");
    await promisify(execFile)("tar", ["-xzf", archive, "--strip-components=1", "-C", folder]);
  });
}

/** Only the packages that `node/build.ts` names are in its reach: whatever else the bundle needed, it would not find. */
async function install(fill: (folder: string) => Promise<unknown>): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-installed-"));
  const modules = join(folder, "node_modules");
  const own = join(modules, "hearsay");
  await fill(join(own, "dist/cli"));
  for (const path of ["package.json", "node/data/sets"])
    await cp(join(ROOT, path), join(own, path), { recursive: true });
  for (const name of EXTERNAL.map((name) => name.replace("/*", ""))) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  return { cli: join(own, "dist/cli/cli.js"), remove: () => rm(folder, { recursive: true, force: true }) };
}
