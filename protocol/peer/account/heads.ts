/**
 * What this peer remembers as a witness: of each author, the newest log head that was proved to it. A log that does not continue
 * that head is refused, so an author can't take back what it has told this peer, whatever it tells others.
 *
 *     witness/<peer id>     DAG-CBOR [1, sealed announcement, since, begun]
 *
 * The announcement holds generation, size and root, signed. `begun` counts the generations that the author has begun since `since` (ms): a new
 * one starts from nothing, so more than LIMITS.maxGenerationsPerDay are refused for a day. A head is a part of the author's record and goes with
 * it (memory/identities.ts), also from the disk.
 */

import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, PeerId, Store, StoreChange } from "../../base/seams.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import type { Frontier } from "../../log/tree/merkle.ts";
import { type Announcement, decodeAnnouncement, hasNote } from "../../wire/announcement.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isCount } from "../../wire/values.ts";
import type { Identities } from "../memory/identities.ts";
import type { Head } from "../memory/record.ts";

export interface HeadMemory {
  /** The announcement of the newest head that an author has proved. */
  get(author: PeerId): Announcement | undefined;
  /** Whether a log of this generation may be looked at: not one before that which is remembered, nor too many new ones in a day. */
  mayBegin(announcement: Pick<Announcement, "author" | "generation">): boolean;
  /** Whether the next announcement of an author has to bring its note, so that others can be told it: for long none did, or none in this run. */
  isNoteDue(author: PeerId): boolean;
  /** The frontier of that head's tree, where it was proved in this run: it is not on disk. */
  frontier(author: PeerId): Frontier | undefined;
  /** The log was shown to continue what was remembered, or to begin anew. */
  remember(announcement: Announcement, frontier?: Frontier): void;
  /** What is not on disk yet: for a batch that is written at once. */
  takeChanges(): StoreChange[];
  /** Writes it now. */
  save(): Promise<void>;
}

const DAY_MS = 86_400_000;

export interface HeadComponents {
  readonly store: Store;
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
  readonly identities: Identities;
}

/** Those whose heads the store has are known: they delivered in an earlier run. @throws HearsayError ERR_STATE where what is stored is damaged. */
export async function openHeadMemory({ store, clock, identities }: HeadComponents): Promise<HeadMemory> {
  const headOf = (author: PeerId) => identities.get(author)?.head;
  let dirty = new Set<PeerId>();
  identities.onForget(({ peer, head }) => head && dirty.add(peer));
  for await (const [key, value] of store.range(STORE.witness)) {
    const peer = key.slice(STORE.witness.length);
    identities.remember(peer);
    identities.change(peer, { head: readHead(value) });
  }

  /** Generations begun in the day that is not over. */
  function begunLately({ sinceMs, begun }: Head): number {
    return Math.abs(clock.now() - sinceMs) < DAY_MS ? begun : 0; // a day that began in years to come is one of a wrong clock
  }

  function takeChanges(): StoreChange[] {
    const changes = [...dirty].map((author): StoreChange => {
      const head = headOf(author);
      return { key: STORE.witness + author, ...(head && { value: writeHead(head) }) };
    });
    dirty = new Set();
    return changes;
  }

  return {
    get: (author) => headOf(author)?.announcement,
    mayBegin({ author, generation }) {
      const known = headOf(author);
      if (known === undefined || known.announcement.generation === generation) return true;
      return generation > known.announcement.generation && begunLately(known) < LIMITS.maxGenerationsPerDay;
    },
    frontier: (author) => headOf(author)?.frontier,
    remember(announcement, frontier) {
      const { author, generation } = announcement;
      const known = headOf(author);
      const begun = known === undefined ? 0 : begunLately(known);
      const begins = known !== undefined && generation > known.announcement.generation;
      const sinceMs = known !== undefined && begun > 0 ? known.sinceMs : Math.floor(clock.now());
      const notedMs = hasNote(announcement) ? clock.monotonicMs() : known?.notedMs;
      dirty.add(author);
      identities.change(author, {
        head: { announcement, sinceMs, begun: begins ? begun + 1 : begun, frontier, notedMs },
      });
    },
    isNoteDue(author) {
      const { notedMs } = headOf(author) ?? {};
      return notedMs === undefined || clock.monotonicMs() - notedMs >= LIMITS.notedEveryMs;
    },
    takeChanges,
    save: () => store.write(takeChanges()),
  };
}

/** The newest announcement that an author has proved, as a store remembers it. @throws HearsayError ERR_STATE where that is damaged. */
export async function storedHead(store: Store, author: PeerId): Promise<Announcement | undefined> {
  const value = await store.get(STORE.witness + author);
  return value && readHead(value).announcement;
}

function writeHead({ announcement, sinceMs, begun }: Head): Uint8Array {
  return encodeRecord(RECORDS["witness/"], announcement.sealed, sinceMs, begun);
}

const NOT_ON_DISK = { frontier: undefined, notedMs: undefined };

function readHead(value: Uint8Array): Head {
  try {
    const [sealed, sinceMs, begun] = decodeRecord(value, RECORDS["witness/"]) ?? [];
    if (sealed instanceof Uint8Array && isCount(sinceMs) && isCount(begun))
      return { announcement: decodeAnnouncement(sealed), sinceMs, begun, ...NOT_ON_DISK };
  } catch (error) {
    if (!isHearsayError(error)) throw error;
  }
  throw new HearsayError(
    "ERR_STATE",
    "what is stored of another peer's log is damaged; restore a backup of the database",
  );
}
