/** Where the files that ship with the package lie: the code runs from source (node/), compiled (dist/node/) or bundled (dist/cli/). */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HearsayError } from "../../protocol/base/errors.ts";

const NAME = "hearsay";

/**
 * The nearest folder above the module `from` whose package.json has the name hearsay.
 * @throws HearsayError ERR_STATE where there is none: the installation is incomplete.
 */
export function packageRoot(from: string = import.meta.url): string {
  const start = dirname(fileURLToPath(from));
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === NAME) return folder;
    if (dirname(folder) === folder) {
      throw new HearsayError("ERR_STATE", `no package.json of ${NAME} above ${start}: install the package again`, {
        start,
      });
    }
  }
}

/** Of the package that runs. */
export function packageVersion(): string {
  return String(JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version);
}
