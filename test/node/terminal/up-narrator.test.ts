import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { narrator } from "../../../node/terminal/up-narrator.ts";

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
