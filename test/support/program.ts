/** Programs that some tests need and Node does not bring. Where one is missing its test is skipped, with words; where CI or HEARSAY_CI is set, it fails. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where `.ci/run` installs Python packages. */
const CI_PYTHON = join(import.meta.dirname, "../../node_modules/.cache/hearsay-python/bin/python");
const PYTHONS = [process.env.HEARSAY_PYTHON, CI_PYTHON, "python3", "/usr/bin/python3"];

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
