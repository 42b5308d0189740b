/** The clock of a machine is set, e.g. when it hears of the time at last: what lasts is not measured by it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../protocol/base/rng.ts";
import { openAddressBook } from "../../../protocol/membership/address-book.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { type Crowd, createCrowd } from "../../support/crowd.ts";

const HOUR_MS = 3_600_000;

/** Sets the clock of everybody in a crowd; time goes on as before. */
function setClock({ world: { clock } }: Crowd, stepMs: number): void {
  const { now } = clock;
  Object.assign(clock, { now: () => now() + stepMs });
}

describe("a clock that is set", () => {
  for (const [claim, steps] of [
    ["back by six hours", [-6]],
    ["forward by six hours", [6]],
    ["forward and back again, by a year", [8760, -8760]],
  ] as const) {
    it(`${claim} stops nobody: the peers train and merge at their pace`, async () => {
      const crowd = createCrowd();
      setClock(crowd, 10 * 8760 * HOUR_MS); // not in 1970
      for (let i = 0; i < 4; i++) await crowd.join(i);
      const { clock } = crowd.world;
      const run = (ms: number) => clock.run(clock.monotonicMs() + ms);
      await run(5_000);
      for (const hours of steps) {
        const before = crowd.members.map(({ peer }) => ({ ...peer.status().counters, cycle: peer.status().cycle }));
        setClock(crowd, hours * HOUR_MS);
        await run(10_000);
        for (const [i, { peer }] of crowd.members.entries()) {
          const { cycle, counters } = peer.status();
          assert.ok(cycle >= (before[i]?.cycle ?? 0) + 9, `${cycle} cycles`);
          assert.ok(counters.merges >= (before[i]?.merges ?? 0) + 8, `${counters.merges} merges`);
        }
      }
    });

    it(`${claim} does not change when a lost peer is redialled`, async () => {
      let [nowMs, monotonicMs] = [10 * HOUR_MS, 0];
      const clock = { now: () => nowMs, monotonicMs: () => monotonicMs, after: () => () => {} };
      const rng = createRng("book");
      const placeOf = (host: string) => ({ host, prefix: host, isLocal: false });
      const book = await openAddressBook({ clock, rng, store: createMemoryStore(), self: "self", placeOf });
      book.learn("a", ["address"], { name: "b" });
      book.reached("a", "address");
      book.connected("a");
      monotonicMs += 60_000;
      book.lost("a");
      for (const hours of steps) {
        nowMs += hours * HOUR_MS;
        monotonicMs += 750;
        assert.equal(book.due().length, 1);
        book.failed("a", "address");
        assert.equal(book.due().length, 0);
        monotonicMs += 10_000;
        assert.equal(book.due().length, 1);
      }
    });
  }
});
