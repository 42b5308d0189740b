/** What a coordinator and all members but two see of another member's vector: nothing that is not uniform. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { keyOf, wordsIn } from "../../../protocol/base/bytes.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { applyMasks, type Mask, pairMask } from "../../../protocol/cohort/masks.ts";
import { COHORT_GRID, meanOf, quantise } from "../../../protocol/cohort/quantise.ts";
import { gather } from "../../../protocol/cohort/secrets.ts";
import { readAs } from "../../../protocol/cohort/statements.ts";
import { createTable, type Seated, type Table } from "../../support/cohort-table.ts";

const WORDS = 2 ** 20;
const COLLUDERS = [0, 1, 2];
const VICTIM = 3;
const OTHER = 4;

/** A chi-square statistic of counts that should be alike, in standard deviations from its mean. */
function deviation(counts: Uint32Array): number {
  const expected = WORDS / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

/** Of each byte of the words, and of the two halves of each. */
function deviations(words: Uint32Array): number[] {
  const of = (bins: number, binOf: (word: number) => number) => {
    const counts = new Uint32Array(bins);
    for (const word of words) counts[binOf(word)] = (counts[binOf(word)] as number) + 1;
    return deviation(counts);
  };
  const bytes = [0, 8, 16, 24].map((shift) => of(256, (word) => (word >>> shift) & 255));
  return [...bytes, of(65536, (word) => word & 65535), of(65536, (word) => word >>> 16)];
}

/** The words of a member with every mask taken off that the colluders know: those that it shares with one of them, and its own, whose seed is revealed. */
function seenOf(table: Table, place: number, seeds: ReadonlyMap<number, Uint8Array>): Uint32Array {
  const { roster, seats } = table;
  const { session } = roster;
  const statement = readAs("masked", seats[place]?.heard[2]?.answer as Uint8Array, nodeCrypto);
  const words = wordsIn(seats[0]?.served.get(keyOf(statement.hash)) as Uint8Array).slice();
  const known = COLLUDERS.map((own) => {
    const { maskSecret } = (seats[own] as Seated).offered.offer;
    const theirs = roster.offers[place]?.maskKey as Uint8Array;
    return pairMask(nodeSecrecy, maskSecret, theirs, { session, own, other: place }) as Mask;
  });
  return applyMasks(nodeSecrecy, words, [...known, { key: seeds.get(place) as Uint8Array, sign: -1 }]);
}

describe("the transcript of a session", () => {
  let table: Table;
  const seeds = new Map<number, Uint8Array>();

  before(async () => {
    const params = (place: number) => {
      const rng = createRng(`model/${place}`); // like a trained model: small weights around zero
      return Float32Array.from({ length: WORDS }, () => 0.05 * (rng.uniform() - 0.5));
    };
    table = createTable({ members: 5, params });
    const { outcome } = await table.run();
    assert.equal(outcome.kind, "released");
    const told = table.seats.map(({ heard }) => readAs("unmasked", heard[4]?.answer as Uint8Array, nodeCrypto));
    for (const [place, parts] of gather(told.flatMap(({ seeds: pieces }) => pieces)))
      seeds.set(place, (await nodeSecrecy.combine(parts)) as Uint8Array);
  });

  it("shows a coordinator and all members but two 2^20 uniform words of a victim's", () => {
    for (const one of deviations(seenOf(table, VICTIM, seeds))) assert.ok(Math.abs(one) < 6, `${one} deviations`);
  });

  it("would not, with one mask less: the test can tell", () => {
    const bare = quantise(table.seats[VICTIM]?.offered.params as Float32Array, COHORT_GRID, 5);
    assert.ok(deviations(bare).some((one) => Math.abs(one) > 1000));
  });

  it("shows them the sum of the two that they are not, and no more: the privacy set is the members that do not collude", () => {
    const [a, b] = [seenOf(table, VICTIM, seeds), seenOf(table, OTHER, seeds)];
    const both = meanOf(
      a.map((word, i) => word + (b[i] as number)),
      COHORT_GRID,
      2,
    );
    const [x, y] = [VICTIM, OTHER].map((place) => table.seats[place]?.offered.params as Float32Array);
    const off = both.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - ((x?.[i] ?? 0) + (y?.[i] ?? 0)) / 2)),
      0,
    );
    assert.ok(off < 1e-6, `${off}`);
  });
});
