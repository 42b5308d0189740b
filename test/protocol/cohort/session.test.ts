/** A session from its first request to its mean: what comes of it when everybody is honest, and when somebody stops at any step. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { certificateFault } from "../../../protocol/cohort/certificate.ts";
import type { Outcome } from "../../../protocol/cohort/coordinator.ts";
import { thresholdOf } from "../../../protocol/cohort/roster.ts";
import { type StatementKind, say, setOf } from "../../../protocol/cohort/statements.ts";
import { BUDGET_MS, createTable, type Lie, type Seated, TASK } from "../../support/cohort-table.ts";

type Released = Extract<Outcome, { kind: "released" }>;

function released(outcome: Outcome): Released {
  assert.equal(outcome.kind, "released", JSON.stringify(outcome));
  return outcome as Released;
}

function isMeanOf(outcome: Outcome, values: readonly number[]): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  for (const value of released(outcome).mean.params) assert.ok(Math.abs(value - mean) < 1e-6, `${value} for ${mean}`);
}

function certified(outcome: Outcome, publisher: Seated, minimum = 3): string | undefined {
  const { mean, age, mass, certificate } = released(outcome);
  const claim = { task: TASK, model: mean.hash, age, mass, publicKey: publisher.identity.publicKey };
  return certificateFault(certificate, claim, minimum, nodeCrypto);
}

const silent: Lie = () => undefined;

describe("a session of honest members", () => {
  for (const members of [3, 4, 5]) {
    it(`gives ${members} of them the mean, which all vouch for`, async () => {
      const table = createTable({ members });
      const { outcome, tookMs } = await table.run();
      isMeanOf(
        outcome,
        Array.from({ length: members }, (_, i) => i + 1),
      );
      const { mass, age } = released(outcome);
      assert.deepEqual([mass, age], [members, 10 * ((members - 1) >> 1)], "the age is the lower median");
      assert.equal(certified(outcome, table.seats[0] as Seated), undefined);
      assert.ok(tookMs < BUDGET_MS, "nobody was waited for");
      assert.deepEqual(table.refusals, []);
    });
  }

  it("is certified for that model, age, mass and publisher alone", async () => {
    const table = createTable({ members: 4 });
    const { outcome } = await table.run();
    const { mean, age, mass, certificate } = released(outcome);
    const { publicKey } = (table.seats[1] as Seated).identity;
    const claim = { task: TASK, model: mean.hash, age, mass, publicKey };
    const faultOf = (change: object, bytes = certificate, minimum = 3) =>
      certificateFault(bytes, { ...claim, ...change }, minimum, nodeCrypto);
    assert.equal(faultOf({}), undefined);
    for (const change of [{ model: TASK }, { age: age + 1 }, { task: mean.hash }, { mass: 3 }, { mass: 5 }])
      assert.notEqual(faultOf(change), undefined, JSON.stringify(change));
    assert.match(faultOf({ publicKey: TASK }) ?? "", /no member/);
    assert.match(faultOf({}, certificate, 5) ?? "", /the task asks for 5/);
    for (let i = 0; i < certificate.length; i++) {
      const changed = certificate.map((byte, j) => (i === j ? byte ^ 1 : byte));
      assert.notEqual(faultOf({}, changed), undefined, `byte ${i}`);
    }
  });
});

/** Steps at which a member may stop, and how many values are in the mean then. */
const STEPS: readonly (readonly [StatementKind, isInSum: boolean])[] = [
  ["join", false],
  ["share", false],
  ["mask", false],
  ["survive", true],
  ["unmask", true],
  ["vouch", true],
];

describe("a member that stops", () => {
  for (const [step, isInSum] of STEPS)
    for (const members of [4, 5])
      it(`at "${step}" of ${members} is dropped after its own time, and the others have a mean ${isInSum ? "with" : "without"} it`, async () => {
        const table = createTable({ members });
        (table.seats.at(-1) as Seated).lies[step] = silent;
        const { outcome, tookMs } = await table.run();
        const values = Array.from({ length: isInSum ? members : members - 1 }, (_, i) => i + 1);
        isMeanOf(outcome, values);
        assert.equal(released(outcome).mass, step === "unmask" ? members : members - 1);
        assert.equal(certified(outcome, table.seats[0] as Seated), undefined);
        assert.ok(tookMs >= BUDGET_MS && tookMs < 2 * BUDGET_MS + 200, `${tookMs} ms`);
      });

  for (const [step] of STEPS)
    it(`at "${step}" of 3 ends the session: fewer than three hide nobody, and nothing is published`, async () => {
      const table = createTable({ members: 3 });
      (table.seats.at(-1) as Seated).lies[step] = silent;
      const { outcome } = await table.run();
      assert.equal(outcome.kind, "failed");
      assert.equal(outcome.kind === "failed" && outcome.step, step);
    });

  it('after its answer to "mask", before its vector was pulled, falls out like one that never answered', async () => {
    const table = createTable({ members: 4 });
    (table.seats[2] as Seated).served.set = function set() {
      return this; // it serves nothing
    };
    isMeanOf((await table.run()).outcome, [1, 2, 4]);
  });

  it("is no loss to anybody where two of five stop, but ends the session: the parts of three give no secret of five", async () => {
    const table = createTable({ members: 5 });
    for (const place of [3, 4]) (table.seats[place] as Seated).lies.mask = silent;
    const { outcome } = await table.run();
    assert.equal(thresholdOf(setOf([0, 1, 2, 3, 4])), 4);
    assert.equal(outcome.kind === "failed" && outcome.step, "mask");
  });
});

describe("garbage in place of an answer", () => {
  const others: Record<string, (seats: readonly Seated[], kind: StatementKind) => Lie> = {
    "random bytes": () => () => nodeCrypto.sha256(Uint8Array.of(1)),
    "nothing at all": () => () => new Uint8Array(0),
    "the answer of somebody else": (seats) => () => seats[1]?.heard.at(-1)?.answer,
    "an answer to another step": (seats) => () => seats[3]?.heard[0]?.request,
    "an answer in another session": (seats, kind) => () =>
      kind === "join"
        ? say("joined", TASK, {}, (seats[3] as Seated).identity)
        : say("survivors", TASK, { survivors: 15 }, (seats[3] as Seated).identity),
    "a changed byte": () => (honest) => honest.map((byte, i) => (i === honest.length - 1 ? byte ^ 1 : byte)),
  };
  for (const [what, lie] of Object.entries(others))
    it(`is taken for silence at every step: ${what}`, async () => {
      for (const [step, isInSum] of STEPS) {
        const table = createTable({ members: 4 });
        (table.seats[3] as Seated).lies[step] = lie(table.seats, step);
        const { outcome } = await table.run();
        isMeanOf(outcome, isInSum ? [1, 2, 3, 4] : [1, 2, 3]);
      }
    });
});
