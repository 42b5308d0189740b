/** Whom the inbound half draws, when, and what it gives to a merge. The pulls are the test's own; virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { AnnouncementBook } from "../../../../protocol/peer/inbound/announcements.ts";
import { createInbound, type Planned } from "../../../../protocol/peer/inbound/inbound.ts";
import { createPlaces } from "../../../../protocol/peer/inbound/places.ts";
import type { FailedPull } from "../../../../protocol/peer/inbound/puller.ts";
import { createStrikes } from "../../../../protocol/peer/inbound/strikes.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import type { Announced, Candidate } from "../../../../protocol/peer/stages.ts";
import { createVirtualClock } from "../../../../sim/seams/clock.ts";
import { blobTask } from "../../../support/blobs.ts";

const K = 3;
const CUTOFF = 4;

interface SceneOptions {
  readonly peers?: number;
  readonly memory?: number;
  readonly isBanned?: (author: string) => boolean;
  /** Of the models of "p0", "p1" ...; 0 where left out. */
  readonly ages?: readonly number[];
  readonly seed?: string;
}

/** Neighbours "p0", "p1" ... that are known and have announced a model each, which the test sends or refuses. */
function scene({ memory = 0, isBanned, ages = [], peers = 8, seed = "inbound" }: SceneOptions = {}) {
  const names = Array.from({ length: peers }, (_, i) => `p${i}`);
  const clock = createVirtualClock();
  const identities = createIdentities(names);
  const ending = new AbortController();
  const round = { cycle: 0, maxNorm: 0 };
  const newest = new Map<string, Announced>();
  const givenUp = new Set<Announced>();
  const near = new Set<string>(names);
  const announce = (author: string) => {
    const age = ages[names.indexOf(author)] ?? 0;
    const announced = { author, age, firstSeenCycle: round.cycle } as Announced;
    newest.set(author, announced);
    return announced;
  };
  const book: AnnouncementBook = {
    receive: () => ({ verdict: "ignore" }),
    newest: (author) => newest.get(author),
    available: (authors) =>
      [...authors].flatMap((author) => newest.get(author) ?? []).filter((announced) => !givenUp.has(announced)),
    isGivenUp: (author) => givenUp.has(newest.get(author) as Announced),
    giveUp: (announced) => void givenUp.add(announced),
    receiveBrief: () => ({ verdict: "ignore" }),
    show: (brief) => brief,
    now: (announced) => announced,
    connected() {},
  };
  const { signal } = ending;
  const places = createPlaces({ clock, standing: identities, transport: { prefixOf: (peer) => peer }, signal }, 1000);
  const pulls = new Map<string, (outcome: "delivered" | FailedPull["because"]) => Promise<void>>();
  const begun: string[] = [];
  const inbound = createInbound(
    {
      ...{ book, identities, clock },
      ranks: { neighbours: () => near, rankOf: () => "known" },
      puller: {
        ...{ places, strikes: createStrikes(identities) },
        pull(announced) {
          const { author } = announced;
          begun.push(author);
          places.take(author, false);
          return new Promise((resolve) => {
            pulls.set(author, async (outcome) => {
              pulls.delete(author);
              const isHere = outcome === "delivered";
              const hadPlace = places.end(author, isHere ? "delivered" : "refused");
              if (isHere) identities.delivered(author, clock.monotonicMs());
              resolve(isHere ? ({ announced } as Candidate) : { hadPlace, because: outcome });
              await setImmediate();
            });
          });
        },
      },
    },
    {
      task: blobTask({ aggregation: { inboxSize: K, memory }, staleness: { function: "constant", cutoff: CUTOFF } }),
      ...{ rng: createRng(seed), round, signal, ...(isBanned && { isBanned }) },
    },
  );
  for (const name of names) announce(name);
  const begin = (mergeInMs = 0, plan?: Planned) => inbound.beginCycle(round.cycle + 1, 1, mergeInMs, plan);
  const end = (author: string, outcome: "delivered" | FailedPull["because"] = "delivered") =>
    pulls.get(author)?.(outcome);
  return { clock, inbound, round, near, announce, begin, end, begun, givenUp, ending };
}

const authors = (candidates: readonly Candidate[]) => candidates.map(({ announced }) => announced.author);

describe("a draw", () => {
  it("pulls k models of neighbours, each of another author, and no more in a cycle", async () => {
    const { begin, begun, end, inbound } = scene();
    begin();
    assert.equal(new Set(begun).size, K);
    for (const author of [...begun]) await end(author);
    assert.equal(begun.length, K);
    assert.equal(inbound.fresh(), K);
    begin();
    assert.equal(begun.length, K, "the models that were not merged have their seats still");
  });

  it("pulls of neighbours alone, whoever has announced something", async () => {
    const { near, announce, begin, begun, inbound } = scene({ peers: 2 });
    announce("afar");
    near.delete("p1");
    begin();
    inbound.heard("afar");
    near.add("p1");
    inbound.heard("afar");
    assert.deepEqual(begun, ["p0"], "which is no occasion to draw anybody");
    near.delete("p1");
    announce("new");
    near.add("new");
    inbound.heard("new");
    assert.deepEqual(begun, ["p0", "new"], "and of one that comes while there are seats");
  });

  it("goes on to another author where a model is not to be had", async () => {
    for (const because of ["gone", "invalid"] as const) {
      const { begin, begun, end, inbound } = scene();
      begin();
      const [first] = begun as [string];
      await end(first, because);
      assert.equal(inbound.take().invalid.length, because === "invalid" ? 1 : 0);
      assert.equal(new Set(begun).size, K + 1);
      assert.notEqual(begun.at(-1), first);
    }
  });

  it("asks nobody twice in a cycle, and again in the next where the author only was busy", async () => {
    const { begin, begun, end, givenUp } = scene({ peers: 1 });
    begin();
    await end("p0", "again");
    assert.deepEqual([begun, givenUp.size], [["p0"], 0]);
    begin();
    assert.deepEqual(begun, ["p0", "p0"]);
    await end("p0", "gone");
    begin();
    assert.deepEqual(begun, ["p0", "p0"], "a model that is gone is not asked for again");
  });

  it("leaves out who has nothing young enough", () => {
    const { begin, begun, round, announce, inbound } = scene({ peers: 2 });
    round.cycle = CUTOFF;
    begin();
    assert.deepEqual(begun, []);
    announce("p1");
    inbound.heard("p1");
    assert.deepEqual(begun, ["p1"]);
  });

  it("ends with the peer: nothing is pulled afterwards", () => {
    const { begin, begun, ending, inbound } = scene();
    ending.abort();
    begin();
    inbound.heard("p0");
    assert.deepEqual(begun, []);
  });
});

describe("an author whose model is remembered", () => {
  it("is not asked for a newer one after it has gone", async () => {
    const { near, announce, begin, begun, end, inbound } = scene({ peers: 1, memory: K });
    begin();
    await end("p0");
    inbound.merged(inbound.take(), () => true);
    near.delete("p0");
    announce("p0");
    begin();
    assert.deepEqual(begun, ["p0"]);
    assert.equal(inbound.take().candidates.length, 1, "its model stands in");
  });
});

describe("the time of a draw", () => {
  /** Where a pull takes 100 ms. */
  async function measured() {
    const made = scene();
    made.begin();
    const first = [...made.begun];
    await made.clock.run(100);
    for (const author of first) await made.end(author);
    made.inbound.merged(made.inbound.take(), () => false);
    for (const author of first) made.announce(author);
    return { ...made, before: made.begun.length };
  }

  it("is twice the mean of a pull before the merge, so that models do not wait for it", async () => {
    const { begin, begun, before, clock, inbound } = await measured();
    assert.equal(inbound.pullMs(), 100);
    begin(1000);
    await clock.run(100 + 799);
    assert.equal(begun.length, before);
    inbound.heard("p0");
    assert.equal(begun.length, before, "whatever is announced meanwhile");
    await clock.run(100 + 801);
    assert.equal(begun.length, before + K);
  });

  it("is now where there is less time than that, and where the merge is due sooner than was expected", async () => {
    const soon = await measured();
    soon.begin(150);
    assert.equal(soon.begun.length, soon.before + K);
    const sooner = await measured();
    sooner.begin(1000);
    sooner.inbound.drawNow();
    assert.equal(sooner.begun.length, sooner.before + K);
    await sooner.clock.run(5000);
    assert.equal(sooner.begun.length, sooner.before + K, "once");
    const next = await measured();
    next.begin(1000);
    next.inbound.drawNow();
    for (const author of next.begun.slice(next.before)) await next.end(author);
    next.inbound.merged(next.inbound.take(), () => false);
    const before = next.begun.length;
    next.begin(5000);
    await next.clock.run(3000);
    assert.equal(next.begun.length, before, "nor in the next cycle");
  });
});

describe("what a merge gets", () => {
  it("is what came, sorted by peer id, and what was refused since the last merge; then they are done with", async () => {
    const { begin, begun, end, inbound, givenUp } = scene();
    begin();
    const [invalid, ...good] = [...begun] as [string, ...string[]];
    await end(invalid, "invalid");
    for (const author of begun.slice(1)) await end(author);
    const taken = inbound.take();
    assert.deepEqual(authors(taken.candidates), [...good, begun.at(-1)].sort());
    assert.deepEqual(
      taken.invalid.map(({ author }) => author),
      [invalid],
    );
    inbound.merged(taken, () => false);
    assert.deepEqual([inbound.fresh(), inbound.take().candidates, inbound.take().invalid], [0, [], []]);
    assert.equal(givenUp.size, 1 + taken.candidates.length, "each model is merged once");
  });

  it("may be what was merged before, as long as it is kept", async () => {
    const { begin, begun, end, inbound, givenUp } = scene({ memory: K });
    begin();
    for (const author of [...begun]) await end(author);
    inbound.merged(inbound.take(), () => true);
    assert.equal(inbound.fresh(), 0);
    assert.equal(givenUp.size, 0);
    begin();
    assert.equal(inbound.fresh(), 0);
    assert.ok(inbound.take().candidates.length > 0);
  });

  it("is nothing of a key that was banned since it came", async () => {
    const { begin, begun, end, inbound } = scene({ isBanned: (author) => author === liar });
    begin();
    const [liar] = begun as [string];
    for (const author of [...begun]) await end(author);
    const { candidates } = inbound.take();
    assert.equal(candidates.length, K - 1);
    assert.ok(!authors(candidates).includes(liar));
  });
});

describe("what can be waited for", () => {
  it("is as many authors as delivered within two cycles, at most k", async () => {
    const { begin, begun, end, inbound, clock } = scene();
    begin();
    assert.equal(inbound.wanted(1000), 0);
    for (const author of [...begun]) await end(author);
    assert.equal(inbound.wanted(1000), K);
    await clock.run(1999);
    assert.equal(inbound.wanted(1000), K);
    await clock.run(2001);
    assert.equal(inbound.wanted(1000), 0);
  });

  it("is told once a pull has ended, whatever became of it", async () => {
    for (const outcome of ["delivered", "gone"] as const) {
      const { begin, begun, end, inbound } = scene();
      begin();
      let woken = 0;
      inbound.onFresh(() => woken++);
      const [first, second] = [...begun] as [string, string];
      await end(first, outcome);
      await end(second, outcome);
      assert.equal(woken, 1);
    }
  });
});

describe("a pull that is under way when a cycle begins", () => {
  it("keeps its seat, and its model counts when it comes", async () => {
    const { begin, begun, end, inbound } = scene({ memory: 2 * K });
    begin();
    begin();
    assert.equal(begun.length, K);
    await end(begun[0] as string);
    assert.deepEqual(authors(inbound.take().candidates), [begun[0]]);
  });
});

describe("a draw under a budget of bytes", () => {
  const { steps } = blobTask().training;
  /** As old as a merge takes beside 100, and one step older. */
  const [least, older] = [100 * steps, 100 * steps - CUTOFF * steps - 1];
  const ages = [older, older, least, least + 5000, least + 9000, older, least, older];
  /** Ages of the models of a merge, for many draws. */
  const drawn = (plan?: Planned) =>
    Array.from({ length: 50 }, (_, i) => {
      const { begin, begun } = scene({ ages, seed: `draw ${i}` });
      begin(0, plan);
      return begun.map((name) => ages[Number(name.slice(1))] as number);
    });
  const isWhole = (merge: readonly number[]) => merge.every((age) => age >= least) || merge.every((age) => age < least);
  /** Three models of which the lower median is old too are all taken. */
  const isTaken = (merge: readonly number[]) => isWhole(merge) || merge.filter((age) => age < least).length === 2;

  it("takes only models that can go into one merge, where there are enough", () => {
    for (const merge of drawn({ most: K, age: least })) {
      assert.equal(merge.length, K);
      assert.ok(isTaken(merge), `${merge}`);
    }
  });

  it("takes any where nothing is planned with", () => {
    assert.ok(drawn().some((merge) => !isTaken(merge)));
    assert.ok(drawn({ most: K, age: undefined }).some((merge) => !isTaken(merge)));
  });

  it("takes what there is where nobody fits, and leaves nobody out who comes alone", () => {
    const two = scene({ peers: 2, ages: [least, older] });
    two.begin(0, { most: K, age: least });
    assert.deepEqual(two.begun.toSorted(), ["p0", "p1"]);
    const seen = new Set(drawn({ most: 1, age: least }).flat());
    assert.deepEqual(seen, new Set(ages));
  });
});
