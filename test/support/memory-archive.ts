/** The Archive seam in memory: keeps everything, for peers of tests that are audited. */
import { keyOf } from "../../protocol/base/bytes.ts";
import type { Archive } from "../../protocol/base/seams.ts";

export function createMemoryArchive(): Archive {
  const kept = new Map<string, Uint8Array>();
  return {
    async put(own, inputs = []) {
      for (const { hash, bytes } of [...own, ...inputs]) kept.set(keyOf(hash), bytes.slice());
    },
    get: async (hash) => kept.get(keyOf(hash))?.slice(),
    async getPart(hash, offset, maxBytes) {
      const bytes = kept.get(keyOf(hash));
      return bytes && { total: bytes.length, chunk: bytes.slice(offset, offset + maxBytes), verifiedBytes: 0 };
    },
  };
}
