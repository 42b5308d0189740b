import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BoardParts, MOST_PAGES, startBoard } from "../../../node/observe/board.ts";
import type { PageFacts, PageNow, PageSample } from "../../../node/observe/messages.ts";
import type { PeerStatus } from "../../../protocol/peer/status.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";

const FACTS = { peerId: "me" } as PageFacts;

function parts() {
  const clock = createVirtualClock();
  const peer = { cycle: 4, merges: 1, asked: 0, advanced: [] as number[] };
  const merge = (cycle: number) => ({ cycle, tsMs: 0, rule: "r", parents: [] });
  const given: BoardParts = {
    ...{ clock, facts: FACTS, stepsOfCycle: 10 },
    status: () => ({ cycle: peer.cycle, counters: { merges: peer.merges } }) as PeerStatus,
    merges: async () => Array.from({ length: peer.merges }, (_, i) => merge(i)),
    standing: () => {
      peer.asked++;
      return {} as ReturnType<BoardParts["standing"]>;
    },
    figure: async () => 0.5,
    alone: {
      now: () => ({ figure: 0.25, steps: 3 }),
      advance: async (steps) => void peer.advanced.push(steps),
    },
  };
  const pass = (ms: number) => clock.run(clock.now() + ms);
  return { given, peer, pass };
}

describe("the board behind the page", () => {
  it("tells a page all there is at first, then what is new", async () => {
    const { given, peer, pass } = parts();
    const board = startBoard(given);
    await pass(1_000);
    const told: [string, unknown][] = [];
    await board.open((event, data) => void told.push([event, data]));
    assert.deepEqual(
      told.map(([event]) => event),
      ["facts", "samples", "now", "merges"],
    );
    assert.equal(((told[1] ?? [])[1] as { own: number }[] | undefined)?.[0]?.own, 0.5);
    peer.merges = 3;
    await pass(4_000);
    const cycles = told.filter(([event]) => event === "merges").flatMap(([, data]) => data as { cycle: number }[]);
    assert.deepEqual([...new Set(cycles.map(({ cycle }) => cycle))], [0, 1, 2]);
    assert.ok(told.some(([event]) => event === "sample"));
    board.close();
    assert.equal(told.at(-1)?.[0], "ended");
    const after = told.length;
    await pass(4_000);
    assert.equal(told.length, after);
  });

  it("tells what became of rows that go on coming, and how the model did on them over time; nothing where none are followed", async () => {
    for (const value of [0.75, null, undefined]) {
      const { given, pass } = parts();
      const stream = { prequential: { value } } as ReturnType<NonNullable<BoardParts["stream"]>>;
      const board = startBoard({ ...given, ...(value !== undefined && { stream: () => stream }) });
      await pass(1_000);
      const told = new Map<string, unknown>();
      await board.open((event, data) => void told.set(event, data));
      const [sample] = told.get("samples") as PageSample[];
      assert.equal(sample?.prequential, value ?? undefined);
      assert.equal((told.get("now") as PageNow).stream, value === undefined ? undefined : stream);
      board.close();
    }
  });

  it("works for nobody while no page is open, but for a sample now and then", async () => {
    const { given, peer, pass } = parts();
    const board = startBoard(given);
    await pass(20_000);
    assert.deepEqual([peer.asked, peer.advanced], [0, []]);
    const close = await board.open(() => {});
    await pass(3_000);
    assert.ok(peer.asked >= 2);
    assert.equal(peer.advanced[0], 40, "the model alone may have as many steps as the peer's trainings took");
    close();
    const { asked } = peer;
    await pass(3_000);
    assert.equal(peer.asked, asked);
    board.close();
  });

  it("serves a bounded number of pages, and one more when one has closed", async () => {
    const { given } = parts();
    const board = startBoard(given);
    const closes = await Promise.all(Array.from({ length: MOST_PAGES }, () => board.open(() => {})));
    await assert.rejects(
      board.open(() => {}),
      { code: "ERR_RATE" },
    );
    closes[0]?.();
    await board.open(() => {});
    board.close();
  });
});
