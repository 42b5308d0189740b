/**
 * What a peer remembers of others: one record of each identity (record.ts), one table of bounds (LIMITS.maxIdentities) and one rule.
 *
 *     class            what brings an identity there                                  how many
 *     configured       the owner names it                                             all
 *     known            it delivered a model that holds, in this run or an earlier one 4,096
 *     proved           it proved its log, and delivered nothing                       1,000
 *     near             it announced something, as a neighbour                         1,000
 *     far              it announced something, or is in doubt                         1,000
 *     banned           there is evidence against it: known before, met, or a stranger 10,000, 2,048 and 1,024
 *
 * The rule: an identity is in the first class below `banned` that fits, and in `banned` where there is evidence. Of a class that is full, the one that
 * was brought there longest ago is forgotten, its whole record at once.
 *
 * Keys cost nothing, a delivered model costs its author a training and a place in a log. So no newcomer takes the place of an identity that is
 * known, and nothing that a key says takes the place of evidence against one that this peer has dealt with.
 */
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Grade, IdentityParts, IdentityRecord } from "./record.ts";

/** Who is known, and who is a newcomer. */
export interface Standing {
  /** Named by the owner, or it delivered a model. */
  isKnown(peer: PeerId): boolean;
  /** Those that are known now. */
  known(): PeerId[];
  /** Named by the owner, or known from an earlier run: not only since somebody came first. */
  isTrusted(peer: PeerId): boolean;
}

export interface Identities extends Standing {
  get(peer: PeerId): IdentityRecord | undefined;
  /** Changes parts of the record of a peer; it is made where there is none. */
  change(peer: PeerId, parts: Partial<IdentityParts>): void;
  /** A model of this peer came and holds: from now on it is known. @param atMs on the monotonic clock. */
  delivered(peer: PeerId, atMs: number): void;
  /** It delivered in an earlier run. */
  remember(peer: PeerId): void;
  /** How many delivered at this time or later. Those that delivered earlier are not asked about again. */
  deliveredSince(ms: number): number;
  /** How many known ones have announced something. */
  announcers(): number;
  /** Records with evidence against an identity that was of this grade, in the order in which it came. */
  banned(grade: Grade): IterableIterator<IdentityRecord>;
  /** Calls back with each record that is forgotten. */
  onForget(callback: (record: IdentityRecord) => void): void;
}

type Class = "configured" | "known" | "proved" | "near" | "far" | `banned ${Grade}`;

const CAPACITY: Readonly<Record<Class, number>> = {
  configured: Number.POSITIVE_INFINITY,
  known: LIMITS.maxIdentities.known,
  proved: LIMITS.maxIdentities.proved,
  near: LIMITS.maxIdentities.near,
  far: LIMITS.maxIdentities.far,
  "banned known": LIMITS.maxIdentities.bannedKnown,
  "banned met": LIMITS.maxIdentities.bannedMet,
  "banned stranger": LIMITS.maxIdentities.bannedStrangers,
};

/** The parts of which a change brings an identity to its class, once more where it is there already. */
const BRINGS: Readonly<Record<Class, readonly (keyof IdentityRecord)[]>> = {
  configured: ["isKnown"],
  known: ["isKnown"],
  proved: ["head"],
  near: ["slot", "doubts"],
  far: ["slot", "doubts"],
  "banned known": ["evidence"],
  "banned met": ["evidence"],
  "banned stranger": ["evidence"],
};

type Entry = { -readonly [K in keyof IdentityRecord]: IdentityRecord[K] } & { class: Class };

/** What the functions of this file share. */
interface Memory {
  readonly named: ReadonlySet<PeerId>;
  readonly records: Map<PeerId, Entry>;
  /** In the order in which they were brought there. Most classes of most peers stay empty: a set is made for the first of one. */
  readonly classes: Partial<Record<Class, Set<Entry>>>;
  readonly listeners: ((record: IdentityRecord) => void)[];
  announcers: number;
}

/** @param configured named by the owner of this peer: known whatever they do. */
export function createIdentities(configured: Iterable<PeerId> = []): Identities {
  const given = [...configured];
  const named: ReadonlySet<PeerId> = given.length === 0 ? NO_NAMES : new Set(given);
  return new Remembered({ named, records: new Map(), classes: {}, listeners: [], announcers: 0 });
}

class Remembered implements Identities {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  isKnown(peer: PeerId): boolean {
    return this.#memory.named.has(peer) || this.get(peer)?.isKnown === true;
  }

  known(): PeerId[] {
    const { named, records } = this.#memory;
    return [...new Set([...named, ...[...records.keys()].filter((peer) => this.isKnown(peer))])];
  }

  isTrusted(peer: PeerId): boolean {
    return this.#memory.named.has(peer) || this.get(peer)?.isTrusted === true;
  }

  get(peer: PeerId): IdentityRecord | undefined {
    return this.#memory.records.get(peer);
  }

  change(peer: PeerId, parts: Partial<IdentityParts>): void {
    change(this.#memory, peer, parts);
  }

  delivered(peer: PeerId, deliveredMs: number): void {
    change(this.#memory, peer, { isKnown: true, deliveredMs });
  }

  remember(peer: PeerId): void {
    change(this.#memory, peer, { isKnown: true, isTrusted: true });
  }

  deliveredSince(ms: number): number {
    return deliveredSince(this.#memory, ms);
  }

  announcers(): number {
    return this.#memory.announcers;
  }

  banned(grade: Grade): IterableIterator<IdentityRecord> {
    return (this.#memory.classes[`banned ${grade}`] ?? NOBODY).values();
  }

  onForget(callback: (record: IdentityRecord) => void): void {
    this.#memory.listeners.push(callback);
  }
}

function change(memory: Memory, peer: PeerId, parts: Partial<IdentityRecord>): void {
  const { records, classes } = memory;
  const known = records.get(peer);
  const record = known ?? newRecord(peer);
  if (known === undefined) records.set(peer, record);
  const countedBefore = counts(memory, record);
  Object.assign(record, parts);
  memory.announcers += Number(counts(memory, record)) - Number(countedBefore);
  const now = classOf(memory, record);
  const isBrought = now !== record.class || BRINGS[now].some((part) => part in parts);
  if (!isBrought && known !== undefined) return; // it stays where it is
  classes[record.class]?.delete(record);
  record.class = now;
  classes[now] ??= new Set();
  const members = classes[now];
  members.add(record); // at the end
  if (members.size <= CAPACITY[now]) return;
  for (const oldest of members) {
    if (members.size <= CAPACITY[now]) return;
    forget(memory, oldest);
  }
}

function newRecord(peer: PeerId): Entry {
  return {
    peer,
    class: "far",
    isKnown: false,
    isTrusted: false,
    isNear: false,
    deliveredMs: undefined,
    slot: undefined,
    strikes: undefined,
    head: undefined,
    doubts: NO_DOUBTS,
    reputation: undefined,
    asked: undefined,
    evidence: undefined,
  };
}

const NO_NAMES: ReadonlySet<PeerId> = new Set();
const NOBODY: ReadonlySet<Entry> = new Set();
const NO_DOUBTS: IdentityParts["doubts"] = [];

function classOf({ named }: Memory, { peer, isKnown, isNear, head, evidence }: IdentityRecord): Class {
  if (evidence !== undefined) return `banned ${evidence.grade}`;
  if (named.has(peer)) return "configured";
  if (isKnown) return "known";
  if (head !== undefined) return "proved";
  return isNear ? "near" : "far";
}

/** Whether it is a known identity that has announced something. */
function counts({ named }: Memory, { peer, isKnown, slot }: IdentityRecord): boolean {
  return slot !== undefined && (isKnown || named.has(peer));
}

function forget(memory: Memory, record: Entry): void {
  memory.records.delete(record.peer);
  memory.classes[record.class]?.delete(record);
  if (counts(memory, record)) memory.announcers--;
  for (const listener of memory.listeners) listener(record);
}

function deliveredSince({ classes }: Memory, ms: number): number {
  let count = 0;
  for (const name of ["configured", "known", "banned known", "banned met"] as const)
    for (const record of classes[name] ?? NOBODY) {
      if (record.deliveredMs === undefined) continue;
      if (record.deliveredMs >= ms) count++;
      else record.deliveredMs = undefined;
    }
  return count;
}
