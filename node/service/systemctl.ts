/** systemd by its own program. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HearsayError } from "../../protocol/base/errors.ts";

const WITHIN_MS = 60_000;

/** Runs `systemctl`; what it prints. @throws HearsayError ERR_CONFIG where there is no systemd, or it refuses. */
export async function systemctl(isSystem: boolean, ...args: readonly string[]): Promise<string> {
  const words = isSystem ? args : ["--user", ...args];
  try {
    const { stdout } = await promisify(execFile)("systemctl", words, { timeout: WITHIN_MS });
    return stdout;
  } catch (cause) {
    const { code, stderr = "" } = cause as { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new HearsayError(
        "ERR_CONFIG",
        "there is no systemd on this machine: have your service manager run hearsay up; hearsay service install --print shows how",
      );
    const said = stderr.trim().split("\n")[0] ?? "";
    throw new HearsayError("ERR_CONFIG", `systemctl ${words.join(" ")}: ${said || "it failed"}`, {}, cause);
  }
}
