/** What every Clock does. Nothing here depends on the speed of the machine: only orders and lower bounds are looked at. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../../protocol/base/seams.ts";

export interface TestClock {
  readonly clock: Clock;
  /** Lets time pass until the condition holds; rejects where it never does. */
  until(holds: () => boolean): Promise<void>;
}

/** A timer of the wall may come this much before its time, by another clock. */
const SLACK_MS = 1.5;

export function clockConformance(kind: string, make: () => TestClock): void {
  describe(`${kind} clock`, () => {
    /** Notes what runs; `until` waits for the last. */
    function setUp() {
      const { clock, until } = make();
      const ran: string[] = [];
      const note = (name: string) => () => void ran.push(name);
      return { clock, ran, note, finish: (last: string) => until(() => ran.includes(last)) };
    }

    it("calls back once, not before `after` has returned, and not before the delay has passed", async () => {
      const { clock, ran, note, finish } = setUp();
      const startMs = clock.monotonicMs();
      let calledMs: number | undefined;
      clock.after(20, () => {
        calledMs = clock.monotonicMs();
        ran.push("once");
      });
      assert.deepEqual(ran, []);
      clock.after(40, note("last"));
      await finish("last");
      assert.deepEqual(ran, ["once", "last"]);
      assert.ok((calledMs as number) - startMs >= 20 - SLACK_MS, `after ${(calledMs as number) - startMs} ms`);
    });

    it("calls back in the order of the delays, and for one delay in the order of asking", async () => {
      const { clock, ran, note, finish } = setUp();
      clock.after(30, note("30"));
      clock.after(10, note("10, first"));
      clock.after(10, note("10, second"));
      clock.after(1, note("1"));
      await finish("30");
      assert.deepEqual(ran, ["1", "10, first", "10, second", "30"]);
    });

    it("takes a delay of nothing, or less, for as soon as possible, which is not at once", async () => {
      const { clock, ran, note, finish } = setUp();
      clock.after(0, note("nothing"));
      clock.after(-1000, note("less"));
      assert.deepEqual(ran, []);
      clock.after(30, note("last"));
      await finish("last");
      assert.deepEqual(ran.toSorted(), ["last", "less", "nothing"]);
      assert.equal(ran.at(-1), "last");
    });

    it("forgets what was cancelled, before its time and in the same moment; cancelling again, or too late, is nothing", async () => {
      const { clock, ran, note, finish } = setUp();
      const early = clock.after(5, note("cancelled"));
      early();
      early();
      let cancelNext = () => {};
      const cancelOwn = clock.after(10, () => {
        ran.push("first");
        cancelOwn();
        cancelNext();
      });
      cancelNext = clock.after(10, note("of the same moment"));
      clock.after(30, note("last"));
      await finish("last");
      cancelOwn();
      assert.deepEqual(ran, ["first", "last"]);
    });

    it("counts the delay that a callback asks for from the time of the callback", async () => {
      const { clock, note, finish } = setUp();
      let askedMs = 0;
      let calledMs = 0;
      clock.after(10, () => {
        askedMs = clock.monotonicMs();
        clock.after(15, () => {
          calledMs = clock.monotonicMs();
          note("inner")();
        });
      });
      await finish("inner");
      assert.ok(calledMs - askedMs >= 15 - SLACK_MS, `after ${calledMs - askedMs} ms`);
    });

    it("waits longer than a month, where it is asked to, or for ever", async () => {
      const { clock, ran, note, finish } = setUp();
      const cancels = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((delayMs) =>
        clock.after(delayMs, note(`${delayMs}`)),
      );
      clock.after(30, note("last"));
      await finish("last");
      assert.deepEqual(ran, ["last"]);
      for (const cancel of cancels) cancel();
    });

    it("has a monotonic time that never goes back, and dates that are numbers of milliseconds", async () => {
      const { clock, note, finish } = setUp();
      const seen = [clock.monotonicMs()];
      for (const delayMs of [1, 2, 3, 5, 8])
        clock.after(delayMs, () => void seen.push(clock.monotonicMs(), clock.monotonicMs()));
      clock.after(20, note("last"));
      await finish("last");
      assert.equal(seen.length, 11);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
      assert.ok(Number.isFinite(clock.now()));
    });
  });
}
