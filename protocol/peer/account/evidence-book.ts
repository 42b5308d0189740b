/**
 * The evidence that is held: a part of the records of identities (memory/identities.ts), which are kept by what the key is to this peer:
 *
 *     known       it delivered a model, or is configured, or this peer's own      as many as there can be; on disk before it counts
 *     met         a neighbour, or it announced something                          the 2,048 newest
 *     stranger    neither: heard of, kept for a while, and passed on              the 1,024 newest
 *
 * What is not of known keys goes to disk with other changes, a few at a time.
 *
 *     held = SHA-256 of "<kind> <peer id>\n" for each, sorted
 */
import { utf8 } from "../../base/bytes.ts";
import type { Crypto, PeerId, StoreChange } from "../../base/seams.ts";
import { evidenceKey } from "../../log/entry/evidence.ts";
import type { Identities } from "../memory/identities.ts";
import type { Grade, HeldEvidence, IdentityRecord } from "../memory/record.ts";

export interface EvidenceBook {
  get(peer: PeerId): HeldEvidence | undefined;
  /** Holds it in place of what was held against this peer; `stored`: as it is on disk already. */
  put(peer: PeerId, held: HeldEvidence, stored?: boolean): void;
  readonly size: number;
  /** All of it, of known keys first. */
  all(): Uint8Array[];
  /** A checksum of all evidence held: two peers compare it to see whether they hold the same. */
  sum(): Uint8Array;
  /** Some of what is not on disk as it is here, for a batch that is written at once. */
  takeChanges(): StoreChange[];
}

const GRADES: readonly Grade[] = ["known", "met", "stranger"];
/** What is of no use of a key that is not listened to again. */
const UNHEARD = { slot: undefined, strikes: undefined, doubts: [] };
/** Of one batch: 64 KiB. Deletions are small. */
const MAX_WRITTEN = 64;
const MAX_DELETED = 1024;

/** What the functions of this file share. */
interface Shelf {
  readonly get: EvidenceBook["get"];
  /** As the disk has it. */
  readonly stored: Set<PeerId>;
  /** Not on disk as it is here. */
  readonly dirty: Set<PeerId>;
  sum: Uint8Array | undefined;
}

export function createEvidenceBook(identities: Identities, { sha256 }: Pick<Crypto, "sha256">): EvidenceBook {
  const get = (peer: PeerId) => identities.get(peer)?.evidence;
  const shelf: Shelf = { get, stored: new Set(), dirty: new Set(), sum: undefined };
  identities.onForget((record) => forgotten(shelf, record));
  const all = () => GRADES.flatMap((grade) => [...identities.banned(grade)]);

  return {
    get,
    put(peer, held, isStored = false) {
      (isStored ? shelf.stored : shelf.dirty).add(peer);
      identities.change(peer, { evidence: held, ...UNHEARD });
      shelf.sum = undefined;
    },
    get size() {
      return all().length;
    },
    all: () => all().flatMap(({ evidence }) => (evidence ? [evidence.bytes] : [])),
    sum() {
      const lines = () => all().map(({ peer, evidence }) => `${evidence?.kind} ${peer}\n`);
      shelf.sum ??= sha256(utf8(lines().sort().join("")));
      return shelf.sum;
    },
    takeChanges: () => takeChanges(shelf),
  };
}

function forgotten(shelf: Shelf, { peer, evidence }: IdentityRecord): void {
  if (evidence === undefined) return;
  shelf.sum = undefined;
  if (shelf.stored.has(peer)) shelf.dirty.add(peer);
  else shelf.dirty.delete(peer);
}

function takeChanges({ get, stored, dirty }: Shelf): StoreChange[] {
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
}
