import assert from "node:assert/strict";
import { test } from "node:test";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import type { Store } from "../../../../protocol/base/seams.ts";
import { blendServing, loadState, type SavedState, savedStateChanges } from "../../../../protocol/peer/loop/state.ts";
import { encodeCanonical } from "../../../../protocol/wire/canonical.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";

const state: SavedState = {
  params: Float32Array.of(1, -2.5, 3e-8),
  serving: Float32Array.of(0, 1, 2),
  age: 2 ** 53 - 1,
  cycle: 41,
};

async function saved(): Promise<Store> {
  const store = createMemoryStore();
  await store.write(savedStateChanges(state));
  return store;
}

async function refusal(store: Store, numParams = 3): Promise<string> {
  try {
    await loadState(store, numParams);
  } catch (error) {
    if (isHearsayError(error)) return error.code;
    throw error;
  }
  return "accepted";
}

test("what was saved is loaded, to the bit; a new store has no state", async () => {
  assert.deepEqual(await loadState(await saved(), 3), state);
  assert.equal(await loadState(createMemoryStore(), 3), undefined);
});

test("a model of another size is refused", async () => {
  assert.equal(await refusal(await saved(), 4), "ERR_STATE");
});

const KEYS = savedStateChanges(state).map(({ key }) => key);

for (const key of KEYS) {
  test(`a state without ${key} is damaged, not new`, async () => {
    const store = await saved();
    await store.write([{ key }]);
    assert.equal(await refusal(store), "ERR_STATE");
  });

  test(`a cut, empty or scrambled ${key} is refused as damaged`, async () => {
    const whole = await (await saved()).get(key);
    assert.ok(whole);
    for (const value of [whole.subarray(0, whole.length - 1), new Uint8Array(0), whole.map(() => 0xff)]) {
      const store = await saved();
      await store.write([{ key, value }]);
      assert.equal(await refusal(store), "ERR_STATE");
    }
  });
}

test("counts that are no counts are refused as damaged", async () => {
  const faults: unknown[] = [[2, 1, 1], [1, "1", 1], [1, 1, null], [1, -1, 1], [1, 1, -1], [1, 0.5, 1], [1, 1], {}, 1];
  for (const counts of faults) {
    const store = await saved();
    await store.write([{ key: "model/counts", value: encodeCanonical(counts) }]);
    assert.equal(await refusal(store), "ERR_STATE", JSON.stringify(counts));
  }
});

test("the serving model keeps 0.7 of itself and takes 0.3 of the aggregate", () => {
  const serving = Float32Array.of(1, 10);
  const blended = blendServing(serving, Float32Array.of(2, 0));
  assert.deepEqual(blended, Float32Array.of(0.7 + 0.6, 7));
  assert.deepEqual(serving, Float32Array.of(1, 10), "the old one is not written to");
  assert.deepEqual(blendServing(serving, Float32Array.of(3, 2), 0.5), Float32Array.of(2, 6), "or what a task says");
});
