/** The command of the owner that runs when another release serves. */
import { spawn } from "node:child_process";
import type { ServedRelease } from "../../protocol/peer/release/serving.ts";

/** A command that hangs is ended, so that the next one can run. */
const WITHIN_MS = 60_000;

/** Runs one command after the other; of releases that come meanwhile only the newest is told. */
export function createOnPromote(
  command: string | undefined,
  modelPath: string,
  warn: (message: string) => void = () => {},
): (release: ServedRelease | undefined) => void {
  if (command === undefined) return () => {};
  let isRunning = false;
  let waiting: { readonly release: ServedRelease | undefined } | undefined;

  function run(release: ServedRelease | undefined): void {
    isRunning = true;
    const { name = "", id = "" } = release ?? {};
    const model = release === undefined ? "" : modelPath;
    const env = { ...process.env, HEARSAY_RELEASE: name, HEARSAY_RELEASE_ID: id, HEARSAY_MODEL: model };
    const child = spawn(command as string, { shell: true, env, stdio: "ignore", timeout: WITHIN_MS });
    const ended = (how: string) => {
      if (how !== "") warn(`release.onPromote: ${how}: ${command}`);
      isRunning = false;
      const next = waiting;
      waiting = undefined;
      if (next !== undefined) run(next.release);
    };
    child.once("error", (error) => ended(error.message));
    child.once("exit", (code, signal) => {
      if (signal !== null) ended(`ended by ${signal}; it has ${WITHIN_MS / 1000} s`);
      else ended(code === 0 ? "" : `ended with status ${code}`);
    });
  }

  return (release) => {
    if (isRunning) waiting = { release };
    else run(release);
  };
}
