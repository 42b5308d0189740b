/** Evidence that was found in files: given to the peer that runs, or put where its next start finds it. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ApiSource, serveApi } from "../../../node/api/api.ts";
import { handOver } from "../../../node/api/hand-over.ts";
import { openStore } from "../../../node/disk/store.ts";
import type { Verdict } from "../../../protocol/base/seams.ts";
import { evidenceKey } from "../../../protocol/log/entry/evidence.ts";
import { readExport } from "../../../protocol/log/export/verify-export.ts";
import { forkInCopies } from "../../../protocol/peer/account/fork-in-copies.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { inPieces } from "../../protocol/log/export/support.ts";
import { CRYPTO } from "../../protocol/log/support.ts";
import { blobTask } from "../../support/blobs.ts";
import { forkedCopies } from "../../support/forked-copies.ts";

const MANIFEST = encodeTask(blobTask({}));

describe("evidence that was found in files", () => {
  let root: string;
  let author: string;
  let evidence: Uint8Array;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-hand-over-"));
    const forked = await forkedCopies(CRYPTO.sha256(MANIFEST), 5);
    author = forked.author;
    const copies = forked.copies.map((copy) => () => readExport(inPieces(copy), CRYPTO));
    evidence = (await forkInCopies({ copies, announced: [], notes: [], parted: 4 }, CRYPTO)) ?? assert.fail();
  });
  after(() => rm(root, { recursive: true }));

  /** A state directory, with a database where a peer ran on it. */
  async function stateOf(name: string, manifest?: Uint8Array): Promise<string> {
    const directory = join(root, name);
    await mkdir(directory);
    if (manifest === undefined) return directory;
    await writeFile(join(directory, "task.cbor"), manifest);
    await (await openStore(join(directory, "db"))).close();
    return directory;
  }

  async function storedIn(directory: string): Promise<Uint8Array | undefined> {
    const store = await openStore(join(directory, "db"));
    const held = await store.get(evidenceKey(author));
    await store.close();
    return held;
  }

  it("is given to the peer that runs there, whose verdict is told", async () => {
    const directory = await stateOf("running");
    const verdicts: [Verdict, string][] = [
      [{ verdict: "accept" }, "told"],
      [{ verdict: "ignore" }, "known"],
      [{ verdict: "ignore", code: "ERR_OTHER_TASK" }, "other"],
    ];
    const given: Uint8Array[] = [];
    for (const [verdict, outcome] of verdicts) {
      const found = (bytes: Uint8Array) => {
        given.push(bytes);
        return verdict;
      };
      const api = await serveApi(directory, { remote: { found } } as unknown as ApiSource);
      assert.equal(await handOver(directory, evidence), outcome);
      await api.close();
    }
    assert.deepEqual(given, [evidence, evidence, evidence]);
  });

  it("is put into the database of a peer that does not run, once, where its start looks for it", async () => {
    const directory = await stateOf("stopped", MANIFEST);
    assert.equal(await handOver(directory, evidence), "kept");
    assert.deepEqual(await storedIn(directory), evidence);
    assert.equal(await handOver(directory, evidence), "known");
  });

  it("is kept from a peer of another task, and makes no state where no peer ever ran", async () => {
    const directory = await stateOf("other", encodeTask(blobTask({ training: { steps: 3 } })));
    assert.equal(await handOver(directory, evidence), "other");
    assert.equal(await storedIn(directory), undefined);
    for (const nowhere of [await stateOf("empty"), join(root, "nowhere")])
      assert.equal(await handOver(nowhere, evidence), "nobody");
  });
});
