/** What `hearsay init` finds in a table that its owner should decide. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseDocument } from "yaml";
import { fillFromData } from "../../../node/commands/peer/init-data.ts";
import { HINTS, hintsOf } from "../../../node/data/hints/registry.ts";
import { TEMPLATES } from "../../../node/data/templates.ts";
import { createRng } from "../../../protocol/base/rng.ts";

interface Columns {
  readonly features: Readonly<Record<string, readonly number[]>>;
  readonly targets: readonly number[];
  readonly classes?: readonly string[];
}

function found({ features, targets, classes = [] }: Columns): string[] {
  const [names, columns] = [Object.keys(features), Object.values(features)];
  const rows = targets.length;
  const inputs = Float64Array.from({ length: rows * names.length }, (_, i) =>
    Number(columns[i % names.length]?.[Math.floor(i / names.length)]),
  );
  return hintsOf({ inputs, targets: Float64Array.from(targets), rows, features: names, labels: ["y"], classes });
}

const rng = createRng("hints");
const ROWS = 200;
const many = (of: (row: number) => number) => Array.from({ length: ROWS }, (_, row) => of(row));
const noise = many(() => rng.uniform());
const halves = many((row) => row % 2);
const shuffled = [...rng.permutation(ROWS)];

describe("a table without anything to decide", () => {
  it("gets no hint", () => {
    assert.deepEqual(
      found({
        features: { noise, small: many(() => Math.floor(9 * rng.uniform())) },
        targets: many(() => rng.normal()),
      }),
      [],
    );
    assert.deepEqual(found({ features: { noise }, targets: halves, classes: ["a", "b"] }), []);
  });
});

describe("identifiers", () => {
  const of = (column: readonly number[]) =>
    found({ features: { noise, column }, targets: halves, classes: ["a", "b"] });

  it("are columns of whole numbers without one that comes twice, where chance would repeat some, in any order and with gaps", () => {
    for (const column of [
      shuffled,
      shuffled.map((value) => 5000 + 3 * value),
      shuffled.map((value, i) => (i === 7 ? Number.NaN : value)),
    ]) {
      const [told = "", ...more] = of(column);
      assert.match(told, /^column "column" has another whole number in every row: .* Leave it out: --drop column$/);
      assert.deepEqual(more, []);
    }
  });

  it("are not measurements with decimals, numbers drawn from many, one that comes twice, or a count of the rows, which is told elsewhere", () => {
    const wide = shuffled.map((value) => 100_003 * value);
    const twice = shuffled.map((value) => (value === 3 ? 4 : value));
    for (const column of [shuffled.map((value) => value + 0.5), wide, twice, many((row) => row)])
      assert.deepEqual(of(column), []);
  });
});

describe("a feature that says the target", () => {
  const prices = many(() => 1 + rng.uniform());

  it("rises or falls with it in every row, straight or not", () => {
    for (const told of [
      prices.map(Math.log),
      prices.map((price) => -1000 * price),
      prices.map((price, i) => (i % 50 === 0 ? Number.NaN : price ** 3)),
    ])
      assert.match(
        found({ features: { noise, told }, targets: prices }).join(),
        /^column "told" alone says the target "y": .*--drop told$/,
      );
  });

  it("sets all classes apart by its value", () => {
    const told = halves.map((half, i) => 10 * half + (noise[i] as number));
    assert.match(
      found({ features: { noise, told }, targets: halves, classes: ["a", "b"] }).join(),
      /^column "told" alone says the class "y"/,
    );
    const three = many((row) => row % 3);
    const order = three.map((one, i) => 5 * one + (noise[i] as number));
    assert.match(found({ features: { order }, targets: three, classes: ["a", "b", "c"] }).join(), /"order" alone says/);
  });

  it("is none that errs in some rows, or in a table of few rows", () => {
    const near = prices.map((price) => price + 0.02 * rng.normal());
    assert.deepEqual(found({ features: { near }, targets: prices }), []);
    const told = halves.map((half, i) => 10 * (i === 11 ? 1 - half : half) + (noise[i] as number));
    assert.deepEqual(found({ features: { told }, targets: halves, classes: ["a", "b"] }), []);
    const tied = halves.map((half, i) => (i === 11 || i === 12 ? 0.5 : half)); // one row of each class
    assert.deepEqual(
      found({ features: { tied }, targets: halves, classes: ["a", "b"] }),
      [],
      "two classes at one value",
    );
    assert.deepEqual(found({ features: { told: prices.slice(0, 40) }, targets: prices.slice(0, 40) }), []);
  });
});

describe("targets of a regression", () => {
  it("of two values are classes", () => {
    assert.match(
      found({ features: { noise }, targets: halves }).join(),
      /^target "y" is 0 or 1 in every row: .*--template csv$/,
    );
  });

  it("with a long tail may be better by their logarithm, which has none; not those of a bell, of both signs, or of one far row", () => {
    const lognormal = many(() => Math.exp(rng.normal()));
    assert.match(
      found({ features: { noise }, targets: lognormal }).join(),
      /^target "y" has a long tail: .*"log\(y\)"/,
    );
    const counts = lognormal.map(Math.floor);
    assert.match(found({ features: { noise }, targets: counts }).join(), /"log\(1 \+ y\)"/);
    for (const targets of [
      many(() => 9 + rng.normal()),
      lognormal.map((value) => value - 0.5),
      many((row) => (row === 3 ? 1e-9 : 1 + (noise[row] as number))),
    ])
      assert.deepEqual(found({ features: { noise }, targets }), []);
  });
});

describe("a rare class", () => {
  it("is told with how good a model looks that never says it", () => {
    const targets = many((row) => (row % 50 === 0 ? 1 : 0));
    assert.match(
      found({ features: { noise }, targets, classes: ["well", "ill"] }).join(),
      /^class "ill" has 4 rows of 200: who always says "well" is right in 98 %, so look at macroF1/,
    );
    assert.deepEqual(
      found({ features: { noise }, targets: many((row) => (row % 8 === 0 ? 1 : 0)), classes: ["well", "ill"] }),
      [],
    );
  });
});

describe("hints", () => {
  it("are among what init tells of a table, and each has its line in the README", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hearsay-hints-"));
    try {
      const path = join(folder, "t.csv");
      writeFileSync(path, `x,customer,y\n${shuffled.map((id, i) => `${i % 7},${id},${i % 5}\n`).join("")}`);
      const { warnings } = await fillFromData(parseDocument(TEMPLATES.regression.yaml), { path, label: "y" });
      assert.match(warnings.join("\n"), /^column "customer" has another whole number/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const readme = readFileSync(join(import.meta.dirname, "../../../node/data/README.md"), "utf8");
    for (const { name } of HINTS) assert.ok(readme.includes(`| \`${name}\` `), name);
  });
});
