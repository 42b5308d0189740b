/** What evidence is looked at, what it proves, and against whom. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeEvidence } from "../../../../protocol/log/entry/evidence.ts";
import type { Grade } from "../../../../protocol/peer/memory/record.ts";
import { openCourt, TASK } from "../../../support/court.ts";
import { selfMadeFork, throwAwayKey } from "../../../support/self-made-forks.ts";

const [LIAR, OTHER] = [throwAwayKey(1), throwAwayKey(2)];
const FORK = selfMadeFork(1, TASK);

/** The grade by which the court asks whether it may look. */
function gradeAsked(
  options: Parameters<typeof openCourt>[0],
  prepare = (_: ReturnType<typeof openCourt>) => {},
): Grade {
  const scene = openCourt(options);
  prepare(scene);
  const grades: Grade[] = [];
  scene.court.receive(FORK, (grade) => grades.push(grade) > 0);
  assert.equal(grades.length, 1);
  return grades[0] as Grade;
}

describe("evidence that comes", () => {
  it("is accepted where two statements of its key contradict each other, and kept as it came", () => {
    const { receive, book } = openCourt();
    assert.deepEqual(receive(FORK), { verdict: "accept" });
    assert.deepEqual(book.get(LIAR.peerId), { kind: "fork", bytes: FORK, grade: "stranger" });
  });

  it("is a copy of its own: the sender's buffer may change", () => {
    const { receive, book } = openCourt();
    const bytes = FORK.slice();
    receive(bytes);
    bytes.fill(0);
    assert.deepEqual(book.get(LIAR.peerId)?.bytes, FORK);
  });

  it("about another task, or known already, is ignored and not looked at", () => {
    const { court, receive } = openCourt();
    const never = () => assert.fail("it was to be looked at");
    const elsewhere = selfMadeFork(1, new Uint8Array(32));
    assert.deepEqual(court.receive(elsewhere, never), { verdict: "ignore", code: "ERR_OTHER_TASK" });
    receive(FORK);
    assert.deepEqual(court.receive(FORK, never), { verdict: "ignore" });
  });

  it("of a fork takes the place of that of an end, and never the other way round", () => {
    const { receive, book, identities } = openCourt();
    const end = { kind: "end", bytes: Uint8Array.of(1), grade: "met" } as const;
    identities.change(LIAR.peerId, { evidence: end });
    assert.equal(receive(FORK).verdict, "accept");
    assert.equal(book.get(LIAR.peerId)?.kind, "fork");
  });

  it("is ignored with ERR_RATE, and leaves nothing behind, where its bringer may have no more looked at", () => {
    const { court, book } = openCourt();
    assert.deepEqual(
      court.receive(FORK, () => false),
      { verdict: "ignore", code: "ERR_RATE" },
    );
    assert.equal(book.size, 0);
  });

  it("that proves nothing, or is none, is rejected with a code and leaves nothing behind", () => {
    const { receive, book } = openCourt();
    const statements = [1, 2].map(() => ({ what: "entry", bytes: new Uint8Array(100) }) as const);
    const log = { publicKey: OTHER.publicKey, task: TASK, generation: 0 };
    const junk = [FORK.subarray(1), new Uint8Array(0), encodeEvidence({ kind: "fork", ...log, statements })];
    for (const bytes of junk) {
      const { verdict, code } = receive(bytes);
      assert.equal(verdict, "reject");
      assert.ok(code?.startsWith("ERR_"), code);
    }
    const signature = FORK.length - 10;
    assert.equal(receive(FORK.with(signature, (FORK[signature] as number) ^ 1)).verdict, "reject");
    assert.equal(book.size, 0);
  });
});

describe("the grade of a key that is accused", () => {
  it("is known for who is known, and for this peer's own", () => {
    assert.equal(gradeAsked({ known: [LIAR.peerId] }), "known");
    assert.equal(gradeAsked({ self: LIAR }), "known");
  });

  it("is met for who is connected or has announced something, and stranger for all others", () => {
    assert.equal(gradeAsked({ connected: [LIAR.peerId] }), "met");
    assert.equal(
      gradeAsked({}, ({ identities }) => identities.change(LIAR.peerId, { slot: {} as never })),
      "met",
    );
    assert.equal(gradeAsked({ known: [OTHER.peerId], connected: [OTHER.peerId] }), "stranger");
    assert.equal(
      gradeAsked({}, ({ identities }) => identities.change(LIAR.peerId, { doubts: [] })),
      "stranger",
    );
  });
});
