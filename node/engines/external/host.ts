/** Where trainers come from: a process that is started, or one that attaches to a socket. */
import type { Channel } from "./channel.ts";

/** A trainer that can be asked. */
export interface Attached {
  readonly channel: Channel;
  /** Its process, where it was started here. */
  readonly pid?: number;
  /** Ends it, with all that it started; resolves when it has ended, or has been left to itself. */
  end(): Promise<void>;
}

export interface TrainerHost {
  /** A command or a place, for people. */
  readonly what: string;
  /**
   * A trainer, started anew where it has to be. @param isFirst the peer has just begun, and may wait.
   * @throws HearsayError ERR_TRAINER where there is none.
   */
  open(isFirst: boolean): Promise<Attached>;
  close(): Promise<void>;
}
