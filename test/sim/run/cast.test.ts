import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { publicKeyFromPeerId } from "../../../protocol/wire/identity.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { castOf, type Member, unsignedIdentity } from "../../../sim/run/cast.ts";
import { blobScenario, type Changes } from "../../support/experiments.ts";

function cast(changes: Changes, identityOf = unsignedIdentity(nodeCrypto)): Member[] {
  const scenario = blobScenario(changes);
  const attack = scenario.attack && ATTACKS.get(scenario.attack.kind);
  return castOf(scenario, attack, createRng(`cast/${scenario.seed}`), identityOf);
}

const liarsOf = (members: readonly Member[]) => members.filter(({ honest }) => !honest).map(({ device }) => device);

describe("the cast", () => {
  it("is every device once, in order, with the rounded share of liars among them and no name twice", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 0.5, noNaN: true }), (peers, share) => {
        const liars = Math.round(share * peers);
        fc.pre(liars < peers);
        const members = cast({ peers, attack: { kind: "sign-flip", share } });
        assert.deepEqual(
          members.map(({ device }) => device),
          Array.from({ length: peers }, (_, i) => i),
        );
        assert.equal(liarsOf(members).length, liars);
        assert.equal(new Set(members.map(({ identity }) => identity.peerId)).size, peers);
      }),
      { numRuns: 30 },
    );
  });

  it("has no liar without an attack", () => {
    assert.deepEqual(liarsOf(cast({ peers: 10 })), []);
  });

  it("has the same liars under the same names whatever the attack, and others under another seed", () => {
    const of = (kind: string, seed: number) => cast({ peers: 20, seed, attack: { kind, share: 0.3 } });
    const names = (members: readonly Member[]) => members.map(({ identity, honest }) => [identity.peerId, honest]);
    assert.deepEqual(names(of("alie", 1)), names(of("sign-flip", 1)));
    assert.notDeepEqual(liarsOf(of("alie", 2)), liarsOf(of("alie", 1)));
  });

  it("of a Sybil attack has further identities on lying devices only, after everybody else", () => {
    const members = cast({ peers: 10, attack: { kind: "sybil", share: 0.2, identities: 4 } });
    assert.equal(members.length, 10 + 2 * 3);
    const liars = liarsOf(members.slice(0, 10));
    const extra = members.slice(10);
    assert.ok(extra.every(({ honest }) => !honest));
    assert.deepEqual(
      extra.map(({ device }) => device),
      liars.flatMap((device) => [device, device, device]),
    );
    assert.equal(new Set(members.map(({ identity }) => identity.peerId)).size, members.length);
    assert.deepEqual(
      members.slice(0, 10).map(({ identity }) => identity.peerId),
      cast({ peers: 10 }).map(({ identity }) => identity.peerId),
      "the others keep their names",
    );
  });
});

describe("an identity without signatures", () => {
  it("has a name that belongs to its key, as a real one, and signs with zeros", () => {
    const seed = new Uint8Array(32).fill(3);
    for (const identity of [unsignedIdentity(nodeCrypto)(seed), identityFromSeed(seed)])
      assert.deepEqual(publicKeyFromPeerId(identity.peerId), identity.publicKey);
    assert.deepEqual(unsignedIdentity(nodeCrypto)(seed).sign(seed), new Uint8Array(64));
  });
});
