/** Whom a peer prefers, and what it says of that. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Transport } from "../../../../protocol/base/seams.ts";
import { createChoosing } from "../../../../protocol/peer/inbound/choosing.ts";
import { createCommittee } from "../../../../protocol/peer/inbound/committee.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import type { Announced } from "../../../../protocol/peer/stages.ts";
import { learned } from "../../../../protocol/select/reputation.ts";
import { DEFAULT_SELECTION, type Selection } from "../../../../protocol/select/selector.ts";

const NAMES = [..."abcdefgh"];

function scene(
  changes: Partial<Selection>,
  prefixOf = (peer: string) => peer,
  linkTo: Transport["linkTo"] = () => undefined,
) {
  const identities = createIdentities(NAMES);
  const round = { cycle: 1, maxNorm: 1 };
  const near = new Set(NAMES);
  const choosing = createChoosing(
    {
      identities,
      book: { newest: (author) => ({ author, firstSeenMs: NAMES.indexOf(author) }) as unknown as Announced },
      ranks: { neighbours: () => near },
      places: { pullMs: () => undefined },
      transport: { prefixOf, linkTo },
      clock: { monotonicMs: () => 1000 },
    },
    { ...DEFAULT_SELECTION, floor: 0, ...changes },
    round,
  );
  const committee = createCommittee(4, createRng("choosing"), choosing);
  /** A merge in which the models of these were the best and the worst. */
  const saw = (author: string, worth: number) =>
    identities.change(author, { reputation: learned(identities.get(author)?.reputation, worth, round.cycle) });
  const cycle = () => {
    round.cycle++;
    committee.begin([]);
    while (committee.next(() => [NAMES]) !== undefined);
    return committee.members().toSorted().join("");
  };
  return { choosing, saw, cycle, near, identities };
}

describe("a peer that prefers some authors", () => {
  it("asks those first whose models were useful, and says why it does not ask the others", () => {
    const { saw, cycle, choosing } = scene({ by: "usefulness" });
    for (const good of "bdfh") saw(good, 1);
    for (const bad of "ac") saw(bad, 0);
    assert.equal(cycle(), "bdfh");
    const [asked, not] = [choosing?.of("b"), choosing?.of("a")];
    assert.match(asked?.words ?? "", /^preferred in this cycle: place 1 of 8 by usefulness; made the own model better/);
    assert.match(not?.words ?? "", /^not drawn in this cycle: place 7 of 8 by usefulness/);
    assert.deepEqual([asked?.preferred, asked?.atRandom, not?.preferred, not?.lastCycle], [1, 0, 0, undefined]);
    assert.equal(choosing?.of("z"), undefined, "who is no neighbour");
    assert.deepEqual([choosing?.status().preferred, choosing?.status().atRandom], [4, 0]);
  });

  it("says on how much its judgement stands, and whether that is from before this start", () => {
    const { saw, choosing, cycle } = scene({ by: "usefulness" });
    saw("a", 1);
    const words = () => choosing?.of("a")?.words ?? "";
    assert.match(words(), /what was seen counts as 1\.0 models, the newest of cycle 1, before this start$/);
    cycle();
    saw("a", 1);
    assert.match(words(), /what was seen counts as 2\.0 models, the newest of cycle 2$/);
    assert.doesNotMatch(choosing?.of("b")?.words ?? "", /counts as/);
    assert.doesNotMatch(scene({ by: "link" }).choosing?.of("a")?.words ?? "", /counts as/);
  });

  it("goes by what the transport tells of each link: near ones first, and paid ones last", () => {
    const links = { a: 90, b: 10, c: 20, d: 30, e: 40, f: 50, g: 60, h: 70 };
    const linkTo = (peer: string) => ({ roundTripMs: links[peer as keyof typeof links], isPaid: peer === "b" });
    const { cycle, choosing } = scene({ by: "link" }, (peer) => peer, linkTo);
    assert.equal(cycle(), "cdef");
    assert.match(choosing?.of("b")?.words ?? "", /place 7 of 8 by link.*10 ms, over a link that is paid for/);
  });

  it("goes on to ask everybody at times", () => {
    const { saw, cycle, identities } = scene({ by: "usefulness", floor: 0.25 });
    for (const good of "abcd") saw(good, 1);
    const members = Array.from({ length: 400 }, () => {
      for (const good of "abcd") saw(good, 1);
      return cycle();
    });
    for (const other of "efgh") {
      const times = members.filter((names) => names.includes(other)).length;
      assert.ok(times > 20, `${other}: ${times} of 400`);
      assert.equal(identities.get(other)?.asked?.preferred ?? 0, 0);
    }
  });

  it("prefers no more of one address prefix than it may: many keys of one place gain nothing by being the best", () => {
    const { saw, cycle } = scene({ by: "usefulness", perPrefix: 1 }, (peer) => (peer < "f" ? "one place" : peer));
    for (const name of "abcde") saw(name, 1);
    for (let i = 0; i < 20; i++) {
      const members = cycle();
      assert.ok(
        [..."fgh"].every((name) => members.includes(name)),
        members,
      );
    }
  });

  it("prefers whose announcement came last, by its own clock, where it goes by freshness", () => {
    assert.equal(scene({ by: "freshness" }).cycle(), "efgh");
  });

  it("is made for no peer to which all are alike", () => {
    assert.equal(scene({ by: "random" }).choosing, undefined);
    assert.throws(() => scene({ by: "beauty" }), /no policy "beauty"; one of random, usefulness/);
  });
});
