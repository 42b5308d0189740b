import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byteLimitText, parseByteLimit } from "../../../protocol/traffic/byte-limit.ts";

const DAY_MS = 86_400_000;

describe("a budget as people write it", () => {
  it("is a number of bytes in a span of time, or unlimited", () => {
    assert.deepEqual(parseByteLimit("2MB/day"), { bytes: 2e6, perMs: DAY_MS });
    assert.deepEqual(parseByteLimit(" 1.5 kB per hour "), { bytes: 1500, perMs: 3_600_000 });
    assert.deepEqual(parseByteLimit("1GiB/month"), { bytes: 2 ** 30, perMs: 30 * DAY_MS });
    assert.deepEqual(parseByteLimit("3 TB a week"), { bytes: 3e12, perMs: 7 * DAY_MS });
    assert.deepEqual(parseByteLimit("20MB/d"), { bytes: 2e7, perMs: DAY_MS });
    assert.deepEqual(parseByteLimit("1MiB/h"), { bytes: 2 ** 20, perMs: 3_600_000 });
    assert.equal(parseByteLimit("unlimited"), undefined);
  });

  it("is refused with what to write instead", () => {
    const refusals: readonly [string, RegExp][] = [
      ["", /"" is no budget: write it as 2MB\/day/],
      ["2MB", /write it as 2MB\/day/],
      ["-2MB/day", /no budget/],
      ["2Mb/day", /would be bits; write MB/],
      ["2mB/day", /"mB" is no unit of bytes; give one of B, kB/],
      ["2MB/fortnight", /"fortnight" is no span of time; give one of second, minute, hour, day/],
      ["2MB/m", /"m" is no span of time/],
      ["0MB/day", /unlimited is no bound at all/],
      ["99999TB/day", /give 1 B to 9,000 TB/],
    ];
    for (const [text, remedy] of refusals) assert.throws(() => parseByteLimit(text), remedy, text);
  });

  it("reads the same when it is told again", () => {
    assert.equal(byteLimitText({ bytes: 2e6, perMs: DAY_MS }), "2 MB a day");
    assert.equal(byteLimitText({ bytes: 1500, perMs: 3_600_000 }), "1.5 kB an hour");
  });
});
