import assert from "node:assert/strict";
import { it } from "node:test";
import type { Store } from "../../../protocol/base/seams.ts";
import { RECORDS, STORE } from "../../../protocol/base/store-layout.ts";
import { decodeRecord } from "../../../protocol/wire/records.ts";
import { blobTask } from "../../support/blobs.ts";
import { contentOf, createCrowd } from "../../support/crowd.ts";

/** The store of a peer that has merged models of others. */
async function filledStore(): Promise<Store> {
  const crowd = createCrowd({ task: blobTask() });
  for (let i = 0; i < 5; i++) await crowd.join(i);
  await crowd.run(6_000);
  return crowd.members[0]?.store ?? assert.fail();
}

it("every key of a peer's store begins with one of the prefixes, and no prefix with another", async () => {
  const prefixes: readonly string[] = Object.values(STORE);
  for (const one of prefixes) assert.equal(prefixes.filter((other) => other.startsWith(one)).length, 1);
  const keys = (await contentOf(await filledStore())).map(([key]) => key);
  for (const key of keys)
    assert.ok(
      prefixes.some((prefix) => key.startsWith(prefix)),
      key,
    );
  for (const kind of ["log", "model", "witness"] as const)
    assert.ok(
      keys.some((key) => key.startsWith(STORE[kind])),
      kind,
    );
});

it("every record has the form that its key has, and no other", async () => {
  const seen = new Set<string>();
  for (const [key, value] of await contentOf(await filledStore()))
    for (const [name, form] of Object.entries(RECORDS)) {
      const isIt = name.endsWith("/") ? key.startsWith(name) : key === name;
      if (isIt) seen.add(name);
      if (isIt) assert.ok(decodeRecord(value, form), key);
    }
  assert.deepEqual([...seen].sort(), ["log/checkpoint", "log/head", "model/counts", "witness/"]);
});
