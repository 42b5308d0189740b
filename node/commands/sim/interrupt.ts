/** Ctrl-C, SIGTERM as Slurm and Kubernetes send it, and a terminal that is closed: end cleanly, with the exit status that shells expect. */
import { endNow, onStopSignals, type StopSignal, statusAfter } from "../../terminal/stop-signals.ts";

export interface Interrupt {
  /** Rejects once the user or the system asks to stop; never resolves. */
  readonly asked: Promise<never>;
  /** The signals have their usual effect again. */
  dispose(): void;
}

export class Interrupted extends Error {
  readonly exitStatus: number;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.exitStatus = statusAfter(signal);
  }
}

/** A second signal ends the process at once. */
export function onInterrupt(): Interrupt {
  const signals = onStopSignals(endNow);
  const asked = signals.asked.then((signal) => {
    throw new Interrupted(signal);
  });
  asked.catch(() => {}); // whoever waits hears of it
  return { asked, dispose: signals.dispose };
}
