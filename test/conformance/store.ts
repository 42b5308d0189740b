/**
 * What every Store does, whatever it is made of. `open` gives the store of a name: where the store is durable, the same name
 * gives the same content again once it was closed.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../protocol/base/rng.ts";
import type { Store, StoreChange } from "../../protocol/base/seams.ts";
import { randomBytes } from "../fuzz/mutate.ts";

export interface StoreFactory {
  readonly durable: boolean;
  open(name: string): Promise<Store>;
}

const bytes = (...values: number[]) => Uint8Array.from(values);

export function storeConformance(kind: string, factory: StoreFactory): void {
  /** Runs a test on a store of its own, and closes it. */
  function test(claim: string, body: (store: Store, name: string) => Promise<void>): void {
    it(claim, async () => {
      const name = claim.replaceAll(/\W/g, "-");
      const store = await factory.open(name);
      try {
        await body(store, name);
      } finally {
        await store.close();
      }
    });
  }

  describe(`${kind} store`, () => {
    test("gives back what was written, as plain bytes, and undefined for the rest", async (store) => {
      assert.equal(await store.get("a"), undefined);
      await store.write([
        { key: "a", value: bytes(1, 2, 3) },
        { key: "empty", value: bytes() },
      ]);
      const value = await store.get("a");
      assert.deepEqual(value, bytes(1, 2, 3));
      assert.equal(Object.getPrototypeOf(value), Uint8Array.prototype);
      assert.deepEqual(await store.get("empty"), bytes());
      assert.equal(await store.get("A"), undefined);
      assert.equal(await store.get("aa"), undefined);
    });

    test("replaces, deletes, and takes the last change of a key in a batch", async (store) => {
      await store.write([{ key: "a", value: bytes(1) }]);
      await store.write([{ key: "a", value: bytes(2) }]);
      assert.deepEqual(await store.get("a"), bytes(2));
      await store.write([{ key: "a" }, { key: "never" }]);
      assert.equal(await store.get("a"), undefined);
      await store.write([{ key: "a", value: bytes(3) }, { key: "a" }, { key: "b" }, { key: "b", value: bytes(4) }]);
      assert.equal(await store.get("a"), undefined);
      assert.deepEqual(await store.get("b"), bytes(4));
      await store.write([]);
    });

    test("keeps bytes of its own: nobody changes them from outside", async (store) => {
      const given = bytes(1, 2, 3);
      await store.write([{ key: "a", value: given }]);
      given[0] = 9;
      const taken = (await store.get("a")) as Uint8Array;
      assert.deepEqual(taken, bytes(1, 2, 3));
      taken[1] = 9;
      for await (const [, value] of store.range("")) value[2] = 9;
      assert.deepEqual(await store.get("a"), bytes(1, 2, 3));
    });

    test("keeps only the part of a buffer that a view shows", async (store) => {
      await store.write([{ key: "a", value: bytes(0, 1, 2, 3).subarray(1, 3) }]);
      assert.deepEqual(await store.get("a"), bytes(1, 2));
    });

    test("writes a batch as a whole: a reader sees all of it or nothing", async (store) => {
      const keys = Array.from({ length: 50 }, (_, i) => `k/${i}`);
      const writer = (async () => {
        for (let version = 1; version <= 20; version++)
          await store.write(keys.map((key) => ({ key, value: bytes(version) })));
      })();
      let finished = false;
      void writer.then(() => {
        finished = true;
      });
      do {
        const seen = new Set<number>();
        let count = 0;
        for await (const [, value] of store.range("k/")) {
          seen.add(value[0] as number);
          count++;
        }
        assert.ok(seen.size <= 1, `versions ${[...seen]} at once`);
        assert.ok(count === 0 || count === 50, `${count} of 50 keys`);
      } while (!finished);
      await writer;
    });

    test("lists a prefix in order of key, from where it is asked to, and nothing beside it", async (store) => {
      const keys = [
        "log",
        "log/",
        "log/e/",
        "log/e/0a",
        "log/e/09",
        "log/e/1",
        "log/e0",
        "log/f",
        "log.",
        "m",
        "log/e/~",
      ];
      await store.write(keys.map((key, i) => ({ key, value: bytes(i) })));
      const list = async (prefix: string, from?: string) => {
        const found: string[] = [];
        for await (const [key, value] of store.range(prefix, from)) {
          assert.equal(value[0], keys.indexOf(key));
          found.push(key);
        }
        return found;
      };
      assert.deepEqual(await list("log/e/"), ["log/e/", "log/e/09", "log/e/0a", "log/e/1", "log/e/~"]);
      assert.deepEqual(await list("log/e/", "0a"), ["log/e/0a", "log/e/1", "log/e/~"]);
      assert.deepEqual(await list("log/e/", "0b"), ["log/e/1", "log/e/~"]);
      assert.deepEqual(await list("log/e/", "~~"), []);
      assert.deepEqual(await list("log/e/09"), ["log/e/09"]);
      assert.deepEqual(await list(""), [...keys].sort());
      assert.deepEqual(await list("nothing"), []);
    });

    test("lists what was there when the listing began, and can be left in the middle", async (store) => {
      await store.write([1, 2, 3].map((i) => ({ key: `k${i}`, value: bytes(i) })));
      const seen: string[] = [];
      for await (const [key] of store.range("k")) {
        if (seen.length === 0) await store.write([{ key: "k2" }, { key: "k4", value: bytes(4) }]);
        seen.push(key);
      }
      assert.deepEqual(seen, ["k1", "k2", "k3"]);
      for await (const [key] of store.range("k")) if (key === "k1") break;
      assert.equal(await store.get("k2"), undefined);
    });

    test("holds a value of 8 MiB", async (store) => {
      const large = new Uint8Array(8 << 20).map((_, i) => (i * 2_654_435_761) >>> 24);
      await store.write([{ key: "large", value: large }]);
      assert.ok(Buffer.from(large).equals((await store.get("large")) as Uint8Array));
    });

    test("carries out writes that are called together in the order of the calls", async (store) => {
      const writes: Promise<void>[] = [];
      for (let i = 0; i < 100; i++)
        writes.push(
          store.write([
            { key: "last", value: bytes(i) },
            { key: `each/${i}`, value: bytes(i) },
          ]),
        );
      await Promise.all(writes);
      assert.deepEqual(await store.get("last"), bytes(99));
      let count = 0;
      for await (const [key, value] of store.range("each/")) {
        assert.equal(key, `each/${value[0]}`);
        count++;
      }
      assert.equal(count, 100);
    });

    test("agrees with a Map after a thousand random batches", async (store) => {
      const rng = createRng("store-model");
      const model = new Map<string, Uint8Array>();
      for (let batch = 0; batch < 1000; batch++) {
        const changes = Array.from({ length: rng.below(5) }, (): StoreChange => {
          const key = `${"abc"[rng.below(3)]}/${rng.below(30)}`;
          return rng.below(3) === 0 ? { key } : { key, value: randomBytes(rng, rng.below(20)) };
        });
        for (const { key, value } of changes) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
        await store.write(changes);
      }
      for (const prefix of ["", "a/", "b/1", "c/2"]) {
        const found: [string, Uint8Array][] = [];
        for await (const entry of store.range(prefix)) found.push(entry);
        const expected = [...model].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
        assert.deepEqual(found, expected);
      }
    });

    test("finishes the writes that were called before it is closed", async (store, name) => {
      const writes = [1, 2, 3].map((i) => store.write([{ key: `k${i}`, value: bytes(i) }]));
      await store.close();
      await Promise.all(writes);
      if (!factory.durable) return;
      const again = await factory.open(name);
      assert.deepEqual(await again.get("k3"), bytes(3));
      await again.close();
    });

    it("refuses every use after it was closed with ERR_STATE, but for closing it again", async () => {
      const store = await factory.open("closed");
      await store.write([
        { key: "a", value: bytes(1) },
        { key: "b", value: bytes(2) },
      ]);
      const begun = store.range("")[Symbol.asyncIterator]();
      await begun.next();
      await store.close();
      await assert.rejects(store.get("a"), { code: "ERR_STATE" });
      await assert.rejects(store.write([{ key: "a", value: bytes(2) }]), { code: "ERR_STATE" });
      await assert.rejects(store.write([]), { code: "ERR_STATE" });
      await assert.rejects(
        async () => {
          for await (const _ of store.range("")) assert.fail("an entry of a closed store");
        },
        { code: "ERR_STATE" },
      );
      await assert.rejects(begun.next(), { code: "ERR_STATE" });
      await store.close();
    });

    it("keeps everything when it is opened again", { skip: !factory.durable && "not durable" }, async () => {
      const first = await factory.open("again");
      await first.write([
        { key: "a", value: bytes(1) },
        { key: "b", value: bytes(2) },
      ]);
      await first.write([{ key: "b" }]);
      await first.close();
      const second = await factory.open("again");
      assert.deepEqual(await second.get("a"), bytes(1));
      assert.equal(await second.get("b"), undefined);
      await second.close();
    });
  });
}
