/** Programs that some tests need and Node does not bring. Where one is missing its test is skipped, with words; where CI or HEARSAY_CI is set, it fails. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first is the developer's, or that of `.ci/run`, which installs packages for it. */
const PYTHONS = [process.env.HEARSAY_PYTHON, "python3", "/usr/bin/python3"];

export interface FoundPython {
  /** The first Python that can import these modules; undefined where none can. */
  readonly python?: string;
  /** For `skip` of a test: false where it can run, or has to fail. */
  readonly skip: false | string;
}

/** @param isOptional what is too large for CI: its tests are skipped there too. */
export function pythonWith(modules: readonly string[], isOptional = false): FoundPython {
  const python = PYTHONS.find((program) => program !== undefined && imports(program, modules));
  if (python !== undefined) return { python, skip: false };
  const isCi = process.env.CI !== undefined || process.env.HEARSAY_CI !== undefined;
  return {
    skip: isCi && !isOptional ? false : `no Python here can import ${modules.join(", ")}; name one in HEARSAY_PYTHON`,
  };
}

function imports(program: string, modules: readonly string[]): boolean {
  if (program.includes("/") && !existsSync(program)) return false;
  return spawnSync(program, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" }).status === 0;
}

/** The path of the first of these programs that is there; undefined where none is. @throws Error on CI, where all have to be. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of names) for (const folder of folders) if (isProgram(join(folder, name))) return join(folder, name);
  if (process.env.CI || process.env.HEARSAY_CI) throw new Error(`none of ${names.join(", ")} is here: install it`);
  return undefined;
}

/** What `skip` of a test takes: false where the program is there. */
export function withoutProgram(found: string | undefined, name: string): string | false {
  return found === undefined ? `there is no ${name} on this machine` : false;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
