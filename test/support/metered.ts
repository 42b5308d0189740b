/** Peers with a budget, each in a process of its own (process-metered.ts) that tells ten times a second what went through its sockets. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Rate } from "../../protocol/base/bounded.ts";
import { sourceEnvironment } from "./process.ts";
import type { MeteredAssignment, Sample } from "./process-metered.ts";

const CHILD = fileURLToPath(new URL("./process-metered.ts", import.meta.url));

export interface Metered {
  readonly child: ChildProcess;
  readonly samples: Sample[];
  readonly startedMs: number;
}

/** Resolves with its first sample. Rejects where it ends before. */
export async function startMetered(assignment: MeteredAssignment): Promise<Metered> {
  const child = fork(CHILD, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [], env: sourceEnvironment() });
  const samples: Sample[] = [];
  child.on("message", (sample: Sample) => samples.push(sample));
  const startedMs = Date.now();
  child.send(assignment);
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`a metered peer ended with ${code ?? signal}`);
  });
  await Promise.race([once(child, "message"), ended]);
  ended.catch(() => {}); // from now on whoever wants it hears of it from the child
  return { child, samples, startedMs };
}

export async function killMetered({ child }: Metered): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/**
 * What breaks the bucket in words, or undefined where every sample holds it.
 * @param before bytes of earlier processes on the same state directory. @param sinceMs when the bucket was full.
 */
export function overspent(
  samples: readonly Sample[],
  { burst, perSecond }: Rate,
  { before = 0, sinceMs }: { readonly before?: number; readonly sinceMs: number },
): string | undefined {
  for (const { atMs, socketBytes, spentBytes, leftBytes } of samples) {
    const most = burst + (perSecond * (atMs - sinceMs)) / 1000;
    if (before + socketBytes > most) return `${before} + ${socketBytes} of ${most} bytes after ${atMs - sinceMs} ms`;
    if (spentBytes < socketBytes || leftBytes < 0)
      return `${spentBytes} counted of ${socketBytes}, ${leftBytes} bytes left`;
  }
  return undefined;
}
