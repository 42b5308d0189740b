/** What comes of a pull for its author, and for its model. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HearsayError } from "../../../../protocol/base/errors.ts";
import { createPlaces } from "../../../../protocol/peer/inbound/places.ts";
import { createPuller } from "../../../../protocol/peer/inbound/puller.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import type { Announced, Candidate } from "../../../../protocol/peer/stages.ts";

const ROUND = { cycle: 10, maxNorm: 5 };

/** A puller whose fetches end as the test says; the author "known" is known. */
function scene() {
  const world = { nowMs: 1000, refused: [] as string[], maxNorm: 0 };
  const fetches = new Map<string, PromiseWithResolvers<Candidate> & { readonly signal: AbortSignal }>();
  const identities = createIdentities(["known"]);
  const ending = new AbortController();
  const { signal } = ending;
  const clock = { now: () => 0, monotonicMs: () => world.nowMs, after: () => () => {} };
  const places = createPlaces({ clock, standing: identities, transport: { prefixOf: (peer) => peer }, signal }, 1000);
  const puller = createPuller(
    {
      ...{ places, identities, clock },
      async fetcher({ author }, signal, maxNorm) {
        const pending = { ...Promise.withResolvers<Candidate>(), signal };
        fetches.set(author, pending);
        const candidate = await pending.promise;
        world.maxNorm = maxNorm();
        return candidate;
      },
      reports: { refused: (peer, code) => void world.refused.push(`${peer} ${code}`) },
    },
    { signal },
  );
  const pull = (author: string, round = ROUND) => puller.pull({ author } as Announced, round);
  const end = (author: string, error?: HearsayError, candidate = {} as Candidate) =>
    error ? fetches.get(author)?.reject(error) : fetches.get(author)?.resolve(candidate);
  /** A pull that fails. */
  const fail = async (author: string, code: string, details: Record<string, unknown> = {}) => {
    const pulled = pull(author);
    end(author, new HearsayError(code as "ERR_TIMEOUT", "in words", details));
    const failed = await pulled;
    assert.ok("because" in failed);
    return failed.because;
  };
  return { world, identities, puller, places, ending, pull, end, fail };
}

describe("a model that came", () => {
  it("makes its author known, and takes one of its strikes", async () => {
    const { world, identities, puller, pull, end } = scene();
    puller.strikes.add("new", 1);
    const pulled = pull("new");
    assert.equal(identities.isKnown("new"), false);
    const candidate = { is: "here" } as unknown as Candidate;
    end("new", undefined, candidate);
    assert.equal(await pulled, candidate);
    assert.ok(identities.isKnown("new") && puller.strikes.has("new"));
    assert.deepEqual([identities.deliveredSince(world.nowMs), identities.deliveredSince(world.nowMs + 1)], [1, 0]);
    puller.strikes.forgive("new");
    assert.equal(puller.strikes.has("new"), false);
    assert.deepEqual(world.refused, []);
  });

  it("is held against the bound of the moment in which it is here", async () => {
    const { world, pull, end } = scene();
    const round = { ...ROUND };
    const pulled = pull("new", round);
    round.maxNorm = 77;
    end("new");
    await pulled;
    assert.equal(world.maxNorm, 77);
  });

  it("frees the place that its pull had", async () => {
    const { places, pull, end } = scene();
    const pulled = pull("a");
    assert.deepEqual(places.placed(), ["a"]);
    end("a");
    await pulled;
    assert.deepEqual(places.pulling(), []);
  });
});

describe("a pull that failed", () => {
  it("by a fault of the model leaves its author out, and the model is invalid", async () => {
    for (const code of ["ERR_MODEL_HASH", "ERR_MODEL_NORM", "ERR_LOG_PROOF", "ERR_BANNED"]) {
      const { world, puller, identities, fail } = scene();
      assert.equal(await fail("known", code), "invalid");
      assert.ok(puller.strikes.isOut("known", ROUND.cycle));
      assert.deepEqual(world.refused, [`known ${code}`]);
      await fail("new", code);
      assert.equal(identities.isKnown("new"), false);
    }
  });

  it("since the model is not there any more leaves nobody out: it is gone", async () => {
    const { puller, fail } = scene();
    assert.equal(await fail("known", "ERR_NOT_FOUND"), "gone");
    assert.equal(puller.strikes.has("known"), false);
  });

  it("since its author was not reached costs a known one nothing at first, then as much as others", async () => {
    for (const code of ["ERR_UNREACHABLE", "ERR_TIMEOUT"]) {
      const { puller, fail } = scene();
      assert.equal(await fail("known", code), "again");
      assert.equal(puller.strikes.isOut("known", ROUND.cycle), false);
      assert.equal(await fail("known", code), "gone");
      assert.ok(puller.strikes.isOut("known", ROUND.cycle));
      assert.equal(await fail("new", code), "gone");
      assert.ok(puller.strikes.isOut("new", ROUND.cycle));
    }
  });

  it("since its author answers too many costs nothing; since it began too many logs in a day it does", async () => {
    const { puller, fail } = scene();
    assert.equal(await fail("new", "ERR_RATE"), "again");
    assert.equal(puller.strikes.has("new"), false);
    assert.equal(await fail("new", "ERR_RATE", { limit: "maxGenerationsPerDay" }), "invalid");
    assert.ok(puller.strikes.has("new"));
  });

  it("tells whether it had a place until its end: one that was slow has lost it", async () => {
    const { world, places, pull, end } = scene();
    const pulls = [pull("slow"), pull("other")];
    world.nowMs += 10_000;
    assert.equal(places.release(), "slow");
    for (const author of ["slow", "other"]) end(author, new HearsayError("ERR_MODEL_HASH", "other bytes"));
    const had = (await Promise.all(pulls)).map((failed) => "because" in failed && failed.hadPlace);
    assert.deepEqual(had, [false, true]);
  });

  it("as this peer ends is nobody's fault, and not told", async () => {
    const { world, puller, ending, fail } = scene();
    ending.abort(new HearsayError("ERR_UNREACHABLE", "this peer is stopping"));
    assert.equal(await fail("new", "ERR_UNREACHABLE"), "over");
    assert.deepEqual(world.refused, []);
    assert.equal(puller.strikes.has("new"), false);
  });

  it("by a fault of this program is thrown", async () => {
    const { pull, end } = scene();
    const pulled = pull("new");
    end("new", new TypeError("a bug") as never);
    await assert.rejects(pulled, TypeError);
  });
});
