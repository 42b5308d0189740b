/** Conditions are read as they are meant, or refused with the place; they hold when they have held for long enough. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBestModel } from "../../../../protocol/learn/stream/best-model.ts";
import { createUntil, parseUntil } from "../../../../protocol/learn/stream/until.ts";

const FIGURES = ["rmse", "loss", "prequential"];
const OPTIONS = { figures: FIGURES, best: { figure: "rmse", lowerIsBetter: true } };

/** Whether it holds at each look, a second apart. */
function looks(text: string, values: readonly (number | undefined)[]): boolean[] {
  let nowMs = 0;
  const until = createUntil(text, { monotonicMs: () => nowMs }, OPTIONS);
  return values.map((rmse) => {
    const holds = until.look({ rmse });
    nowMs += 1000;
    return holds;
  });
}

describe("the condition of --until", () => {
  it("is clauses, of which `and` binds before `or`", () => {
    const condition = parseUntil("rmse<3 for 1h and loss >= 50 % or no better for 2d", FIGURES);
    assert.deepEqual(condition, [
      [
        { kind: "figure", figure: "rmse", op: "<", value: 3, forMs: 3_600_000 },
        { kind: "figure", figure: "loss", op: ">=", value: 0.5, forMs: 0 },
      ],
      [{ kind: "no-better", forMs: 172_800_000 }],
    ]);
  });

  const faults: readonly (readonly [text: string, at: number])[] = [
    ["", 1],
    ["rmsé < 3", 1],
    ["rmse", 5],
    ["rmse = 3", 6],
    ["rmse < three", 8],
    ["rmse < 3 for", 13],
    ["rmse < 3 for ever", 14],
    ["rmse < 3 for 1y", 14],
    ["rmse < 3 loss < 2", 10],
    ["rmse < 3 and", 13],
    ["no worse for 1h", 4],
    ["accuracy > 0.9", 1],
  ];
  for (const [text, at] of faults)
    it(`"${text}" is refused at character ${at}`, () => {
      assert.throws(() => parseUntil(text, FIGURES), { code: "ERR_CONFIG", details: { at } });
    });

  it("holds a share against a share: 90 where 90 % is meant would never come", () => {
    const shares = ["prequential"];
    for (const text of ["prequential > 90", "loss < 2 and prequential >= 101 %"])
      assert.throws(() => parseUntil(text, FIGURES, shares), {
        message: /in place of a share of 1, such as 0\.9 or 90 %/,
      });
    const [[, share] = []] = parseUntil("rmse < 90 and prequential > 90 %", FIGURES, shares);
    assert.deepEqual(share, { kind: "figure", figure: "prequential", op: ">", value: 0.9, forMs: 0 });
  });

  it("holds when a clause has held for its time without a break", () => {
    assert.deepEqual(looks("rmse < 3 for 2s", [2, 2, 4, 2, 2, 2]), [false, false, false, false, false, true]);
    assert.deepEqual(looks("rmse < 3 for 2s", [2, undefined, 2, 2, 2]), [false, false, false, false, true]);
    assert.deepEqual(looks("rmse < 3", [4, 2]), [false, true]);
  });

  it("stops early where nothing has become better, noise left out", () => {
    assert.deepEqual(looks("no better for 2s", [5, 4, 3.999, 3.998, 3]), [false, false, false, true, false]);
    assert.deepEqual(looks("no better for 2s", [undefined, undefined, undefined]), [false, false, false]);
  });
});

describe("the best model so far", () => {
  /** A model is one number, and the best one is what the hold-out says. */
  const best = { is: 5 };
  const trainer = {
    evaluate: async ([value = 0]: Float32Array) => ({ numExamples: 1, loss: Math.abs(value - best.is) }),
  };
  const model = (value: number) => ({ params: Float32Array.of(value), facts: value });

  it("stays until a better one comes, measured on the hold-out of now", async () => {
    const kept = createBestModel<number>(trainer, model(9));
    const offers = [model(7), model(8), model(5.5), model(6)];
    const facts = [];
    for (const offer of offers) facts.push((await kept.offer(offer)).facts);
    assert.deepEqual(facts, [7, 7, 5.5, 5.5]);
    best.is = 8;
    assert.equal((await kept.offer(model(7))).facts, 7, "the world has changed, and 5.5 is worse in it");
  });
});
