import assert from "node:assert/strict";
import { it } from "node:test";
import { HearsayError, isHearsayError } from "../../../../protocol/base/errors.ts";
import { paidService } from "../../../../protocol/peer/inbound/serve.ts";
import { createBudget } from "../../../../protocol/peer/memory/budget.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";

/** A service of which each answer costs 10, and 1 for 100 bytes, on a clock that the test sets. */
function service(answerBytes: number) {
  const world = { nowMs: 0, decoded: 0, answered: 0 };
  const clock = { now: () => 0, monotonicMs: () => world.nowMs, after: () => () => {} };
  const transport = { prefixOf: (peer: string) => peer };
  const budget = createBudget({ clock, transport, standing: createIdentities(["known"]) });
  const { handle } = paidService(budget, {
    protocol: "/service",
    decode(body) {
      world.decoded++;
      if (body.length === 0) throw new HearsayError("ERR_DECODE", "empty");
      return body;
    },
    costOf: () => 10,
    bytesPerUnit: 100,
    async answer() {
      world.answered++;
      return new Uint8Array(answerBytes);
    },
  });
  const ask = async (from: string, body: Uint8Array = new Uint8Array(1)) => handle(from, body);
  /** How many are answered until one is refused. */
  const exhaust = async (from: string, body?: Uint8Array) => {
    for (let count = 0; ; count++) {
      const error = await ask(from, body).catch((reason: unknown) => reason);
      if (isHearsayError(error, "ERR_RATE")) return count;
    }
  };
  return { world, exhaust };
}

it("an asker pays for what it takes to answer, and for the length of the answer; beyond its share it gets ERR_RATE", async () => {
  const cheap = service(0);
  const count = await cheap.exhaust("known");
  assert.ok(count > 40 && count < 50, `${count} at 10 each, of 500`);
  assert.equal(cheap.world.answered, count, "what is refused is not answered");
  cheap.world.nowMs += 1000;
  const later = await cheap.exhaust("known");
  assert.ok(later > 0 && later <= 10, `${later} in a second`);
  assert.ok((await service(10_000).exhaust("known")) <= 5, "a long answer costs more");
});

it("what is no request is paid for as well, and is not even decoded from who cannot pay", async () => {
  const { world, exhaust } = service(0);
  await exhaust("stranger", new Uint8Array(0));
  const { decoded } = world;
  assert.ok(decoded > 100 && decoded < 3000);
  await exhaust("stranger", new Uint8Array(0));
  assert.equal(world.decoded, decoded);
});

it("the askers do not pay for one another", async () => {
  const { exhaust } = service(0);
  await exhaust("stranger");
  assert.ok((await exhaust("known")) > 40);
});
