/** Policies of drawing: one draw, and what is remembered of an author. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../protocol/base/rng.ts";
import { drawOne, type Preference } from "../../../protocol/select/draw.ts";
import { SELECTORS } from "../../../protocol/select/registry.ts";
import { HALF_LIFE, learned, ranksOf, worthOf } from "../../../protocol/select/reputation.ts";
import type { Known } from "../../../protocol/select/selector.ts";

const AUTHORS = [..."abcdefgh"];
/** "a" is the best. */
const byName: Preference<string> = { floor: 0, top: 0, score: (name) => -name.charCodeAt(0), mayPrefer: () => true };

/** How often each was drawn, of so many. */
function counts(changes: Partial<Preference<string>>, draws = 4000): ReadonlyMap<string, number> {
  const rng = createRng("draws");
  const found = new Map(AUTHORS.map((author) => [author, 0]));
  for (let i = 0; i < draws; i++) {
    const { author } = drawOne(AUTHORS, { ...byName, ...changes }, rng);
    found.set(author, (found.get(author) ?? 0) + 1);
  }
  return found;
}

describe("a draw", () => {
  it("takes the best, and who is as good with the same chance", () => {
    assert.equal(counts({}).get("a"), 4000);
    const alike = counts({ score: (name) => (name < "c" ? 1 : 0) });
    assert.ok(Math.abs((alike.get("a") ?? 0) - 2000) < 200, "2000, by five deviations");
    assert.equal((alike.get("a") ?? 0) + (alike.get("b") ?? 0), 4000);
  });

  it("takes anybody in the share that is left to chance, so that nobody is never drawn", () => {
    const found = counts({ floor: 0.25 });
    for (const author of AUTHORS.slice(1))
      assert.ok(Math.abs((found.get(author) ?? 0) - 125) < 60, `${author}: ${found.get(author)}, of 4000 / 4 / 8`);
  });

  it("draws among the better part where a policy says so", () => {
    const found = counts({ top: 0.5 });
    assert.deepEqual(
      AUTHORS.filter((author) => (found.get(author) ?? 0) > 0),
      [..."abcd"],
    );
  });

  it("prefers nobody of whom there are enough, and takes anybody where that is all", () => {
    assert.equal(counts({ mayPrefer: (name) => name > "c" }).get("d"), 4000);
    assert.ok(AUTHORS.every((author) => (counts({ mayPrefer: () => false }).get(author) ?? 0) > 300));
  });

  it("treats authors alike whose score is the lowest that there is", () => {
    const found = counts({ score: () => Number.NEGATIVE_INFINITY });
    assert.ok(AUTHORS.every((author) => (found.get(author) ?? 0) > 300));
  });
});

describe("a reputation", () => {
  it("is that of nobody before anything was seen, and again long after", () => {
    assert.equal(worthOf(undefined, 7), 0.5);
    const bad = learned(learned(undefined, 0, 1), 0, 2);
    assert.ok(worthOf(bad, 2) < 0.2);
    assert.ok(Math.abs(worthOf(bad, 2 + 20 * HALF_LIFE) - 0.5) < 1e-5);
  });

  it("forgets: of what was seen a half-life ago half counts", () => {
    const good = Array.from({ length: 50 }).reduce<ReturnType<typeof learned>>(
      (before) => learned(before, 1, 100),
      learned(undefined, 1, 100),
    );
    const { sum, weight } = learned(good, 0, 100 + HALF_LIFE);
    assert.ok(Math.abs(sum - 51 / 2) < 1e-9 && Math.abs(weight - (51 / 2 + 1)) < 1e-9);
  });

  it("counts what a model beats, so that it does not matter how large losses are", () => {
    assert.deepEqual(ranksOf([3, 1, 2]), [1, 0, 0.5]);
    assert.deepEqual(ranksOf([300, -100, 2]), [1, 0, 0.5]);
    assert.deepEqual(ranksOf([1, 1]), [0.5, 0.5]);
    assert.deepEqual(ranksOf([7]), [0.5]);
    assert.deepEqual(ranksOf([Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY]), [0.25, 1, 0.25]);
  });
});

describe("the policies", () => {
  const nothing: Known = { worth: 0.5, pullMs: undefined, roundTripMs: undefined, isPaid: false, sinceMs: 1000 };
  const better: Readonly<Record<string, Partial<Known>>> = {
    usefulness: { worth: 0.9 },
    affinity: { worth: 0.9 },
    link: { pullMs: 30 },
    freshness: { sinceMs: 10 },
  };

  it("are found by their names, and each says what it goes by", () => {
    for (const [name, selector] of SELECTORS) {
      assert.equal(selector.name, name);
      assert.equal(selector.judges === undefined, selector.worthOf === undefined);
      assert.ok(selector.words({ ...nothing, ...better[name] }).length > 10);
    }
  });

  for (const [name, change] of Object.entries(better))
    it(`${name} prefers who is better by its figure alone`, () => {
      const { score } = SELECTORS.get(name) ?? assert.fail();
      assert.ok(score({ ...nothing, ...change }) > score(nothing));
      const others = Object.entries(better).filter(
        ([other]) => other !== name && !("worth" in change && other === "affinity"),
      );
      for (const [other, otherChange] of others)
        if (!("worth" in otherChange && "worth" in change))
          assert.equal(score({ ...nothing, ...otherChange }), score(nothing), other);
    });

  it("link takes a round trip for a pull before there was one, and a paid link for a slow one", () => {
    const { score } = SELECTORS.get("link") ?? assert.fail();
    assert.ok(score({ ...nothing, roundTripMs: 30 }) > score(nothing));
    assert.ok(score({ ...nothing, pullMs: 50 }) > score({ ...nothing, pullMs: 10, isPaid: true }));
  });
});
