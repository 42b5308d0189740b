/** The command line as npm installs it: bundled from the sources as they are now, beside the packages that the bundle leaves out. */
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundle, EXTERNAL } from "../../node/build.ts";

const ROOT = join(import.meta.dirname, "..", "..");

export interface Installed {
  /** Path of the command. */
  readonly cli: string;
  remove(): Promise<void>;
}

/** Only the packages that `node/build.ts` names are in its reach: whatever else the bundle needed, it would not find. */
export async function installBundle(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-installed-"));
  const modules = join(folder, "node_modules");
  const own = join(modules, "hearsay");
  await bundle(join(own, "dist/cli"));
  for (const path of ["package.json", "node/data/sets"])
    await cp(join(ROOT, path), join(own, path), { recursive: true });
  for (const name of EXTERNAL.map((name) => name.replace("/*", ""))) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  return { cli: join(own, "dist/cli/cli.js"), remove: () => rm(folder, { recursive: true, force: true }) };
}
