/** Signatures of a log that are checked elsewhere: on threads, or only the last. The verdict is that of checking each in its place. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startSignatureChecker } from "../../../node/api/log-verifier.ts";
import { nodeCrypto } from "../../../node/crypto.ts";
import type { SignatureChecker } from "../../../protocol/log/verify/signatures.ts";
import type { VerifyOptions } from "../../../protocol/log/verify/verifier.ts";
import { type Verification, verifyLog } from "../../../protocol/log/verify/verify.ts";
import { storedLog } from "../../protocol/log/support.ts";

/** More than two batches, so that some are full, and one is not. */
const ENTRIES = 600;

let log: Uint8Array[];
let checker: SignatureChecker & { close(): Promise<void> };

before(async () => {
  const { entries } = await storedLog(ENTRIES);
  log = entries.map(({ signed }) => signed);
  checker = startSignatureChecker(2);
});
after(() => checker?.close());

function verify(sequence: readonly Uint8Array[], signatures?: VerifyOptions["signatures"]): Promise<Verification> {
  return verifyLog(sequence, { crypto: nodeCrypto, ...(signatures && { signatures }) });
}

/** The log with one byte of an entry changed: of its signature, or of what is signed. */
function changed(seq: number, part: "signature" | "entry"): Uint8Array[] {
  const signed = log[seq] as Uint8Array;
  const at = part === "signature" ? 5 : signed.length - 1;
  return log.with(seq, signed.with(at, (signed[at] as number) ^ 1));
}

describe("signatures on threads", () => {
  it("give the verdict of one thread: a log that holds, an empty one, a beginning", async () => {
    for (const sequence of [log, [], log.slice(0, 1), log.slice(0, 256), log.slice(0, 257)])
      assert.deepEqual(await verify(sequence, checker), await verify(sequence));
  });

  it("find a signature that does not hold, wherever it stands, and the first of several", async () => {
    for (const seq of [0, 1, 255, 256, 300, ENTRIES - 1]) {
      const verdict = await verify(changed(seq, "signature"), checker);
      assert.deepEqual(verdict, await verify(changed(seq, "signature")));
      assert.deepEqual([verdict.firstBad?.seq, verdict.firstBad?.reason], [seq, "signature"]);
    }
    const several = [500, 10, 300].reduce((so, seq) => so.with(seq, changed(seq, "signature")[seq] as Uint8Array), log);
    assert.equal((await verify(several, checker)).firstBad?.seq, 10);
  });

  it("leave the first fault of the chain the first, where it comes before", async () => {
    const both = changed(500, "signature").with(100, changed(100, "entry")[100] as Uint8Array);
    assert.deepEqual(await verify(both, checker), await verify(both));
    const cut = changed(100, "signature").toSpliced(300, 1);
    assert.equal((await verify(cut, checker)).firstBad?.seq, 100);
  });

  it("wait, when they end, for a thread that still loads, instead of killing it", async () => {
    const hasty = startSignatureChecker(2);
    const [batch, key] = [{ ids: new Uint8Array(32), signatures: new Uint8Array(64) }, new Uint8Array(32)];
    const asked = [hasty.firstForged(key, batch), hasty.firstForged(key, batch)];
    await hasty.close();
    assert.deepEqual(await Promise.all(asked), [0, 0]);
    await assert.rejects(hasty.firstForged(key, batch), /ended/);
  });

  it("end a verification with an error where a thread fails, never with a verdict", async () => {
    const failing: SignatureChecker = { parallel: 2, firstForged: () => Promise.reject(new Error("out of memory")) };
    await assert.rejects(verify(log, failing), /out of memory/);
  });
});

describe("the last signature alone", () => {
  it("vouches for all entries, and for nothing where it does not hold", async () => {
    assert.deepEqual(await verify(log, "last"), await verify(log));
    const { ok, firstBad } = await verify(changed(ENTRIES - 1, "signature"), "last");
    assert.deepEqual([ok, firstBad?.seq, firstBad?.reason], [false, ENTRIES - 1, "signature"]);
  });

  it("passes over other signatures, but not over a changed entry", async () => {
    assert.ok((await verify(changed(100, "signature"), "last")).ok);
    const { ok, entries } = await verify(changed(100, "entry"), "last");
    assert.ok(!ok && entries <= 101);
  });
});
