/** The Store seam in memory: for simulated peers and tests. What is written is copied, and so is what is read. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Store, StoreChange } from "../../protocol/base/seams.ts";

/** @param forgets keys that are never kept: what is written there can't be read again. */
export function createMemoryStore(forgets: (key: string) => boolean = () => false): Store {
  const values = new Map<string, Uint8Array>();
  let closed = false;

  function requireOpen(): void {
    if (closed) throw new HearsayError("ERR_STATE", "the store is closed");
  }

  return {
    async get(key: string): Promise<Uint8Array | undefined> {
      requireOpen();
      return values.get(key)?.slice();
    },

    async write(changes: readonly StoreChange[]): Promise<void> {
      requireOpen();
      for (const { key, value } of changes) {
        if (value === undefined) values.delete(key);
        else if (!forgets(key)) values.set(key, value.slice());
      }
    },

    async *range(prefix: string, from = ""): AsyncIterable<[string, Uint8Array]> {
      requireOpen();
      const start = prefix + from;
      const found = [...values].filter(([key]) => key.startsWith(prefix) && key >= start);
      found.sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [key, value] of found) {
        requireOpen();
        yield [key, value.slice()];
      }
    },

    async close(): Promise<void> {
      closed = true;
    },
  };
}
