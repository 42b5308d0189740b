/** The draw: cohorts of the sizes that were asked for, lots that nobody can choose, and what a maker of keys can do. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { cohortsOf, type Drawn, isNear, reachOf } from "../../../protocol/cohort/draw.ts";
import { createLinks, goesOn, lotOf, makeOffer, type Offer, readOffer } from "../../../protocol/cohort/offers.ts";

const TASK = nodeCrypto.sha256(Uint8Array.of(1));

/** Somebody's place on the ring. */
function drawn(number: number, lot: number): Drawn {
  const publicKey = new Uint8Array(32);
  new DataView(publicKey.buffer).setUint32(0, number);
  return { offer: { publicKey } as Offer, lot };
}

function ringOf(count: number, seed: string): Drawn[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => drawn(i, 65536 * rng.uint32() + (rng.uint32() >>> 16)));
}

describe("the cohorts of an epoch", () => {
  it("have the minimum to five members, nobody twice, and leave fewer over than would make one more", () => {
    const sizes = fc
      .integer({ min: 3, max: 5 })
      .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 3, max: size })));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70 }), sizes, (count, [size, minimum]) => {
        const cohorts = cohortsOf(ringOf(count, `${count}`), { size, minimum });
        const members = cohorts.flat();
        assert.equal(new Set(members).size, members.length);
        for (const { length } of cohorts) assert.ok(length >= minimum && length <= LIMITS.maxCohort);
        assert.ok(count < minimum || count - members.length < size, `${count} by ${size}: ${members.length}`);
      }),
      { numRuns: 300 },
    );
  });

  it("are the same whoever draws them, in whatever order it heard of the offers", () => {
    const ring = ringOf(20, "order");
    const shuffled = [...createRng("shuffle").permutation(20)].map((i) => ring[i] as Drawn);
    assert.deepEqual(cohortsOf(shuffled, { size: 3, minimum: 3 }), cohortsOf(ring, { size: 3, minimum: 3 }));
  });

  it("are joined by all of them where all heard the same, and by most where each misses a tenth", () => {
    const rng = createRng("missing");
    for (const [missing, least] of [
      [0, 1],
      [0.1, 0.6],
    ] as const) {
      let [joined, all] = [0, 0];
      for (let round = 0; round < 50; round++) {
        const ring = ringOf(24, `round/${round}`);
        for (const cohort of cohortsOf(ring, { size: 4, minimum: 3 }))
          for (const own of cohort) {
            const heard = ring.filter((one) => one === own || rng.uniform() >= missing);
            const others = cohort.filter((one) => one !== own);
            all++;
            if (isNear(own, others, heard, reachOf({ size: 4, minimum: 3 }))) joined++;
          }
      }
      assert.ok(joined / all >= least, `${joined} of ${all}`);
    }
  });

  it("cannot be made of whom a coordinator likes: who is far on the ring, or unheard of, is refused", () => {
    const ring = Array.from({ length: 30 }, (_, i) => drawn(i, 1000 * i));
    const [own, next, far] = [ring[0], ring[1], ring[15]] as [Drawn, Drawn, Drawn];
    const reach = reachOf({ size: 3, minimum: 3 });
    assert.ok(isNear(own, [next, ring[29] as Drawn], ring, reach), "around the end of the ring, too");
    assert.ok(!isNear(own, [next, far], ring, reach));
    assert.ok(!isNear(own, [next, drawn(99, 5)], ring, reach), "nobody has heard of it");
    assert.ok(!isNear(own, [drawn(1, 500)], ring, reach), "it stands elsewhere than it said");
  });

  it("give a maker of keys the share that its offers have of all, and no more", () => {
    const honest = 24;
    for (const [keys, most] of [
      [3, 0.03],
      [8, 0.13],
    ] as const) {
      let alone = 0;
      const rounds = 600;
      for (let round = 0; round < rounds; round++) {
        const ring = ringOf(honest + keys, `keys/${keys}/${round}`);
        const cohort = cohortsOf(ring, { size: 3, minimum: 3 }).find((members) =>
          members.some(({ offer }) => offer === ring[0]?.offer),
        );
        const liars = ring.slice(honest);
        if (cohort?.filter((one) => !liars.includes(one)).length === 1) alone++;
      }
      assert.ok(alone / rounds < most, `${keys} keys: a victim was alone among them in ${alone} of ${rounds} epochs`);
    }
  });
});

describe("lots", () => {
  const identity = identityFromSeed(new Uint8Array(32).fill(3));

  it("follow from links that their author gave a chain for before: one that does not go on is seen", () => {
    const links = createLinks(nodeCrypto, nodeSecrecy);
    const at = (epoch: number) => ({ epoch, link: links(epoch) });
    const first = at(10);
    for (const epoch of [11, 12, 500]) assert.ok(goesOn(first, at(epoch), nodeCrypto));
    assert.ok(!goesOn(first, { epoch: 11, link: nodeSecrecy.random(32) }, nodeCrypto), "a link that was chosen later");
    assert.ok(!goesOn(first, { epoch: 12, link: links(11) }, nodeCrypto), "of another epoch");
    assert.ok(!goesOn(at(11), first, nodeCrypto), "backwards");
  });

  it("cost at most a chain of hashes to check, and a chain that is used up begins anew", () => {
    const links = createLinks(nodeCrypto, nodeSecrecy);
    const first = { epoch: 0, link: links(0) };
    const last = LIMITS.maxCohortLinks - 1;
    assert.ok(goesOn(first, { epoch: last, link: links(last) }, nodeCrypto));
    assert.ok(!goesOn(first, { epoch: last + 1, link: links(last + 1) }, nodeCrypto));
    assert.ok(!goesOn(first, { epoch: 2 ** 50, link: links(last + 1) }, nodeCrypto));
  });

  it("differ from epoch to epoch and from task to task", () => {
    const link = nodeCrypto.sha256(Uint8Array.of(9));
    const lots = [
      lotOf({ task: TASK, epoch: 1, link }, nodeCrypto),
      lotOf({ task: TASK, epoch: 2, link }, nodeCrypto),
      lotOf({ task: link, epoch: 1, link }, nodeCrypto),
    ];
    assert.equal(new Set(lots).size, 3);
    for (const lot of lots) assert.ok(Number.isSafeInteger(lot) && lot >= 0 && lot < 2 ** 48);
  });

  it("stand in offers that their author signed: a changed byte is refused", () => {
    const offer = makeOffer({ identity, secrecy: nodeSecrecy }, { task: TASK, epoch: 4, link: TASK });
    const again = readOffer(offer.sealed, nodeCrypto);
    assert.deepEqual([again.publicKey, again.epoch, again.maskKey], [identity.publicKey, 4, offer.maskKey]);
    for (let i = 0; i < offer.sealed.length; i++) {
      const changed = offer.sealed.map((byte, j) => (i === j ? byte ^ 1 : byte));
      assert.throws(() => readOffer(changed, nodeCrypto), `byte ${i}`);
    }
    assert.throws(() => readOffer(new Uint8Array(2000), nodeCrypto), /an offer of 2000 bytes/);
  });
});
