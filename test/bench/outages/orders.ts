/** What bench:outages and the processes of its machines (host.ts) tell each other. A file of its own: host.ts runs when it is loaded. */

/** Parent to child. */
export type Order =
  | {
      readonly order: "start";
      readonly stateDir: string;
      readonly args: readonly string[];
      readonly logFile: string;
      /** The command line; that of the sources where left out. */
      readonly cli?: string;
    }
  | { readonly order: "end"; readonly signal: "SIGKILL" | "SIGTERM" };

/** Child to parent, while the peer answers; `atMs` of the wall clock, as in its log. */
export interface Seen {
  readonly atMs: number;
  readonly neighbours: number;
  readonly cycle: number;
  readonly addresses: readonly string[];
  /** Who speaks for its place; left out where there is none. */
  readonly gateway?: string;
  /** Of the model for predictions, on the hold-out. */
  readonly accuracy?: number;
}

/** Child to parent: the peer has ended, as was ordered. */
export const ENDED = "ended";
