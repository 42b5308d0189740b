import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { narrator } from "../../../node/terminal/up-narrator.ts";

test("a privacy budget is told when it is opened, and warned of when it is spent or unknown", () => {
  const lines: string[] = [];
  const tell = narrator(pino({ level: "info" }, { write: (line: string) => lines.push(line) }));
  const rest = { mechanism: "dp-sgd", epsilon: 3.1, maxEpsilon: 8, delta: 1e-5, steps: 214, noiseMultiplier: 0.79 };
  for (const state of ["open", "spent", "unknown"] as const) tell({ kind: "budget", state, rate: 0.02, ...rest });
  const [open, spent, unknown] = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
  assert.equal(open?.msg, "privacy, dp-sgd: epsilon 3.1 of 8, delta 1.00e-5, 214 steps, noise 0.79");
  assert.match(spent?.msg ?? "", /the budget is spent: it trains and publishes no more, and goes on merging/);
  assert.match(unknown?.msg ?? "", /trains nothing until a neighbour tells/);
  assert.deepEqual([open?.level, spent?.level, unknown?.level], [30, 40, 40]);
});

test("another release is told, and a way back is a warning", () => {
  const lines: string[] = [];
  const tell = narrator(pino({ level: "info" }, { write: (line: string) => lines.push(line) }));
  tell({ kind: "serves", release: { id: "ab", name: "v7" }, isBack: false });
  tell({ kind: "serves", release: { id: "cd", name: "v6" }, isBack: true });
  tell({ kind: "serves", release: null, isBack: true });
  const told = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
  assert.deepEqual(
    told.map(({ level, msg }) => [level, msg]),
    [
      [30, "release v7 answers from now on"],
      [40, "back to release v6, as the release keys say"],
      [40, "no release answers here any more, as the release keys say"],
    ],
  );
});

test("a log that begins anew is told with the reason: of a copy only where the database was moved, or others know more", () => {
  const lines: string[] = [];
  const tell = narrator(pino({ level: "info" }, { write: (line: string) => lines.push(line) }));
  for (const why of ["told", "moved", "unconfirmed", "twin"] as const) tell({ kind: "generation", generation: 7, why });
  const told = lines.map((line) => JSON.parse(line) as { level: number; msg: string; generation: number });
  assert.deepEqual(
    told.map(({ level, msg }) => [level, /copied/.test(msg)]),
    [
      [40, true],
      [40, true],
      [30, false],
      [50, false],
    ],
  );
  assert.match(told[3]?.msg ?? "", /another process runs with this peer's key.*stop one of the two/);
  assert.match(
    told[2]?.msg ?? "",
    /no neighbour that is here can say whether this peer's log is whole.*: it goes on with a new/,
  );
});

test("training that diverges is told once, and again only after one that did not", () => {
  const lines: string[] = [];
  const tell = narrator(pino({ level: "warn" }, { write: (line: string) => lines.push(line) }));
  for (let cycle = 0; cycle < 50; cycle++) tell({ kind: "diverged", cycle });
  assert.equal(lines.length, 1);
  assert.match(lines[0] as string, /far from the task's mean and std/);
  tell({ kind: "trained", cycle: 50, age: 500, loss: 1, trainMs: 5 });
  tell({ kind: "diverged", cycle: 51 });
  assert.equal(lines.length, 2);
});

test("another peer is `other` in a line, since `peer` is who speaks", () => {
  const lines: string[] = [];
  const logger = pino({ level: "debug", mixin: () => ({ peer: "me" }) }, { write: (line: string) => lines.push(line) });
  const tell = narrator(logger);
  tell({ kind: "refused", peer: "them", code: "ERR_MODEL_NORM", message: "too long" });
  tell({ kind: "evidence", peer: "them", proves: "fork", reason: "two entries" });
  const told = lines.map((line) => JSON.parse(line) as { peer: string; other: string });
  assert.deepEqual(
    told.map(({ peer, other }) => [peer, other]),
    Array(4).fill(["me", "them"]),
  );
});
