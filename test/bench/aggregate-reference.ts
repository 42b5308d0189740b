/** What other libraries take for the same work: measured where a Python with numpy is found, else as it was recorded. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Library = "numpy" | "byzfl" | "byzpy";

export interface References {
  readonly reference: "measured" | "recorded";
  /** For so many rows. Undefined where it is not known. */
  ms(library: Library, kernel: string): number | undefined;
}

/** Milliseconds by library, kernel and number of rows. */
interface Recorded {
  readonly d: number;
  readonly ms: Readonly<Record<Library, Readonly<Record<string, Readonly<Record<string, number>>>>>>;
}

const TIMEOUT_MS = 300_000;
const script = fileURLToPath(new URL("./aggregate-reference.py", import.meta.url));
const recorded = JSON.parse(readFileSync(new URL("./aggregate-reference.json", import.meta.url), "utf8")) as Recorded;

/** Runs the Python of HEARSAY_PYTHON, else python3, for n rows of d coordinates, `liars` of them assumed to lie. */
export function references(n: number, d: number, liars: number): References {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env; // they would slow numpy down
  const python = process.env.HEARSAY_PYTHON ?? "python3";
  const { stdout } = spawnSync(python, [script, String(n), String(d), String(liars)], {
    env,
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = (stdout ?? "").split("\n").filter((line) => line !== "");
  const found = lines.map((line) => JSON.parse(line) as { library: Library; kernel: string; ms: number });
  const isMeasured = found.length > 0;
  return {
    reference: isMeasured ? "measured" : "recorded",
    ms(library, kernel) {
      if (isMeasured) return found.find((one) => one.library === library && one.kernel === kernel)?.ms;
      const ms = recorded.ms[library][kernel]?.[n];
      return ms === undefined ? undefined : (ms * d) / recorded.d;
    },
  };
}
