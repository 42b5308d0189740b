/**
 * The evidence that is held, by what its key is to this peer:
 *
 *     known       it delivered a model, or is configured, or this peer's own      as many as there can be; on disk before it counts
 *     met         a neighbour, or it announced something                          the 2,048 newest
 *     stranger    neither: heard of, kept for a while, and passed on              the 1,024 newest
 *
 * Keys are free, and so is evidence against one's own. So the three have places of their own: what strangers make of themselves takes no place from
 * a liar that this peer has dealt with. What is not of known keys goes to disk with other changes, a few at a time.
 *
 *     held = SHA-256 of "<kind> <peer id>\n" for each, sorted
 */
import { utf8 } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Crypto, PeerId, StoreChange } from "../../base/seams.ts";
import { type EvidenceKind, evidenceKey } from "../../log/entry/evidence.ts";

export type Grade = "known" | "met" | "stranger";

export interface Held {
  readonly kind: EvidenceKind;
  /** As it is gossiped. */
  readonly bytes: Uint8Array;
  readonly grade: Grade;
}

export interface EvidenceBook {
  get(peer: PeerId): Held | undefined;
  /** Holds it in place of what was held against this peer; `stored`: as it is on disk already. */
  put(peer: PeerId, held: Held, stored?: boolean): void;
  readonly size: number;
  /** All of it, of known keys first. */
  all(): Uint8Array[];
  /** Of what is held, for who asks whether another holds the same. */
  sum(): Uint8Array;
  /** Some of what is not on disk as it is here, for a batch that is written at once. */
  takeChanges(): StoreChange[];
}

const CAPACITY: Readonly<Record<Grade, number>> = {
  known: LIMITS.maxEvidence,
  met: LIMITS.maxEvidenceOfMet,
  stranger: LIMITS.maxEvidenceOfStrangers,
};
/** Of one batch: 64 KiB. Deletions are small. */
const MAX_WRITTEN = 64;
const MAX_DELETED = 1024;

export function createEvidenceBook(crypto: Crypto): EvidenceBook {
  const grades: Record<Grade, Map<PeerId, Held>> = { known: new Map(), met: new Map(), stranger: new Map() };
  const all = () => [grades.known, grades.met, grades.stranger];
  const stored = new Set<PeerId>();
  const dirty = new Set<PeerId>();
  let sum: Uint8Array | undefined;

  const get = (peer: PeerId) => grades.known.get(peer) ?? grades.met.get(peer) ?? grades.stranger.get(peer);

  function forget(grade: Map<PeerId, Held>, capacity: number): void {
    for (const oldest of grade.keys()) {
      if (grade.size <= capacity) return;
      grade.delete(oldest);
      if (stored.has(oldest)) dirty.add(oldest);
      else dirty.delete(oldest);
    }
  }

  return {
    get,
    put(peer, held, isStored = false) {
      for (const grade of all()) grade.delete(peer); // re-inserted at the end: the order is that of coming
      grades[held.grade].set(peer, held);
      if (isStored) stored.add(peer);
      else dirty.add(peer);
      forget(grades[held.grade], CAPACITY[held.grade]);
      sum = undefined;
    },
    get size() {
      return all().reduce((total, { size }) => total + size, 0);
    },
    all: () => all().flatMap((grade) => Array.from(grade.values(), ({ bytes }) => bytes)),
    sum() {
      const lines = () => all().flatMap((grade) => Array.from(grade, ([peer, { kind }]) => `${kind} ${peer}\n`));
      sum ??= crypto.sha256(utf8(lines().sort().join("")));
      return sum;
    },
    takeChanges() {
      const changes: StoreChange[] = [];
      let [written, deleted] = [0, 0];
      for (const peer of dirty) {
        const held = get(peer);
        if (held === undefined ? deleted++ >= MAX_DELETED : written++ >= MAX_WRITTEN) continue;
        changes.push({ key: evidenceKey(peer), ...(held && { value: held.bytes }) });
        dirty.delete(peer);
        if (held === undefined) stored.delete(peer);
        else stored.add(peer);
      }
      return changes;
    },
  };
}
