/** Entries of version 1 are read for ever; a log goes on from them with version 2, and never back. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import type { LogVersion, Statement } from "../../../protocol/log/entry/bodies.ts";
import { createEntry, type Entry, logIdOf } from "../../../protocol/log/entry/entry.ts";
import { openStoredExport } from "../../../protocol/log/export/stored-export.ts";
import { openLog } from "../../../protocol/log/stored/chain.ts";
import { NO_ENTRY } from "../../../protocol/log/verify/verifier.ts";
import { verifyLog } from "../../../protocol/log/verify/verify.ts";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { AS_TRAINED } from "../../support/publications.ts";
import { jsonlOf, verify } from "./export/support.ts";
import { identity } from "./support.ts";

const WRITER = identity(1);
const TASK = new Uint8Array(32).fill(9);
const HASH = new Uint8Array(32).fill(7);
const GENESIS: Statement = { type: "genesis", body: { task: TASK, peer: WRITER.publicKey, agent: "hearsay/0.1.0" } };
const PUBLISH = { model: HASH, age: 10, bytes: 100, codec: "f32" };
const PUBLISHED: Readonly<Record<LogVersion, Statement>> = {
  1: { type: "publish", body: PUBLISH },
  2: { type: "publish", body: { ...PUBLISH, ...AS_TRAINED } },
};

/** A genesis and a publication after the other, each of the version that is named. */
function logOf(versions: readonly LogVersion[]): Entry[] {
  const logId = logIdOf(WRITER.publicKey, TASK, nodeCrypto);
  const entries: Entry[] = [];
  for (const [seq, version] of versions.entries()) {
    const place = { logId, seq, prev: entries.at(-1)?.id ?? NO_ENTRY, tsMs: 0 };
    const statement = seq === 0 ? GENESIS : PUBLISHED[version];
    entries.push(createEntry({ ...place, ...statement }, WRITER, nodeCrypto, version));
  }
  return entries;
}

describe("a log", () => {
  const verdict = (...versions: LogVersion[]) =>
    verifyLog(
      logOf(versions).map(({ signed }) => signed),
      { crypto: nodeCrypto },
    );

  it("holds with entries of version 1, of version 2, or first these and then those", async () => {
    for (const versions of [
      [1, 1, 1],
      [2, 2, 2],
      [1, 1, 2, 2],
    ] as const)
      assert.equal((await verdict(...versions)).ok, true, versions.join());
  });

  it("does not go back to version 1: entries of it say less of what was released", async () => {
    const { firstBad, entries } = await verdict(1, 2, 1);
    assert.deepEqual([firstBad?.seq, firstBad?.reason, entries], [2, "version", 2]);
  });

  it("that version 1 of the software has stored opens, goes on with version 2, and is exported whole", async () => {
    const store = createMemoryStore();
    const stored = logOf([1, 1, 1]);
    for (const { seq, signed } of stored)
      await store.write([{ key: `log/e/${seq.toString(16).padStart(16, "0")}`, value: signed }]);
    await store.write([{ key: "log/head", value: encodeCanonical([1, 2, (stored[2] as Entry).id]) }]);
    const clock = { now: () => 0, monotonicMs: () => 0, after: () => () => {} };
    const log = await openLog({ store, clock, identity: WRITER, crypto: nodeCrypto, taskId: TASK, agent: "hearsay/2" });
    const statement = PUBLISHED[2] as Statement<"publish">;
    await log.append([statement]);
    const versions = [];
    for await (const { version } of log.entries()) versions.push(version);
    assert.deepEqual(versions, [1, 1, 1, 2]);
    const { ok, entries } = await verify(await jsonlOf(await openStoredExport(store, nodeCrypto)), nodeCrypto);
    assert.deepEqual({ ok, entries }, { ok: true, entries: 4 });
  });
});
