import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mean } from "../../../protocol/base/figures.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { createPresence } from "../../../sim/devices/churn.ts";
import type { Presence, PresenceChange } from "../../../sim/devices/presence.ts";
import { churnSchema } from "../../../sim/devices/schema.ts";
import { deviation, isNear } from "../../support/samples.ts";

const RUN_MS = 1e9;

function presenceOf(source: object, peers: number, seed = "churn"): Presence {
  return createPresence(churnSchema.parse(source), peers, RUN_MS, createRng(seed));
}

function take({ changes }: Presence, count: number): PresenceChange[] {
  const taken: PresenceChange[] = [];
  for (const change of changes) if (taken.push(change) === count) break;
  return taken;
}

const faultsOf = (source: object) =>
  churnSchema.safeParse(source).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("churn: always-on", () => {
  it("has everybody there from the start, for ever, and is the default", () => {
    const presence = createPresence(churnSchema.parse(undefined), 3, RUN_MS, createRng(1));
    assert.deepEqual([presence.links, presence.startsOn(2), take(presence, 1)], ["topology", true, []]);
  });
});

describe("churn: exponential", () => {
  const spec = { kind: "exponential", meanOnSeconds: 30, meanOffSeconds: 10 };

  it("has the means of the scenario, and times as spread as they are long", () => {
    const since = new Map<number, number>();
    const spans: Record<string, number[]> = { on: [], off: [] };
    for (const change of take(presenceOf(spec, 100), 40_000)) {
      if (change.kind !== "on" && change.kind !== "off") continue;
      const begun = since.get(change.peer);
      const { [change.kind === "on" ? "off" : "on"]: over } = spans;
      if (begun !== undefined) over?.push((change.atMs - begun) / 1000);
      since.set(change.peer, change.atMs);
    }
    for (const [kind, expected] of [
      ["on", 30],
      ["off", 10],
    ] as const) {
      const seconds = spans[kind] ?? [];
      assert.ok(isNear(mean(seconds), expected, 0.04), `mean ${kind} ${mean(seconds)}`);
      assert.ok(isNear(deviation(seconds), expected, 0.05), `deviation ${kind} ${deviation(seconds)}`);
    }
  });

  it("is stationary: the same share is on at the start, and at any time after", () => {
    const peers = 4000;
    const presence = presenceOf(spec, peers);
    let on = Array.from({ length: peers }, (_, peer) => presence.startsOn(peer)).filter(Boolean).length;
    const shares = [on / peers];
    for (const { kind, atMs } of presence.changes) {
      while (atMs > shares.length * 5000) shares.push(on / peers);
      if (shares.length > 10) break;
      on += kind === "on" ? 1 : -1;
    }
    for (const share of shares) assert.ok(isNear(share, 0.75, 0.04), `${shares}`);
  });

  it("comes in order of time, on after off after on", () => {
    const presence = presenceOf(spec, 50);
    const on = Array.from({ length: 50 }, (_, peer) => presence.startsOn(peer));
    let lastMs = 0;
    for (const change of take(presence, 5000)) {
      assert.ok(change.atMs >= lastMs && "peer" in change);
      assert.notEqual(on[change.peer], change.kind === "on");
      on[change.peer] = change.kind === "on";
      lastMs = change.atMs;
    }
  });

  it("is the same for the same seed", () => {
    const drawn = (seed: string) => take(presenceOf(spec, 20, seed), 200);
    assert.deepEqual(drawn("one"), drawn("one"));
    assert.notDeepEqual(drawn("one"), drawn("two"));
  });
});

describe("churn: trace", () => {
  it("sorts and merges sessions, and starts with those that are on at 0", () => {
    const sessions = [
      [20, 30, 1],
      [5, 12, 0],
      [0, 6, 0],
      [12, 15, 0],
      [1, 20, 1],
      [2, 3, 0],
      [40, 50, 1],
    ];
    const presence = presenceOf({ kind: "trace", sessions }, 3);
    assert.deepEqual([0, 1, 2].map(presence.startsOn), [true, false, false]);
    assert.deepEqual(take(presence, 10), [
      { atMs: 1000, kind: "on", peer: 1 },
      { atMs: 15_000, kind: "off", peer: 0 },
      { atMs: 30_000, kind: "off", peer: 1 },
      { atMs: 40_000, kind: "on", peer: 1 },
      { atMs: 50_000, kind: "off", peer: 1 },
    ]);
  });

  it("says which row is wrong and what to do", () => {
    const sessions = [
      [0, 5, 0],
      [9, 7, 1],
      [3, 3, 2],
    ];
    assert.deepEqual(faultsOf({ kind: "trace", sessions }), [
      "sessions.1: row 2 ends at 7 s, but starts at 9 s; swap the two times or leave the row out",
      "sessions.2: row 3 ends at 3 s, but starts at 3 s; swap the two times or leave the row out",
    ]);
  });

  it("spells ten faults out and counts the others", () => {
    const faults = faultsOf({ kind: "trace", sessions: Array.from({ length: 500 }, () => [1, 0, 0]) });
    assert.deepEqual([faults?.length, faults?.at(-1)], [11, "sessions: 490 more rows are wrong"]);
  });

  it("refuses a peer that is not there, and says how many it takes", () => {
    const sessions = [
      [0, 1, 1],
      [0, 1, 7],
      [0, 1, 20],
    ];
    assert.throws(() => presenceOf({ kind: "trace", sessions }, 7), {
      code: "ERR_CONFIG",
      message: "churn.sessions: row 2 names peer 7, but there are 7, from 0; set peers: 21 or leave such rows out",
    });
  });
});

describe("churn: encounters", () => {
  it("links who meets, whichever is named first, and merges what overlaps", () => {
    const contacts = [
      [10, 20, 2, 0],
      [0, 4, 1, 2],
      [15, 25, 0, 2],
      [20, 30, 1, 0],
      [4, 8, 2, 1],
    ];
    const presence = presenceOf({ kind: "encounters", contacts }, 3);
    assert.deepEqual([presence.links, presence.startsOn(0)], ["contacts", true]);
    assert.deepEqual(take(presence, 10), [
      { atMs: 0, kind: "link", a: 1, b: 2 },
      { atMs: 8000, kind: "unlink", a: 1, b: 2 },
      { atMs: 10_000, kind: "link", a: 0, b: 2 },
      { atMs: 20_000, kind: "link", a: 0, b: 1 },
      { atMs: 25_000, kind: "unlink", a: 0, b: 2 },
      { atMs: 30_000, kind: "unlink", a: 0, b: 1 },
    ]);
  });

  it("puts ends before beginnings of the same moment", () => {
    const contacts = [
      [5, 9, 0, 1],
      [0, 5, 2, 3],
    ];
    const kinds = take(presenceOf({ kind: "encounters", contacts }, 4), 9).map(({ atMs, kind }) => `${atMs} ${kind}`);
    assert.deepEqual(kinds, ["0 link", "5000 unlink", "5000 link", "9000 unlink"]);
  });

  it("refuses a peer that meets itself", () => {
    assert.deepEqual(faultsOf({ kind: "encounters", contacts: [[0, 1, 4, 4]] }), [
      "contacts.0: row 1 says that peer 4 meets itself; name two peers or leave the row out",
    ]);
  });
});
