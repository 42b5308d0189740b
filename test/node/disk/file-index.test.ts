import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createFileIndex, type FileRecord } from "../../../node/disk/file-index.ts";
import { toHex } from "../../../protocol/base/bytes.ts";

/** Few first bytes, so that many hashes belong into the same slots. */
const hash = fc.tuple(fc.nat(3), fc.nat(40)).map(([first, last]) => {
  const bytes = new Uint8Array(32);
  bytes.set([0, 0, 1, 252 + first]);
  bytes[31] = last;
  return bytes;
});
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      hash,
      bytes: fc.nat(),
      atMs: fc.double({ noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), hash }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("oldest" as const) }) },
);

test("an index of files says what a map in the order of insertion says, whatever is done to both", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
      const index = createFileIndex();
      const model = new Map<string, FileRecord>();
      for (const act of actions) {
        if (act.kind === "set") {
          const { hash: name, bytes, atMs } = act;
          index.set({ hash: name, bytes, atMs });
          model.delete(toHex(name));
          model.set(toHex(name), { hash: name, bytes, atMs });
        } else if (act.kind === "delete") {
          assert.equal(index.delete(act.hash), model.delete(toHex(act.hash)));
        } else {
          const [oldest] = model.values();
          assert.deepEqual(index.oldest(), oldest);
          if (oldest !== undefined) {
            index.delete(oldest.hash);
            model.delete(toHex(oldest.hash));
          }
        }
        assert.equal(index.size, model.size);
      }
      for (const record of model.values()) assert.deepEqual(index.get(record.hash), record);
    }),
  );
});

test("it grows, and finds every one of 20,000 files; those that were deleted leave their places to others", () => {
  const index = createFileIndex();
  const name = (n: number) => {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, Math.imul(n, 2_654_435_761) >>> 0);
    return bytes;
  };
  for (let n = 0; n < 20_000; n++) index.set({ hash: name(n), bytes: n, atMs: n });
  for (let n = 0; n < 20_000; n += 2) assert.ok(index.delete(name(n)));
  for (let n = 0; n < 20_000; n++) assert.equal(index.get(name(n))?.bytes, n % 2 === 0 ? undefined : n);
  for (let n = 20_000; n < 30_000; n++) index.set({ hash: name(n), bytes: n, atMs: n });
  assert.equal(index.size, 20_000);
  assert.equal(index.oldest()?.bytes, 1);
});
