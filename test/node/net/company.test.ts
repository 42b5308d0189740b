import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kindOfPlace } from "../../../node/net/address-scope.ts";
import { type Company, createCompany, MAX_LISTED, MAX_NAMED, SILENT_AFTER_MS } from "../../../node/net/company.ts";
import type { PeerConnection } from "../../../protocol/base/seams.ts";
import type { Refusal } from "../../../protocol/peer/inbound/acquaintance.ts";
import { createIdentities, type Identities } from "../../../protocol/peer/memory/identities.ts";
import type { Slot } from "../../../protocol/peer/memory/record.ts";

const CYCLES = 20;
const NAMES: Readonly<Record<string, string>> = { new: "Roof" };
const REFUSALS: Readonly<Record<string, Refusal>> = { old: { code: "ERR_VERSION", message: "update that peer" } };

interface Around {
  readonly company: Company;
  readonly identities: Identities;
  readonly connections: PeerConnection[];
  readonly clock: { nowMs: number };
  heard(peer: string, cycle: number): void;
}

function around(configured: readonly string[] = []): Around {
  const identities = createIdentities(configured);
  const connections: PeerConnection[] = [];
  const clock = { nowMs: 1_000_000 };
  const company = createCompany(
    {
      identities,
      transport: { connections: () => connections },
      clock: { monotonicMs: () => clock.nowMs },
      nameOf: (peer) => NAMES[peer],
      refusalOf: (peer) => REFUSALS[peer],
    },
    { startCycle: 5, silentCycles: CYCLES, configured },
  );
  const heard = (peer: string, firstSeenCycle: number) => {
    const announced = { firstSeenMs: clock.nowMs, firstSeenCycle, age: 70 };
    identities.change(peer, { slot: { announced } as Slot });
  };
  return { company, identities, connections, clock, heard };
}

function connection(peer: string, address: string, isOutbound = true): PeerConnection {
  return { peer, address, isOutbound, close() {} };
}

describe("a known peer", () => {
  it("is silent when nothing was heard of it for a minute and for more own cycles than a model may be stale", () => {
    const { company, identities, clock, heard } = around();
    identities.delivered("a", 0);
    heard("a", 5);
    clock.nowMs += SILENT_AFTER_MS;
    assert.equal(company.silence(5 + CYCLES).silent, 0);
    const { peers, ...counts } = company.silence(6 + CYCLES);
    assert.deepEqual(counts, { known: 1, silent: 1, longestSeconds: 60 });
    assert.deepEqual(peers, [{ peer: "a", silentSeconds: 60, isSinceStart: false, isHere: false }]);
    heard("a", 6 + CYCLES);
    assert.equal(company.silence(6 + CYCLES).silent, 0);
  });

  it("that was never heard since the start is silent since then; connected or not is told", () => {
    const { company, connections, clock } = around(["named"]);
    connections.push(connection("named", "/ip4/10.0.0.7/tcp/4001"));
    clock.nowMs += SILENT_AFTER_MS - 1;
    assert.equal(company.silence(100).silent, 0);
    clock.nowMs += 30_001;
    assert.deepEqual(company.silence(100).peers, [
      { peer: "named", silentSeconds: 90, isSinceStart: true, isHere: true },
    ]);
  });

  it("is not missed where there is evidence against it, and a newcomer never is", () => {
    const { company, identities, clock, heard } = around();
    identities.delivered("liar", 0);
    identities.change("liar", { evidence: { kind: "fork", bytes: new Uint8Array(1), grade: "known" } });
    heard("newcomer", 5);
    clock.nowMs += 10 * SILENT_AFTER_MS;
    assert.deepEqual(company.silence(1000), { known: 0, silent: 0, longestSeconds: 0, peers: [] });
  });

  it(`is named where it was heard among the last: ${MAX_NAMED} of any number`, () => {
    const { company, identities, clock, heard } = around();
    for (let i = 0; i < 3 * MAX_NAMED; i++) {
      identities.delivered(`p${i}`, 0);
      heard(`p${i}`, 5);
      clock.nowMs += 1000;
    }
    clock.nowMs += SILENT_AFTER_MS;
    const { silent, peers, longestSeconds } = company.silence(1000);
    assert.deepEqual([silent, peers.length, longestSeconds], [3 * MAX_NAMED, MAX_NAMED, 60 + 3 * MAX_NAMED]);
    assert.equal(peers[0]?.peer, `p${3 * MAX_NAMED - 1}`);
  });
});

describe("the list of peers", () => {
  it("says of a peer that was refused why", () => {
    const listed = around(["old", "new"]).company.peers(6);
    assert.deepEqual(
      listed.map(({ peer, refused }) => [peer, refused?.message]),
      [
        ["new", undefined],
        ["old", "update that peer"],
      ],
    );
  });

  it("says of each what it is to this peer, how it is reached, and when it was heard; those who are here come first", () => {
    const { company, identities, connections, clock, heard } = around(["named"]);
    identities.delivered("gone", 0);
    identities.change("liar", { evidence: { kind: "fork", bytes: new Uint8Array(1), grade: "met" } });
    connections.push(
      connection("new", "/ip4/127.0.0.1/tcp/1", false),
      connection("named", "/ip4/192.168.1.2/tcp/2"),
      connection("named", "/ip6/2a01:4f8::1/tcp/2"),
    );
    heard("named", 5);
    clock.nowMs += 2000;
    const listed = company.peers(6);
    assert.deepEqual(
      listed.map(({ peer, standing }) => `${peer} ${standing}`),
      ["named configured", "new newcomer", "gone known", "liar banned"],
    );
    assert.deepEqual([listed[1]?.name, listed[0]?.name], ["Roof", undefined]);
    assert.deepEqual([listed[0]?.heardSecondsAgo, listed[0]?.age, listed[1]?.heardSecondsAgo], [2, 70, null]);
    assert.deepEqual(
      listed[0]?.routes.map(({ kind, isOutbound }) => [kind, isOutbound]),
      [
        ["lan", true],
        ["internet", true],
      ],
    );
    assert.deepEqual([listed[3]?.proves, listed[0]?.proves], ["fork", undefined]);
    identities.change("named", { strikes: { points: 2, untilCycle: 9, isExcused: false } });
    clock.nowMs += SILENT_AFTER_MS;
    const waits = (cycle: number) => company.peers(cycle)[0]?.waitsUntilCycle;
    assert.deepEqual([waits(8), waits(9)], [9, undefined]);
    assert.deepEqual(
      company.peers(100).map(({ isSilent }) => isSilent),
      [true, false, true, false],
    );
  });

  it("has a bound, and those who are here are in it", () => {
    const { company, identities, connections } = around();
    for (let i = 0; i < 2 * MAX_LISTED; i++) identities.delivered(`p${i}`, 0);
    connections.push(connection("zz", "/ip4/127.0.0.1/tcp/1"));
    const listed = company.peers(6);
    assert.equal(listed.length, MAX_LISTED);
    assert.equal(listed[0]?.peer, "zz");
  });
});

it("an address leads to this machine, to the local network, or elsewhere", () => {
  const kinds = ["/ip4/127.0.0.1/tcp/1", "/ip6/fe80::1/tcp/1", "/ip4/10.1.2.3/tcp/1", "/ip4/8.8.8.8/tcp/1", "nonsense"];
  assert.deepEqual(kinds.map(kindOfPlace), ["loopback", "lan", "lan", "internet", "internet"]);
});
