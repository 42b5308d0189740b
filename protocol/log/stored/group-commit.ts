/**
 * Group commit: what comes while a batch is being written goes together into the next one, in order. After a batch that failed nothing is
 * written any more, since whether it reached the disk is unknown.
 */
import type { Mutable } from "../../base/immutable.ts";

export interface GroupCommit<T> {
  /** Resolves when the batch that holds the item is on disk; rejects with why that one, or one before it, failed. */
  add(item: T): Promise<void>;
  /** Set once a batch has failed. */
  readonly failure: { readonly cause: unknown } | undefined;
}

export interface Batches<T> {
  /** Writes items of one batch. */
  write(group: readonly T[]): Promise<void>;
  sizeOf(item: T): number;
  /** No batch of more than one item is larger. */
  readonly maxSize: number;
  /** Whether an item may stand in one batch with the first of it. */
  sharesBatch(first: T, item: T): boolean;
}

interface Waiting<T> {
  readonly item: T;
  resolve(): void;
  reject(cause: unknown): void;
}

export function createGroupCommit<T>({ write, sizeOf, maxSize, sharesBatch }: Batches<T>): GroupCommit<T> {
  const waiting: Waiting<T>[] = [];
  let writing = false;

  async function writeAll(): Promise<void> {
    writing = true;
    while (waiting.length > 0) await writeGroup(nextGroup());
    writing = false;
  }

  /** What waits first, and what else goes into the same batch. */
  function nextGroup(): readonly Waiting<T>[] {
    const [first] = waiting as [Waiting<T>, ...Waiting<T>[]];
    let size = 0;
    let count = 0;
    for (const { item } of waiting) {
      size += sizeOf(item);
      if (count > 0 && (size > maxSize || !sharesBatch(first.item, item))) break;
      count++;
    }
    return waiting.splice(0, count);
  }

  async function writeGroup(group: readonly Waiting<T>[]): Promise<void> {
    try {
      if (commit.failure !== undefined) throw commit.failure.cause;
      await write(group.map(({ item }) => item));
    } catch (cause) {
      commit.failure = { cause };
      for (const { reject } of group) reject(cause);
      return;
    }
    for (const { resolve } of group) resolve();
  }

  const commit: Mutable<GroupCommit<T>> = {
    add(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (!writing) void writeAll();
      });
    },
    failure: undefined,
  };
  return commit;
}
