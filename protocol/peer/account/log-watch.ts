/**
 * What another peer shows of its log to an auditor, held against what it announced to this peer. A liar may announce one head, and show the
 * other head only to peers that ask for its checkpoint and its entries. The first peer that hears both finds it out.
 *
 *     checkpoint   of a size that it announced with another root: evidence. Of another size: in doubt, until it proves with its next model that both
 *                  are of one log (doubts.ts)
 *     entries      another entry than it announced: evidence
 */
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId, Verdict } from "../../base/seams.ts";
import { forkBetween, type SignedStatement } from "../../log/entry/evidence.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { announcedState, checkpointState, type SignedState } from "./signed-state.ts";

export interface LogWatch {
  /** A checkpoint note that was shown. */
  checkpoint(note: string): void;
  /** Entries that were shown, which should stand from this place on. */
  entries(from: number, signed: readonly Uint8Array[]): void;
  /** All has been shown. Evidence that came to light is acted on now: the connection ends with it. */
  end(): void;
}

/** What this peer knows of the logs of others. */
export interface OtherLogs {
  /** Holds what is fetched of a log against what its author announced. */
  watch(author: PeerId, generation: number): LogWatch;
  /** Announcements of the author about that log, the newest first: to hold a copy of it against. */
  heads(author: PeerId, generation: number): readonly Announcement[];
  /** Evidence that the owner of this peer found in files: treated like what comes by gossip. */
  found(evidence: Uint8Array): Verdict;
}

export interface OtherLogsOptions {
  readonly taskId: Uint8Array;
  readonly crypto: Crypto;
  /** The announcements of an author that are known, the newest first. */
  announcedBy(author: PeerId): readonly Announcement[];
  doubt(state: SignedState): void;
  onFork(evidence: Uint8Array): Verdict;
}

export function createOtherLogs(options: OtherLogsOptions): OtherLogs {
  const { announcedBy, onFork } = options;
  const of = (author: PeerId, generation: number) =>
    announcedBy(author).filter((announced) => announced.generation === generation);
  return {
    watch: (author, generation) => createWatch(options, author, generation, () => of(author, generation)),
    heads: of,
    found: onFork,
  };
}

function createWatch(
  { taskId, crypto, announcedBy, doubt, onFork }: OtherLogsOptions,
  author: PeerId,
  generation: number,
  known: () => readonly Announcement[],
): LogWatch {
  let fork: Uint8Array | undefined;

  function compare(announced: Announcement, shown: SignedStatement): void {
    fork ??= forkBetween(announced, [announcedState(announced).statement, shown], crypto);
  }

  /** A note of the author's; undefined for anything else, of which whoever verifies the log will speak. */
  function read(publicKey: Uint8Array, note: string): SignedState | undefined {
    try {
      return checkpointState({ publicKey, task: taskId, generation }, note, crypto);
    } catch (error) {
      if (!isHearsayError(error)) throw error;
      return undefined;
    }
  }

  return {
    checkpoint(note) {
      const [newest] = announcedBy(author);
      if (newest?.generation !== generation) return; // what goes on in another log has nothing to prove about this one
      const state = read(newest.publicKey, note);
      if (state === undefined) return;
      for (const announced of known()) compare(announced, state.statement);
      if (fork === undefined) doubt(state);
    },
    entries(from, signed) {
      for (const announced of known())
        for (const place of [announced.seq, announced.seq + 1]) {
          const bytes = signed[place - from]; // the one after it names it as well
          if (bytes !== undefined) compare(announced, { what: "entry", bytes });
        }
    },
    end() {
      if (fork !== undefined) onFork(fork);
    },
  };
}
