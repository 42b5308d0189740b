/** Bounds on what is remembered: maps and sets keep the order of insertion, so the first member is the oldest. */

/** Deletes the oldest members beyond `capacity`. To make one the newest again, delete it before it is set. */
export function forgetOldest<K>(
  collection: { readonly size: number; keys(): Iterable<K>; delete(key: K): boolean },
  capacity: number,
): void {
  for (const oldest of collection.keys()) {
    if (collection.size <= capacity) break;
    collection.delete(oldest);
  }
}
