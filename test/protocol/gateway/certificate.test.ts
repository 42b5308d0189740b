/** Whoever claims a crowd has to show the signature of each, of that time, for itself and for that model. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import {
  type Beacon,
  MAX_BEACON_BYTES,
  openBeacon,
  type SignedBeacon,
  sealBeacon,
} from "../../../protocol/gateway/beacon.ts";
import {
  encodeClusterCertificate,
  isOfThatTime,
  medianAge,
  readClusterCertificate,
} from "../../../protocol/gateway/certificate.ts";
import { createClaims } from "../../../protocol/gateway/claims.ts";
import { elect, uptimeBucket } from "../../../protocol/gateway/election.ts";
import { identityOf } from "../../support/crowd.ts";

const task = new Uint8Array(32).fill(7);
const tsMs = 1_800_000_000_000 - (1_800_000_000_000 % 60_000);
const gateway = identityOf(0);

function beaconOf(number: number, changes: Partial<Beacon> = {}): SignedBeacon {
  const model = new Uint8Array(32).fill(number);
  const atS = tsMs / 1000 + 20;
  const says = { gateway: gateway.publicKey, model, age: 10 * number, atS, link: 1, uptime: 0, wish: 1, ...changes };
  const identity = identityOf(number);
  return openBeacon(task, identity.publicKey, sealBeacon(task, says, identity), nodeCrypto);
}

function faultOf(beacons: readonly SignedBeacon[], changes: Record<string, unknown> = {}): string {
  const { publicKey } = gateway;
  const claim = { task, age: medianAge(beacons), publicKey, mass: beacons.length, tsMs, ...changes };
  const members = readClusterCertificate(encodeClusterCertificate(beacons), claim, nodeCrypto);
  return typeof members === "string" ? members : "";
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

describe("the word of a cluster", () => {
  it("holds for as many members as have signed, up to the limit", () => {
    for (const n of [3, 8, LIMITS.maxClusterMembers]) {
      const beacons = range(n).map((i) => beaconOf(i));
      assert.equal(faultOf(beacons), "");
      assert.ok(encodeClusterCertificate(beacons).length <= LIMITS.maxClusterCertificateBytes);
    }
    const most = sealBeacon(task, { ...beaconOf(0).says, age: LIMITS.maxAge, atS: 2 ** 40, uptime: 63 }, gateway);
    assert.ok(most.length <= MAX_BEACON_BYTES);
  });

  it("is none for a larger crowd, for others, at another time, or without its publisher", () => {
    const five = range(5).map((i) => beaconOf(i));
    assert.match(faultOf(five, { mass: 6 }), /5 members signed it, it claims 6/);
    assert.match(faultOf(five.slice(0, 2)), /at least 3/);
    assert.match(faultOf(five.slice(1)), /publisher is no member/);
    assert.match(faultOf(five, { age: 50 }), /age 50/);
    assert.match(faultOf(five, { tsMs: tsMs + 600_000 }), /long before or after/);
    assert.match(faultOf(five, { task: new Uint8Array(32) }), /signature does not hold/);
    const other = beaconOf(4, { gateway: identityOf(9).publicKey });
    assert.match(faultOf([...five.slice(0, 4), other]), /signature does not hold/, "it named another gateway");
    const forged = { ...five[4], says: { ...five[4]?.says, model: new Uint8Array(32) } } as SignedBeacon;
    assert.match(faultOf([...five.slice(0, 4), forged]), /signature does not hold/);
    assert.match(faultOf([...five, five[4] as SignedBeacon]), /no certificate/, "a key twice");
    assert.match(faultOf(range(33).map((i) => beaconOf(i))), /no certificate/);
  });

  it("counts for a while around its minute", () => {
    const at = (seconds: number) => isOfThatTime({ atS: tsMs / 1000 + seconds }, tsMs);
    assert.deepEqual([at(-301), at(-300), at(0), at(120), at(121)], [false, true, true, true, false]);
  });

  it("counts no longer where most of its members have named another gateway since", () => {
    const claims = createClaims();
    const [a, b] = [identityOf(0).publicKey, identityOf(1).publicKey];
    const said = (name: Uint8Array, atS: number) => range(4).map((i) => beaconOf(i, { gateway: name, atS }));
    assert.ok(claims.take(said(a, 100)));
    assert.ok(claims.take(said(b, 110)), "it has taken over");
    assert.equal(claims.take(said(a, 105)), false, "what the old one still says");
    assert.ok(claims.take([...said(a, 120).slice(0, 2), ...said(a, 105).slice(2)]), "half of them came back");
  });
});

describe("an election", () => {
  const runner = (number: number, says: Partial<Beacon> = {}) => ({ number, ...beaconOf(number, says) });
  const winner = (...runners: readonly ReturnType<typeof runner>[]) => elect(runners, task, nodeCrypto)?.number;
  it("goes by wish, then line, then uptime, then a lot that nobody chooses after its key; whoever says never is never", () => {
    assert.equal(winner(runner(1), runner(2, { wish: 2 }), runner(3, { link: 3 })), 2);
    assert.equal(winner(runner(1, { uptime: 9 }), runner(2), runner(3, { link: 3 })), 3);
    assert.equal(winner(runner(1, { uptime: 9 }), runner(2), runner(3)), 1);
    assert.equal(winner(runner(1), runner(2), runner(3)), winner(runner(3), runner(1), runner(2)));
    assert.equal(winner(runner(1, { wish: 0 })), undefined);
  });
  it("counts hours in doubling steps", () => {
    const hours = (n: number) => uptimeBucket(n * 3_600_000);
    assert.deepEqual([0, 0.99, 1, 2.9, 3, 7, 100].map(hours), [0, 0, 1, 1, 2, 3, 6]);
  });
});
