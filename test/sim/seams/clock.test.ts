/** Virtual time: the order of events, and promises between them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createRng } from "../../../protocol/base/rng.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { clockConformance } from "../../conformance/clock.ts";

clockConformance("virtual", () => {
  const clock = createVirtualClock(1000);
  return {
    clock,
    async until(holds) {
      for (let ms = 1; !holds(); ms *= 2) {
        assert.ok(ms < 1e6, "nothing comes of it");
        await clock.run(clock.now() + ms);
      }
    },
  };
});

describe("the virtual clock", () => {
  it("runs events by time, and those of one time in the order in which they were set", async () => {
    const delays = fc.array(fc.nat(20), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(delays, async (list) => {
        const clock = createVirtualClock(1000);
        const ran: [number, number][] = [];
        for (const [i, delay] of list.entries())
          clock.after(delay, () => {
            assert.equal(clock.now(), 1000 + delay);
            ran.push([delay, i]);
          });
        await clock.run(2000);
        const expected = [...list.entries()]
          .map(([i, delay]) => [delay, i] as const)
          .sort(([a, i], [b, j]) => a - b || i - j);
        assert.deepEqual(ran, expected);
      }),
    );
  });

  it("runs events of one time in the order of the nodes, the world first, whoever set them first", async () => {
    const places = fc.uniqueArray(fc.record({ atMs: fc.nat(3), to: fc.nat(4), from: fc.nat(4), number: fc.nat(9) }), {
      selector: (place) => Object.values(place).join(),
      maxLength: 100,
    });
    await fc.assert(
      fc.asyncProperty(places, fc.nat(), async (list, seed) => {
        const clock = createVirtualClock();
        const ran: string[] = [];
        for (const index of createRng(seed).permutation(list.length)) {
          const place = list[index] as (typeof list)[number];
          clock.at(place, () => void ran.push(Object.values(place).join()));
        }
        clock.after(0, () => void ran.push("world"));
        await clock.run(10);
        const byAll = [...list].sort(
          (a, b) => a.atMs - b.atMs || a.to - b.to || a.from - b.from || a.number - b.number,
        );
        assert.deepEqual(ran, ["world", ...byAll.map((place) => Object.values(place).join())]);
      }),
      { numRuns: 50 },
    );
  });

  it("runs what a node sets for itself in the order in which it was set, between what lower and higher nodes do to it", async () => {
    const clock = createVirtualClock();
    const ran: string[] = [];
    clock.at({ atMs: 5, to: 1, from: 2, number: 0 }, () => void ran.push("from 2"));
    clock.of(1).after(5, () => void ran.push("own"));
    clock.of(1).after(5, () => void ran.push("own too"));
    clock.at({ atMs: 5, to: 1, from: 0, number: 7 }, () => void ran.push("from 0"));
    await clock.runBefore(5);
    assert.deepEqual([ran, clock.nextMs()], [[], 5]);
    await clock.run(5);
    assert.deepEqual([ran, clock.nextMs()], [["from 0", "own", "own too", "from 2"], Number.POSITIVE_INFINITY]);
  });

  it("leaves out what was cancelled, however much that is", async () => {
    const doomed = fc.array(fc.tuple(fc.nat(50), fc.boolean()), { minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(doomed, async (list) => {
        const clock = createVirtualClock();
        const ran: number[] = [];
        // Ten events each, since the heap forgets cancelled ones only when they are a thousand and the most.
        const cancels = list.flatMap(([delay, stays], i) =>
          Array.from({ length: 10 }, (_, copy) => {
            const cancel = clock.after(delay, () => void ran.push(i));
            return stays && copy === 0 ? () => {} : cancel;
          }),
        );
        for (const cancel of [...cancels, ...cancels]) cancel(); // twice is once
        await clock.run(60);
        const stayed = [...list.entries()].filter(([, [, stays]]) => stays);
        assert.deepEqual(
          ran,
          stayed.sort(([i, [a]], [j, [b]]) => a - b || i - j).map(([i]) => i),
        );
      }),
      { numRuns: 30 },
    );
  });

  it("lets every promise settle before the next event, however long the chain", async () => {
    const clock = createVirtualClock();
    const order: string[] = [];
    const chain = async () => {
      for (let i = 0; i < 1000; i++) await Promise.resolve();
      order.push("promises of the first");
    };
    clock.after(5, () => void chain());
    clock.after(5, () => void order.push("second"));
    await clock.run(5);
    assert.deepEqual(order, ["promises of the first", "second"]);
  });

  it("gives each node the same events in the same order and at the same times where it looks ahead", async () => {
    const talk = async (lookAheadMs: number) => {
      const clock = createVirtualClock(0, lookAheadMs);
      const heard: string[][] = Array.from({ length: 6 }, () => []);
      const sent = heard.map(() => 0);
      /** Everybody tells what it heard to the next two, after some promises, until all is over; time-outs are cancelled. */
      const tell = (from: number, left: number) => {
        for (const to of [(from + 1) % 6, (from + 2) % 6]) {
          const place = { atMs: clock.now() + 2, to, from, number: sent[from] ?? 0, left };
          sent[from] = place.number + 1;
          clock.at(place, hear, left % 3 > 0);
        }
      };
      const hear = async ({ to, from, left }: { to: number; from: number; left: number }) => {
        const cancel = clock.of(to).after(5, () => assert.fail("cancelled"));
        heard[to]?.push(`${clock.now()} ${from} begun`);
        for (let i = 0; i < from; i++) await Promise.resolve();
        heard[to]?.push(`${clock.now()} ${from} done`);
        cancel();
        if (left > 0) tell(to, left - 1);
      };
      for (const from of heard.keys()) clock.of(from).after(1 + from / 4, () => tell(from, 5));
      clock.after(3.1, () => heard.map((events) => events.push("world")));
      await clock.run(8.2);
      assert.equal(clock.now(), 8.2);
      await clock.run(100);
      return heard;
    };
    const plain = await talk(0);
    assert.ok(plain.every((events) => events.length > 100));
    for (const lookAheadMs of [2, 1.3, 0.25]) assert.deepEqual(await talk(lookAheadMs), plain);
  });

  it("has the events of a node within the look-ahead one after the other, none of them past an event of the world or the end", async () => {
    const order = async (lookAheadMs: number) => {
      const clock = createVirtualClock(0, lookAheadMs);
      const ran: string[] = [];
      const set = (node: number, atMs: number) => clock.of(node).after(atMs, () => void ran.push(`${node} at ${atMs}`));
      for (const atMs of [1, 3, 5, 7, 11]) set(2, atMs);
      for (const atMs of [2, 4, 6, 8]) set(1, atMs);
      clock.after(6, () => void ran.push("world"));
      clock.of(1).after(2, () => clock.of(1).after(1.5, () => void ran.push("1 from 2 on")));
      await clock.runBefore(11);
      assert.deepEqual([clock.now(), clock.nextMs()], [8, 11]);
      return ran.join(", ");
    };
    assert.equal(
      await order(100),
      "1 at 2, 1 from 2 on, 1 at 4, 2 at 1, 2 at 3, 2 at 5, world, 1 at 6, 1 at 8, 2 at 7",
    );
    assert.equal(await order(0), "2 at 1, 1 at 2, 2 at 3, 1 from 2 on, 1 at 4, 2 at 5, world, 1 at 6, 2 at 7, 1 at 8");
  });

  it("says so where a node sets an event of the world for a time that others may have passed", async () => {
    const clock = createVirtualClock(0, 10);
    clock.of(1).after(1, () => clock.after(2, () => {}));
    await assert.rejects(clock.run(20), RangeError);
  });

  it("runs what an event sets for now still in the same run, and what it sets for later in the next", async () => {
    const clock = createVirtualClock();
    const ran: string[] = [];
    clock.after(10, () => {
      clock.after(0, () => void ran.push(`now ${clock.now()}`));
      clock.after(-5, () => void ran.push(`past ${clock.now()}`));
      clock.after(1, () => void ran.push(`later ${clock.now()}`));
    });
    await clock.run(10);
    assert.deepEqual(ran, ["now 10", "past 10"]);
    await clock.run(11);
    assert.deepEqual(ran.at(-1), "later 11");
  });

  it("is at the end of a run, with or without events, and never goes back", async () => {
    const clock = createVirtualClock(7);
    assert.equal(clock.now(), 7);
    await clock.run(3);
    assert.equal(clock.now(), 7);
    clock.after(50, () => assert.fail("not due"));
    await clock.run(20);
    assert.equal(clock.now(), 20);
  });

  it("hears of the real world while thousands of events run", async () => {
    const clock = createVirtualClock();
    let heard = false;
    let ran = 0;
    const next = () => {
      if (ran++ === 0)
        setImmediate(() => {
          heard = true;
        });
      if (!heard) clock.after(1, next);
    };
    clock.after(1, next);
    await clock.run(100_000);
    assert.ok(heard && ran < 20_000, `${ran} events`);
  });
});
