import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { type AgedFile, type AgeQueue, openAgeQueue } from "../../../node/disk/age-queue.ts";

function file(n: number): AgedFile {
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setUint32(28, n);
  return { hash, bytes: n, atMs: n / 2, mtimeMs: n / 4 };
}

describe("the queue of ages on disk", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "hearsay-ages-"));
  });
  after(() => rm(directory, { recursive: true }));

  async function withQueue(use: (queue: AgeQueue) => Promise<void>): Promise<void> {
    const queue = await openAgeQueue(join(directory, "ages.new"));
    try {
      await use(queue);
    } finally {
      await queue.close();
    }
  }

  it("gives what was put in, in that order, whatever comes between: also where what is left is moved to its front", async () => {
    // thousands at once, so that what is gone passes the 64 kB at which the rest is moved
    const step = fc.record({ push: fc.nat(3000), shift: fc.nat(3000) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), (steps) =>
        withQueue(async (queue) => {
          let [first, next] = [0, 0];
          for (const { push, shift } of steps) {
            const end = next + push;
            await queue.push(Array.from({ length: push }, (_, i) => file(next + i)));
            next = end;
            for (const stop = Math.min(next, first + shift); first < stop; first++) {
              assert.deepEqual(await queue.oldest(), file(first));
              await queue.shift();
            }
            assert.deepEqual(await queue.oldest(), first < next ? file(first) : undefined);
          }
        }),
      ),
      { numRuns: 20 },
    );
  });

  it("has no name, so that nothing is left of it, and may be opened twice", async () => {
    await withQueue(async (one) => {
      await one.push([file(1)]);
      await withQueue(async (other) => {
        await other.push([file(2)]);
        assert.deepEqual(await readdir(directory), []);
        assert.deepEqual([await one.oldest(), await other.oldest()], [file(1), file(2)]);
      });
    });
  });

  it("is not there where the directory is not", async () => {
    await assert.rejects(openAgeQueue(join(directory, "none", "ages.new")), { code: "ENOENT" });
  });
});
