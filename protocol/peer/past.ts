/**
 * Do others know more of this peer's log than its store does? Then a backup was restored, or a disk has lost entries; whoever goes on with
 * the log as it is puts a second entry in a place that has one, a fork that convicts its own key. So the answer to a greeting carries
 * the asker's newest announcement that the answerer knows. A peer that starts on an old log hears up to three of them before it appends
 * anything, and where one is news to it, goes on with the next generation of its log; what it hears later it heeds before its next cycle.
 *
 * Only what this peer's own key has signed counts, so nobody else can bring this about.
 */
import { equalBytes } from "../bytes.ts";
import { isHearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { generationAfter } from "../log/records.ts";
import { type Announcement, decodeAnnouncement } from "../wire/announcement.ts";
import { openEnvelope } from "../wire/envelope.ts";
import { isNewer } from "./announcements.ts";
import type { PeerContext } from "./context.ts";

export interface Past {
  /** A greeting was answered; `yours` is the newest announcement of this peer that the answerer knows. */
  told(yours: Uint8Array | undefined): void;
  /** Before appends: waits for answers, if there was no time for them since the start; then goes on with another generation, if it must. True where it did. */
  settle(): Promise<boolean>;
}

/** Answers that are waited for; fewer where nobody else answers for a while. */
const ENOUGH = 3;
const QUIET_MS = 1000;

/** @param mustAsk whether the log has a past that others could know. */
export function createPast(context: PeerContext, mustAsk: boolean): Past {
  const { log, clock, crypto, identity, taskId, signal } = context;
  let answers = 0;
  let onAnswer: (() => void) | undefined;
  /** The newest announcement of this peer that anybody told since it last looked. */
  let newest: Announcement | undefined;

  function heard(): Promise<void> {
    return new Promise((resolve) => {
      const cancels: (() => void)[] = [];
      const done = () => {
        onAnswer = undefined;
        for (const cancel of cancels) cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      onAnswer = () => {
        if (answers >= ENOUGH) return done();
        cancels.push(clock.after(QUIET_MS, done));
      };
      cancels.push(clock.after(LIMITS.headQueryMs, done));
      signal.addEventListener("abort", done, { once: true });
    });
  }

  const asked = mustAsk ? heard() : Promise.resolve();

  /** Whether the store's log has the announced entry. */
  async function has({ generation, seq, entry }: Announcement): Promise<boolean> {
    if (generation !== log.generation) return generation < log.generation;
    if (seq >= log.head().size) return false;
    for await (const { id } of log.entries(seq)) return equalBytes(id, entry);
    return false;
  }

  return {
    told(yours) {
      const announcement = yours && own(yours);
      if (announcement && (newest === undefined || isNewer(announcement, newest))) newest = announcement;
      answers++;
      onAnswer?.();
    },
    async settle() {
      await asked;
      const known = newest;
      newest = undefined;
      if (known === undefined || (await has(known))) return false;
      await log.startGeneration(generationAfter(known.generation, clock.now()), known.entry);
      context.observe?.({ kind: "generation", generation: log.generation });
      return true;
    },
  };

  /** An announcement of this very peer about this task; undefined for anything else. */
  function own(sealed: Uint8Array): Announcement | undefined {
    try {
      const announcement = decodeAnnouncement(sealed);
      const isOurs = announcement.author === identity.peerId && equalBytes(announcement.task, taskId);
      return isOurs && openEnvelope("announcement", sealed, crypto, identity.publicKey) ? announcement : undefined;
    } catch (error) {
      if (!isHearsayError(error)) throw error;
      return undefined;
    }
  }
}
