/**
 * Signals that ask a process to end: SIGINT (Ctrl-C), SIGTERM, and SIGHUP, which comes when its terminal is closed.
 *
 * Node gives every signal its usual effect when it starts, so that what `nohup` did is undone and cannot be asked for. It leaves traces, which
 * are looked for: the name of the command in the variable `_` (bash, zsh), its file nohup.out, standard input that cannot be read. A
 * parent that ignores SIGHUP, such as a shell under nohup, counts as well.
 */
import { fstatSync, readFileSync, readlinkSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { tell } from "./terminal.ts";

export interface StopSignals {
  /** The first signal. */
  readonly asked: Promise<StopSignal>;
  /** The signals have their usual effect again. */
  dispose(): void;
}

export type StopSignal = keyof typeof NUMBERS;

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const SIGNALS = Object.keys(NUMBERS) as readonly StopSignal[];
/** npm passes Ctrl-C on to a process that had it from the terminal already: no second wish within this time. */
const SAME_WISH_MS = 300;

/** The exit status that shells expect of a process that a signal ended. */
export function statusAfter(signal: StopSignal): number {
  return 128 + NUMBERS[signal];
}

/** What a second signal does, with a word on standard error. */
export function endNow(signal: StopSignal): never {
  tell(`ended at once, on a second ${signal}\n`);
  process.exit(statusAfter(signal));
}

/**
 * Takes the signals over.
 * @param onSecond what a second signal does: it must end the process.
 */
export function onStopSignals(onSecond: (signal: StopSignal) => void): StopSignals {
  const first = Promise.withResolvers<StopSignal>();
  const hangsUp = !survivesHangup();
  let firstMs: number | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    const signal = name as StopSignal;
    if (signal === "SIGHUP" && !hangsUp) return;
    if (firstMs === undefined) {
      firstMs = performance.now();
      first.resolve(signal);
    } else if (performance.now() - firstMs > SAME_WISH_MS) onSecond(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    asked: first.promise,
    dispose() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** Whether this process was started to outlive its terminal. */
function survivesHangup(): boolean {
  return (
    basename(process.env._ ?? "") === "nohup" ||
    [1, 2].some((fd) => basename(attempt(() => readlinkSync(`/proc/self/fd/${fd}`)) ?? "") === "nohup.out") ||
    isUnreadableNull(0) ||
    ignoresHangup(process.ppid)
  );
}

/** What nohup puts in place of a terminal: /dev/null, opened for writing. */
function isUnreadableNull(fd: number): boolean {
  const isNull = attempt(() => fstatSync(fd).rdev === statSync("/dev/null").rdev) ?? false;
  return isNull && attempt(() => readSync(fd, new Uint8Array(1))) === undefined;
}

/** Linux tells it of any process of the same user. */
function ignoresHangup(pid: number): boolean {
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, "utf8"));
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status ?? "")?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & 1n) === 1n;
}

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
