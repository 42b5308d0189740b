/**
 * What a peer tells a service manager that waits for it (sd_notify(3)): that it learns, that it is alive, that it ends. Node has no sockets of this kind, so
 * the program systemd-notify tells it. Without a manager nothing is told.
 */
import { execFile } from "node:child_process";

export interface ServiceNotice {
  /** It learns; from now on it says in time that it is alive. */
  ready(status: string): void;
  stopping(): void;
}

const SILENT: ServiceNotice = { ready() {}, stopping() {} };
const TELL_WITHIN_MS = 10_000;

/** @param warn is told once where the manager cannot be reached. */
export function openServiceNotice(
  warn: (message: string) => void,
  environment: NodeJS.ProcessEnv = process.env,
): ServiceNotice {
  const { NOTIFY_SOCKET, WATCHDOG_USEC } = environment;
  if (NOTIFY_SOCKET === undefined) return SILENT;
  let failed = false;
  const tell = (...words: readonly string[]) => {
    const done = (error: Error | null) => {
      if (error !== null && !failed) warn(`the service manager is not told anything: ${error.message}`);
      failed ||= error !== null;
    };
    execFile("systemd-notify", [`--pid=${process.pid}`, ...words], { env: environment, timeout: TELL_WITHIN_MS }, done);
  };
  const everyMs = Number(WATCHDOG_USEC) / 1000 / 3;
  return {
    ready(status) {
      tell("--ready", `--status=${status}`);
      if (everyMs > 0) setInterval(() => tell("WATCHDOG=1"), everyMs).unref();
    },
    stopping: () => tell("STOPPING=1"),
  };
}
