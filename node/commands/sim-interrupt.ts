/** Ctrl-C, and SIGTERM as Slurm and Kubernetes send it: end cleanly, with the exit status that shells expect. */

export interface Interrupt {
  /** Rejects once the user or the system asks to stop; never resolves. */
  readonly asked: Promise<never>;
  /** The signals have their usual effect again. */
  dispose(): void;
}

const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

export class Interrupted extends Error {
  readonly exitStatus: number;

  constructor(signal: keyof typeof STATUS) {
    super(`stopped by ${signal}`);
    this.exitStatus = STATUS[signal];
  }
}

/** A second signal ends the process at once. */
export function onInterrupt(): Interrupt {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // whoever waits hears of it
  const stop = (signal: NodeJS.Signals) => {
    dispose();
    reject(new Interrupted(signal as keyof typeof STATUS));
  };
  const dispose = () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return { asked: promise, dispose };
}
