/** Bounds on what is remembered, and how often: maps and sets keep the order of insertion, so the first member is the oldest. */

/** Deletes the oldest members beyond `capacity`. */
export function forgetOldest<K>(
  collection: { readonly size: number; keys(): Iterable<K>; delete(key: K): boolean },
  capacity: number,
): void {
  if (collection.size <= capacity) return;
  for (const oldest of collection.keys()) {
    if (collection.size <= capacity) break;
    collection.delete(oldest);
  }
}

/** Puts an entry as the newest, also where its key was there before, and deletes the oldest beyond `capacity`. */
export function putNewest<K, V>(map: Map<K, V>, key: K, value: V, capacity: number): void {
  map.delete(key); // what is set again would keep its old place
  map.set(key, value);
  forgetOldest(map, capacity);
}

/** A set that remembers its newest members: at least `capacity / 2` of them, at most `capacity`. */
export interface RecentSet<K> {
  has(member: K): boolean;
  add(member: K): void;
}

/**
 * Two generations, of which the older is dropped whole. Deleting the oldest member at every addition would take time in
 * proportion to the capacity: a set walks over its deleted places to find the first that is left.
 */
export function createRecentSet<K>(capacity: number): RecentSet<K> {
  return new Generations(capacity);
}

class Generations<K> implements RecentSet<K> {
  readonly #capacity: number;
  #young: Set<K> | undefined;
  #old: Set<K> | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(member: K): boolean {
    return this.#young?.has(member) === true || this.#old?.has(member) === true;
  }

  add(member: K): void {
    this.#young = (this.#young ?? new Set()).add(member);
    if (2 * this.#young.size < this.#capacity) return;
    this.#old = this.#young;
    this.#young = undefined;
  }
}

/** What somebody may still do: `tokens` at the time `atMs`, one for each deed. */
export interface Allowance {
  readonly tokens: number;
  readonly atMs: number;
}

/** How often: `burst` at once, `perSecond` in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket: as many as are left of `before`, and `perSecond` more since, at most `burst`; a full bucket at first. */
export function allowanceAt(nowMs: number, before: Allowance | undefined, { burst, perSecond }: Rate): Allowance {
  if (before === undefined) return { tokens: burst, atMs: nowMs };
  const earned = (Math.max(0, nowMs - before.atMs) / 1000) * perSecond;
  return { tokens: Math.min(burst, before.tokens + earned), atMs: nowMs };
}
