/** What is done about keys against which there is evidence, and what is told of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import type { Store } from "../../../../protocol/base/seams.ts";
import { evidenceKey } from "../../../../protocol/log/entry/evidence.ts";
import { loadEvidence } from "../../../../protocol/peer/account/bans.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { openCourt, TASK } from "../../../support/court.ts";
import { contentOf } from "../../../support/crowd.ts";
import { selfMadeFork, throwAwayKey } from "../../../support/self-made-forks.ts";

const [ONE, TWO] = [throwAwayKey(1).peerId, throwAwayKey(2).peerId];
const [FORK, OTHER_FORK] = [selfMadeFork(1, TASK), selfMadeFork(2, TASK)];

/** A store whose writes wait until they are let go, or fail. */
function slowStore(): Store & { readonly go: (error?: Error) => void } {
  const inner = createMemoryStore();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return {
    ...inner,
    write: async (changes) => {
      await promise;
      await inner.write(changes);
    },
    go: (error) => (error ? reject(error) : resolve()),
  };
}

describe("a banned key", () => {
  it("that is known is on disk before it is blocked and told, and not listened to meanwhile", async () => {
    const store = slowStore();
    const { receive, bans, done, events } = openCourt({ known: [ONE], store });
    receive(FORK);
    await setImmediate();
    assert.ok(bans.has(ONE));
    assert.deepEqual([done, events], [[], []]);
    store.go();
    await setImmediate();
    assert.deepEqual(done, [`block ${ONE}`]);
    assert.deepEqual(
      events.map((event) => event.kind === "evidence" && [event.peer, event.proves]),
      [[ONE, "fork"]],
    );
    assert.deepEqual(await contentOf(store), [[evidenceKey(ONE), FORK]]);
    assert.deepEqual(bans.takeChanges(), [], "and is not written again");
  });

  it("whose evidence cannot be written ends the peer: nothing is done about it, and nothing is told", async () => {
    const store = slowStore();
    const { receive, life, done } = openCourt({ known: [ONE], store });
    receive(FORK);
    store.go(new Error("the disk is full"));
    await assert.rejects(life.failed, /the disk is full/);
    assert.deepEqual(done, []);
  });

  it("that was met is blocked at once, and goes to disk with other changes", () => {
    const { receive, bans, done } = openCourt({ connected: [ONE] });
    receive(FORK);
    assert.deepEqual(done, [`block ${ONE}`]);
    assert.deepEqual(bans.takeChanges(), [{ key: evidenceKey(ONE), value: FORK }]);
  });

  it("of a stranger is blocked when it comes, once, and is a stranger no more", () => {
    const { receive, bans, book, done, events } = openCourt();
    receive(FORK);
    assert.deepEqual([done, events], [[], []]);
    assert.ok(bans.has(ONE));
    bans.met(ONE);
    assert.deepEqual(done, [`block ${ONE}`]);
    assert.equal(book.get(ONE)?.grade, "met");
  });

  it("of one's own ends the peer with ERR_BANNED, and blocks nobody", async () => {
    const { receive, life, done } = openCourt({ self: throwAwayKey(1) });
    receive(FORK);
    await assert.rejects(life.failed, (error) => isHearsayError(error, "ERR_BANNED"));
    assert.deepEqual(done, []);
    assert.ok(life.signal.aborted);
  });
});

describe("evidence that this peer found itself", () => {
  it("is told to everybody, once; what it does not prove is told to nobody", () => {
    const { bans, told } = openCourt({ connected: [ONE] });
    const verdicts = [FORK, FORK, FORK.subarray(1)].map((evidence) => bans.found(evidence).verdict);
    assert.deepEqual(verdicts, ["accept", "ignore", "reject"]);
    assert.deepEqual(told, [FORK]);
    assert.equal(bans.size, 1);
  });
});

describe("what is held", () => {
  it("is all told to who holds other evidence, and nothing to who holds the same", () => {
    const [here, there] = [openCourt(), openCourt()];
    for (const evidence of [FORK, OTHER_FORK]) here.receive(evidence);
    there.receive(OTHER_FORK);
    assert.deepEqual(here.bans.heldBeside(there.book.sum()), [FORK, OTHER_FORK]);
    there.receive(FORK);
    assert.deepEqual(here.bans.heldBeside(there.book.sum()), [], "the order of coming does not matter");
  });

  it("is asked of each peer that is met, but of those that are banned", () => {
    const { receive, bans, asked } = openCourt();
    receive(FORK);
    for (const peer of [ONE, TWO]) bans.met(peer);
    assert.deepEqual(asked, [TWO]);
  });
});

describe("evidence of an earlier run", () => {
  const load = async (self: string, known: readonly string[]) => {
    const store = createMemoryStore();
    const changes = [FORK, OTHER_FORK].map((value, i) => ({ key: evidenceKey(i === 0 ? ONE : TWO), value }));
    await store.write(changes);
    const scene = openCourt({ store, known });
    const { transport, identities, book } = scene;
    await loadEvidence({ store, crypto: nodeCrypto, transport, identities, book }, self);
    return scene;
  };

  it("counts from the start: its keys are blocked, and none of it is written again", async () => {
    const { done, bans, book } = await load("somebody", [TWO]);
    assert.deepEqual(done.sort(), [`block ${ONE}`, `block ${TWO}`].sort());
    assert.deepEqual(
      [ONE, TWO].map((peer) => book.get(peer)?.grade),
      ["met", "known"],
    );
    assert.deepEqual(bans.takeChanges(), []);
  });

  it("against one's own key is told at once: ERR_BANNED", async () => {
    await assert.rejects(load(ONE, []), (error) => isHearsayError(error, "ERR_BANNED"));
  });
});
