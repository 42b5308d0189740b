import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ListedPeer, listPeers } from "../../../../node/api/peer-list.ts";
import { textOf } from "../../../../node/commands/peer/peers.ts";
import type { Companion } from "../../../../node/net/company.ts";
import { spanText } from "../../../../node/terminal/print.ts";
import { tally } from "../../../../protocol/peer/memory/tally.ts";
import { otherVersion } from "../../../../protocol/wire/fields.ts";

const here: Companion = {
  name: "Roof 7",
  ...{ peer: "12D3KooWaaaaAnna0001", standing: "known", heardSecondsAgo: 3, age: 70, isSilent: false },
  routes: [{ address: "/ip4/192.168.1.2/tcp/4001", isOutbound: true, kind: "lan" }],
};
const gone: Companion = {
  ...{ peer: "12D3KooWaaaaBert0002", standing: "configured", heardSecondsAgo: null, isSilent: true, routes: [] },
  waitsUntilCycle: 44,
};
const liar: Companion = {
  ...{ peer: "12D3KooWaaaaCarl0003", standing: "banned", proves: "fork", heardSecondsAgo: null, isSilent: false },
  routes: [],
};

function listed(): ListedPeer[] {
  const merges = Array.from({ length: 4 }, (_, i) => ({
    ...{ cycle: i, tsMs: 1000 * i, rule: "nna" },
    parents: [
      { peer: here.peer, status: "used" as const, influence: 0.5, distance: 1 },
      { peer: gone.peer, status: "removed" as const, influence: 0, distance: 4, removedBy: "nna" },
    ],
  }));
  return listPeers([here, gone, liar], tally(merges), { speedOf: () => 2_000_000 });
}

describe("hearsay peers", () => {
  it("says of each peer how it is reached, when it was heard, what it gave, and why it gives nothing", () => {
    const text = textOf({ cycle: 40, merges: 4, peers: listed() });
    assert.match(text, /^cycle 40: 1 of 3 peers connected; shares of 4 merges\n/);
    assert.match(
      text,
      /Anna0001 │ known +│ out lan \/ip4\/192\.168\.1\.2\/tcp\/4001 │ 2(?:\.0)? MB\/s │ 3 s +│ 4 +│ 50\.0 %/,
    );
    assert.match(text, /Anna0001 [^\n]*\n│ Roof 7 /, "beside its id, never in its place");
    assert.match(text, /Bert0002 │ configured │ - +│ - +│ - +│ 4 +│ 0\.0 % +│ silent/);
    assert.match(text, /its model did not come, or was refused: left out 4 cycles more/);
    assert.match(text, /left out in 100\.0 % by nna/);
    assert.match(text, /Carl0003 │ banned .* banned: two stories about its log/);
  });

  it("says of a peer of another version or task what it is and what helps, in place of that it is silent", () => {
    const noteOf = (refused: Companion["refused"]) => {
      const peers = listPeers([{ ...gone, ...(refused && { refused }) }], tally([]), { speedOf: () => undefined });
      return textOf({ cycle: 1, merges: 0, peers });
    };
    const { code, message } = otherVersion(1);
    assert.match(noteOf({ code, message }), /│ speaks hearsay\/1, this is hearsay\/2: update that peer +│/);
    assert.doesNotMatch(noteOf({ code, message }), /silent/);
    const ids = `another task: theirs is ${"ab".repeat(32)}`;
    const other = noteOf({ code: "ERR_OTHER_TASK", message: ids });
    assert.match(other, /works on another task: give it this one \(hearsay join\), or take it out of bootstrap/);
    assert.ok(!other.includes("abab"));
  });

  it("says of each neighbour why its models are asked for, or not, where some are preferred", () => {
    const asking = {
      place: 7,
      of: 8,
      preferred: 0,
      atRandom: 2,
      lastCycle: 12,
      words: "not drawn in this cycle: place 7 of 8",
    };
    const askingOf = (peer: string) => (peer === here.peer ? asking : undefined);
    const peers = listPeers([here, gone], tally([]), { speedOf: () => undefined, askingOf });
    assert.deepEqual([peers[0]?.asking, peers[1] && "asking" in peers[1]], [asking, false]);
    const text = textOf({ cycle: 40, merges: 4, peers });
    assert.match(text, /who is asked first:\nAnna0001 {2}not drawn in this cycle: place 7 of 8$/);
    assert.doesNotMatch(text, /│[^\n]*not drawn/, "a sentence would make the table wider than a screen");
  });

  it("says which of them is the gateway of this place", () => {
    const peers = listPeers([here, gone], tally([]), {
      speedOf: () => undefined,
      place: { gateway: here.peer, others: [here.peer, gone.peer] },
    });
    assert.deepEqual([peers[0]?.isGateway, peers[1] && "isGateway" in peers[1]], [true, false]);
    assert.match(textOf({ cycle: 40, merges: 4, peers }), /Anna0001 [^\n]* the gateway of this place/);
  });

  it("says how to bring others where nobody is there", () => {
    assert.match(textOf({ cycle: 1, merges: 0, peers: [] }), /nobody yet: invite others/);
  });

  it("tells spans of time in the largest unit that fits twice", () => {
    assert.deepEqual([0, 1, 119, 120, 7199, 7200, 172_799, 172_800].map(spanText), [
      "0 s",
      "1 s",
      "119 s",
      "2 min",
      "119 min",
      "2 h",
      "47 h",
      "2 d",
    ]);
  });
});
