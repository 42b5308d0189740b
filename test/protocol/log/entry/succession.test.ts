import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EndBody } from "../../../../protocol/log/entry/bodies.ts";
import { logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { type Ending, NO_SUCCESSOR, succeededBy, successionHolds } from "../../../../protocol/log/entry/succession.ts";
import { signIn } from "../../../../protocol/wire/envelope.ts";
import { CRYPTO, identity, TASK } from "../support.ts";

const OLD = identity(1);
const NEXT = identity(2);
const ENDING: Ending = { logId: logIdOf(OLD.publicKey, TASK, CRYPTO), publicKey: OLD.publicKey };

function holds(body: EndBody, ending: Ending = ENDING): boolean {
  return successionHolds(body, ending, CRYPTO);
}

describe("the end of a key", () => {
  it("holds with a successor who signed, or with none", () => {
    assert.ok(holds(succeededBy(NEXT, ENDING)));
    assert.ok(holds(NO_SUCCESSOR));
  });

  it("does not hold with a successor who did not sign", () => {
    const { proof } = succeededBy(NEXT, ENDING);
    assert.ok(!holds({ next: NEXT.publicKey, proof: null }));
    assert.ok(!holds({ next: null, proof }));
    assert.ok(!holds({ next: identity(3).publicKey, proof }));
    const byOld = succeededBy(identity(3), ENDING);
    assert.ok(!holds({ next: NEXT.publicKey, proof: byOld.proof }));
  });

  it("cannot be carried to another log, generation or key", () => {
    const body = succeededBy(NEXT, ENDING);
    const generation = logIdOf(OLD.publicKey, TASK, CRYPTO, 1);
    assert.ok(!holds(body, { ...ENDING, logId: generation }));
    assert.ok(!holds(body, { ...ENDING, publicKey: identity(4).publicKey }));
  });

  it("is no signature of another purpose", () => {
    const consent = new Uint8Array([...ENDING.logId, ...ENDING.publicKey]);
    assert.ok(holds({ next: NEXT.publicKey, proof: signIn("succession", consent, NEXT) }));
    for (const domain of ["announcement", "log-entry"] as const)
      assert.ok(!holds({ next: NEXT.publicKey, proof: signIn(domain, consent, NEXT) }));
  });

  it("is not the key itself", () => {
    assert.throws(() => succeededBy(OLD, ENDING), RangeError);
    const consent = new Uint8Array([...ENDING.logId, ...ENDING.publicKey]);
    assert.ok(!holds({ next: OLD.publicKey, proof: signIn("succession", consent, OLD) }));
  });

  it("does not hold once any bit of the proof has changed", () => {
    const { next, proof } = succeededBy(NEXT, ENDING);
    for (let at = 0; at < 64; at++) {
      const changed = (proof as Uint8Array).with(at, ((proof as Uint8Array)[at] as number) ^ 1);
      assert.ok(!holds({ next, proof: changed }), `byte ${at}`);
    }
  });
});
