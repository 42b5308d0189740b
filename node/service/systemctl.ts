/** systemd by its own program. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HearsayError } from "../../protocol/base/errors.ts";

const WITHIN_SECONDS = 60;

/** Runs `systemctl`, for a minute at most; what it prints. @throws HearsayError ERR_CONFIG where there is no systemd, it refuses, or it takes longer. */
export function systemctl(isSystem: boolean, ...args: readonly string[]): Promise<string> {
  return systemctlWithin(WITHIN_SECONDS, isSystem, ...args);
}

/** The same with another bound: a start lasts until the peer learns. */
export async function systemctlWithin(seconds: number, isSystem: boolean, ...args: readonly string[]): Promise<string> {
  const words = isSystem ? args : ["--user", ...args];
  try {
    const { stdout } = await promisify(execFile)("systemctl", words, { timeout: 1000 * seconds });
    return stdout;
  } catch (cause) {
    const { code, killed, stderr = "" } = cause as { code?: unknown; killed?: boolean; stderr?: string };
    if (killed)
      throw new HearsayError(
        "ERR_CONFIG",
        `systemctl ${words.join(" ")}: no end after ${seconds} s; systemctl status says how far it came`,
        {},
        cause,
      );
    if (code === "ENOENT")
      throw new HearsayError(
        "ERR_CONFIG",
        "there is no systemd on this machine: have your service manager run hearsay up; hearsay service install --print shows how",
      );
    const said = stderr.trim().split("\n")[0] ?? "";
    throw new HearsayError("ERR_CONFIG", `systemctl ${words.join(" ")}: ${said || "it failed"}`, {}, cause);
  }
}
