import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAcquaintances } from "../../../node/observe/acquaintances.ts";
import { createSpeeds } from "../../../node/observe/speeds.ts";
import type { Transport } from "../../../protocol/base/seams.ts";

const here = (peer: string) => ({ peer, address: "/ip4/192.0.2.1/tcp/1", isOutbound: true, sinceMs: 5, silentMs: 2 });

describe("who is here", () => {
  it("says who has gone, and when it was there last, the last one first", () => {
    const acquaintances = createAcquaintances();
    acquaintances.look([here("a"), here("b"), here("c")], 100, () => undefined);
    acquaintances.look([here("a"), here("b")], 200, () => undefined);
    const now = acquaintances.look([here("a")], 300, (peer) => (peer === "a" ? 5_000 : undefined));
    assert.deepEqual(
      now.map(({ peer, link, seenMs }) => [peer, link !== undefined, seenMs]),
      [
        ["a", true, 300],
        ["b", false, 200],
        ["c", false, 100],
      ],
    );
    assert.deepEqual([now[0]?.bytesPerSecond, now[1]?.bytesPerSecond], [5_000, undefined]);
    assert.equal(acquaintances.look([here("b")], 400, () => undefined)[0]?.peer, "b", "it came back");
  });

  it("remembers a bounded number of those that have gone", () => {
    const acquaintances = createAcquaintances();
    for (let i = 0; i < 5_000; i++) acquaintances.look([here(`p${i}`)], i, () => undefined);
    assert.equal(acquaintances.look([], 9_000, () => undefined).length, 32);
  });
});

describe("the speed of links", () => {
  it("is bytes of the newest long answer over its time; a short answer says nothing", async () => {
    let [nowMs, length] = [0, 100_000];
    const speeds = createSpeeds(() => nowMs);
    const request = async () => {
      nowMs += 50;
      return new Uint8Array(length);
    };
    const { request: ask } = speeds.wrap({ request } as unknown as Transport);
    assert.equal(speeds.of("a"), undefined);
    await ask("a", "/x", new Uint8Array());
    assert.equal(speeds.of("a"), 2_000_000);
    length = 100;
    await ask("a", "/x", new Uint8Array());
    assert.equal(speeds.of("a"), 2_000_000);
  });
});
