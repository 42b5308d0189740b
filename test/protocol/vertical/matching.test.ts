/** Matching of ids finds what all parties share, and each message that is no matching has an outcome with a name. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { loadVerticalCrypto } from "../../../node/vertical/load.ts";
import { type ErrorCode, HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { matchAsHolder, matchAsMember } from "../../../protocol/vertical/match-session.ts";
import { checkIds } from "../../../protocol/vertical/matching.ts";
import { decodePart, encodePart, encodePlaces, encodePoints } from "../../../protocol/vertical/messages.ts";
import { beginAsHolder, beginAsMember } from "../../../protocol/vertical/party.ts";
import type { VerticalCrypto } from "../../../protocol/vertical/seams.ts";
import { type TestOptions, type TestSession, testSession } from "../../support/vertical.ts";

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `person ${from + i}`);

describe("matching", () => {
  let tools: VerticalCrypto;

  before(async () => {
    tools = await loadVerticalCrypto();
  });

  const session = (numParties: number, options: Partial<TestOptions> = {}) =>
    testSession({ numParties, tools, ...options });

  /** The ids that each party comes to, in its order. */
  function match({ parties }: TestSession, lists: readonly (readonly string[])[]): Promise<string[]>[] {
    return parties.map(async (party, i) => {
      const own = lists[i] as readonly string[];
      const rows =
        i === 0
          ? await matchAsHolder(party, await beginAsHolder(party, "match"), own)
          : await matchAsMember(party, await beginAsMember(party, "match"), own);
      return rows.map((row) => own[row] as string);
    });
  }

  it("finds the shared ids, in one order, for two parties", async () => {
    const [holder, member] = await Promise.all(match(session(2), [ids(0, 30), ids(20, 50)]));
    assert.deepEqual(holder, member);
    assert.deepEqual([...(holder ?? [])].sort(), ids(20, 30).sort());
  });

  it("finds what all of three parties share", async () => {
    const found = await Promise.all(match(session(3), [ids(0, 20), ids(5, 25), ids(10, 15)]));
    for (const list of found) assert.deepEqual(list, found[0]);
    assert.deepEqual([...(found[0] ?? [])].sort(), ids(10, 15).sort());
  });

  it("shows the same id as another point in every session and matching, and in another order", async () => {
    const seen: string[] = [];
    const answer: TestOptions["answer"] = (_from, _to, bytes) => {
      seen.push(Buffer.from(bytes).toString("hex"));
      return bytes;
    };
    for (let time = 0; time < 2; time++) await Promise.all(match(session(2, { answer }), [ids(0, 4), ids(0, 4)]));
    const points = seen.flatMap((message) =>
      message.length > 250 && message.length < 300 ? [message.slice(-256)] : [],
    );
    const single = points.flatMap((list) => list.match(/.{64}/g) ?? []);
    assert.ok(single.length >= 24); // two lists and one of both secrets, of four points, twice
    assert.equal(new Set(single).size, single.length);
    for (const id of ids(0, 4)) assert.ok(!seen.some((message) => message.includes(Buffer.from(id).toString("hex"))));
  });

  it("says that nothing is shared, at both ends", async () => {
    const ended = await Promise.allSettled(match(session(2), [ids(0, 5), ids(10, 15)]));
    for (const one of ended) assert.ok(one.status === "rejected" && isHearsayError(one.reason, "ERR_DATA"));
  });

  for (const [what, list] of [
    ["none", []],
    ["an empty one", ["a", ""]],
    ["one twice, as in a column that is not the id", ["male", "female", "male"]],
    ["too many", ids(0, LIMITS.maxVerticalIds + 1)],
  ] as const)
    it(`refuses ids of which there is ${what}, and names the column`, () => {
      assert.throws(
        () => checkIds(list, "gender"),
        (error) => isHearsayError(error, "ERR_DATA") && error.message.includes('"gender"'),
      );
    });

  /** What the label holder makes of a party that sends something else in place of a message of its own. */
  const lies: readonly (readonly [
    what: string,
    change: (message: Uint8Array, nth: number) => Uint8Array,
    ErrorCode,
  ])[] = [
    [
      "bytes that are no points",
      (_, nth) => (nth === 1 ? encodePoints(new Uint8Array(64).fill(255)) : _),
      "ERR_DECODE",
    ],
    ["the identity", (_, nth) => (nth === 1 ? encodePoints(new Uint8Array(32)) : _), "ERR_DECODE"],
    ["one point many times", (message, nth) => (nth === 1 ? twice(message) : message), "ERR_DECODE"],
    [
      "fewer points than it was given",
      (message, nth) => (nth === 2 ? encodePoints(message.slice(-64)) : message),
      "ERR_DECODE",
    ],
    ["half a point", (message, nth) => (nth === 1 ? encodePoints(message.slice(-33)) : message), "ERR_DECODE"],
    ["garbage", () => Uint8Array.of(0xff, 0xff), "ERR_DECODE"],
    ["places of a list in place of points", () => encodePlaces([0, 1]), "ERR_DECODE"],
  ];
  for (const [what, change, code] of lies)
    it(`refuses a party that sends ${what}`, async () => {
      const holder = session(2).parties[0]?.peer;
      let nth = -1;
      const answer: TestOptions["answer"] = (from, _to, bytes) => {
        const { total, chunk } = decodePart(bytes);
        if (from === holder || total === 0) return bytes;
        nth++; // the masker, then ids, then ids-again
        const changed = nth === 0 ? chunk : change(chunk, nth);
        return encodePart(changed.length, changed);
      };
      const [held] = match(session(2, { answer }), [ids(0, 5), ids(0, 5)]).map((one) =>
        one.then(
          () => {},
          (error) => error,
        ),
      );
      const error = await held;
      assert.ok(error instanceof HearsayError);
      assert.equal(error.code, code, error.message);
    });
});

function twice(message: Uint8Array): Uint8Array {
  const point = message.slice(-32);
  return encodePoints(Uint8Array.from([...point, ...point]));
}
