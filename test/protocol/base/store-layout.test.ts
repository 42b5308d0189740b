import assert from "node:assert/strict";
import { it } from "node:test";
import { STORE } from "../../../protocol/base/store-layout.ts";
import { blobTask } from "../../support/blobs.ts";
import { contentOf, createCrowd } from "../../support/crowd.ts";

it("every key of a peer's store begins with one of the prefixes, and no prefix with another", async () => {
  const prefixes: readonly string[] = Object.values(STORE);
  for (const one of prefixes) assert.equal(prefixes.filter((other) => other.startsWith(one)).length, 1);
  const crowd = createCrowd({ task: blobTask() });
  for (let i = 0; i < 5; i++) await crowd.join(i);
  await crowd.run(6_000);
  const keys = (await contentOf(crowd.members[0]?.store ?? assert.fail())).map(([key]) => key);
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
