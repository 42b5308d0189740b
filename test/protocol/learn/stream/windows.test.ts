/** Windows keep what they promise, within their slots, and go on after a restart as if there had been none. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { durationMs } from "../../../../protocol/base/duration.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Placed, StreamWindow, WindowOptions } from "../../../../protocol/learn/stream/window.ts";
import { parseWindow, WINDOWS } from "../../../../protocol/learn/stream/windows/registry.ts";

const OPTIONS: WindowOptions = { spec: { kind: "last", rows: 4 }, numClasses: 1, seed: "s" };

/** Numbers of the rows in a window after these came, by slot. */
class Kept {
  readonly slots = new Map<number, Placed>();
  readonly window: StreamWindow;

  constructor(window: StreamWindow) {
    this.window = window;
  }

  admit(seq: number, { timeMs = 0, label = 0 } = {}): void {
    const slot = this.window.admit({ seq, timeMs, label });
    if (slot !== undefined) this.slots.set(slot, { slot, seq, timeMs, label });
    assert.ok(slot === undefined || slot < this.window.capacity);
  }

  leave(slots: readonly number[]): void {
    for (const slot of slots) assert.ok(this.slots.delete(slot), "only what is there leaves");
  }

  seqs(): number[] {
    return [...this.slots.values()].map(({ seq }) => seq).sort((a, b) => a - b);
  }
}

function kindOf(name: string) {
  const kind = WINDOWS.get(name);
  assert.ok(kind);
  return kind;
}

describe("window last", () => {
  it("holds the newest rows", () => {
    const kept = new Kept(kindOf("last").create(OPTIONS));
    for (let seq = 0; seq < 10; seq++) kept.admit(2 * seq);
    assert.deepEqual(kept.seqs(), [12, 14, 16, 18]);
  });

  it("by age, lets rows go that are too old", () => {
    const kept = new Kept(kindOf("last").create({ ...OPTIONS, spec: { kind: "last", rows: 100, ageMs: 50 } }));
    for (let seq = 0; seq < 10; seq++) kept.admit(seq, { timeMs: 10 * seq });
    kept.leave(kept.window.expire(100));
    assert.deepEqual(kept.seqs(), [5, 6, 7, 8, 9]);
  });

  it("is shortened to rows from a number on", () => {
    const kept = new Kept(kindOf("last").create(OPTIONS));
    for (let seq = 0; seq < 10; seq++) kept.admit(seq);
    kept.leave(kept.window.keepFrom(8));
    kept.admit(10);
    assert.deepEqual(kept.seqs(), [8, 9, 10]);
  });
});

describe("window reservoir", () => {
  const options: WindowOptions = { spec: { kind: "reservoir", rows: 40 }, numClasses: 2, seed: "s" };

  it("has an equal part for a class of which one row in twenty is", () => {
    const kept = new Kept(kindOf("reservoir").create(options));
    for (let seq = 0; seq < 2000; seq++) kept.admit(seq, { label: seq % 20 === 0 ? 1 : 0 });
    const labels = [...kept.slots.values()].map(({ label }) => label);
    assert.deepEqual([labels.length, labels.filter((label) => label === 1).length], [40, 20]);
  });

  it("keeps early and late rows with the same chance", () => {
    let [early, all] = [0, 0];
    for (let seed = 0; seed < 50; seed++) {
      const kept = new Kept(kindOf("reservoir").create({ ...options, numClasses: 1, seed: String(seed) }));
      for (let seq = 0; seq < 400; seq++) kept.admit(seq);
      early += kept.seqs().filter((seq) => seq < 200).length;
      all += kept.seqs().length;
    }
    // 2,000 rows: a deviation of 22
    assert.ok(Math.abs(early - all / 2) < 90, `${early} of ${all}`);
  });
});

for (const [name, kind] of WINDOWS)
  describe(`a restart of window ${name}`, () => {
    it("changes nothing of what follows", () => {
      const rng = createRng(name);
      const options: WindowOptions = { spec: { kind: name, rows: 30 }, numClasses: 3, seed: "s" };
      const straight = new Kept(kind.create(options));
      let stopped = new Kept(kind.create(options));
      for (let seq = 0; seq < 300; seq++) {
        const row = { timeMs: seq, label: rng.below(3) };
        straight.admit(seq, row);
        stopped.admit(seq, row);
        if (seq % 7 !== 0) continue;
        const placed = [...stopped.slots.values()].sort((a, b) => a.seq - b.seq);
        const next = new Kept(kind.create(options, { placed, seen: [...stopped.window.seen()] }));
        for (const one of placed) next.slots.set(one.slot, one);
        stopped = next;
      }
      assert.deepEqual(stopped.seqs(), straight.seqs());
    });
  });

describe("the setting of a window", () => {
  it("names a kind and a size", () => {
    assert.deepEqual(parseWindow("last:7d"), { kind: "last", rows: LIMITS.maxWindowRows, ageMs: 604_800_000 });
    assert.deepEqual(parseWindow("reservoir:5000"), { kind: "reservoir", rows: 5000 });
    assert.equal(durationMs("1.5h"), 5_400_000);
  });

  for (const text of [
    "last",
    "last:",
    "last:0",
    "last:-1",
    "last:1e3",
    `last:${LIMITS.maxWindowRows + 1}`,
    "first:3",
    "reservoir:7d",
    "last:7y",
  ])
    it(`is refused where it is "${text}"`, () => {
      assert.throws(() => parseWindow(text), { code: "ERR_CONFIG" });
    });
});
