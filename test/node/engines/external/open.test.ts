import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { commandWords } from "../../../../node/engines/external/command-words.ts";
import { createFrameReader, encodeFrame, type Frame } from "../../../../node/engines/external/frames.ts";
import { isExternal } from "../../../../node/engines/external/open.ts";
import { createPatience } from "../../../../node/engines/external/patience.ts";
import { createSaid } from "../../../../node/engines/external/said.ts";
import { concatBytes } from "../../../../protocol/base/bytes.ts";

const mlp = { model: { kind: "mlp", hidden: [2], activation: "relu" } } as const;
const mine = { model: { kind: "external", architecture: "mine" } } as const;

test("a program trains where it is named, or where the model needs one; settings that contradict each other are refused", () => {
  const command = "python train.py";
  assert.equal(isExternal({ engine: "auto", trainer: {} }, mlp), false);
  assert.equal(isExternal({ engine: "dense", trainer: {} }, mlp), false);
  assert.equal(isExternal({ engine: "auto", trainer: { command } }, mlp), true);
  assert.equal(isExternal({ engine: "external", trainer: { socket: true } }, mlp), true);
  assert.equal(isExternal({ engine: "auto", trainer: { command } }, mine), true);
  const refused = [
    [{ engine: "dense", trainer: { command } }, mlp, /engine dense and trainer are both set/],
    [{ engine: "dense", trainer: {} }, mine, /model of the task is of kind external/],
    [{ engine: "auto", trainer: {} }, mine, /give --trainer 'python train\.py'/],
    [{ engine: "auto", trainer: { command, socket: true } }, mlp, /leave one of them out/],
  ] as const;
  for (const [settings, task, message] of refused)
    assert.throws(() => isExternal(settings, task), { code: "ERR_CONFIG", message });
});

test("a command is split at spaces and by quotes, and nothing in it is expanded", () => {
  assert.deepEqual(commandWords(`python  "my train.py" --name='a b' $HOME "x"'y'`), [
    ...["python", "my train.py", "--name=a b", "$HOME", "xy"],
  ]);
  assert.deepEqual(commandWords(["python", "a b"]), ["python", "a b"]);
  assert.deepEqual(commandWords("train.py"), ["python3", "train.py"]);
  assert.deepEqual(commandWords("train.py 7"), ["train.py", "7"]);
  const program = join(mkdtempSync(join(tmpdir(), "hearsay-words-")), "train.py");
  writeFileSync(program, "#!/usr/bin/env python3\n", { mode: 0o755 });
  assert.deepEqual(commandWords([program]), [program]);
  rmSync(dirname(program), { recursive: true });
  for (const command of ["", "  ", [], `python 'x`]) assert.throws(() => commandWords(command), RangeError);
});

test("the time for an answer follows from what was measured, for as much work, unless it is set", () => {
  const patience = createPatience();
  assert.equal(patience.limitMs("fit", 10), 600_000);
  patience.took("fit", 10, 50_000);
  assert.equal(patience.limitMs("fit", 10), 500_000);
  assert.equal(patience.limitMs("fit", 20), 1_000_000);
  patience.took("fit", 10, 20);
  assert.equal(patience.limitMs("fit", 10), 500_000);
  patience.took("evaluate", 10, 1);
  assert.equal(patience.limitMs("evaluate", 10), 30_000);
  assert.equal(createPatience(7).limitMs("fit", 10), 7);
});

test("of what a program prints, lines of bounded length are told, so many in a while; nothing a terminal obeys", () => {
  const lines: string[] = [];
  let nowMs = 0;
  const said = createSaid(
    (line) => lines.push(line),
    () => nowMs,
  );
  said.push(Buffer.from("one\r50 %\r100 %\n\n\x1b[2Jtwo\nhal"));
  said.push(Buffer.from("f\n"));
  assert.deepEqual(lines, ["one", "50 %", "100 %", "\\x1b[2Jtwo", "half"]);
  said.push(Buffer.from(`${"x".repeat(5000)}\n`));
  assert.equal(lines.at(-1)?.length, 1000);
  said.push(Buffer.from("spam\n".repeat(500)));
  assert.equal(lines.length, 100);
  nowMs = 10_001;
  said.push(Buffer.from("the end"));
  assert.deepEqual(said.last().slice(-2), ["spam", "the end"]);
  assert.deepEqual(lines.slice(-2), ["(and 406 more lines)", "the end"]);
  said.push(new Uint8Array(10_000_000).fill(120)); // a line without an end takes no memory
  assert.equal(said.last().at(-1)?.length, 1000);
});

test("frames are read however they are cut, and bodies only up to what was asked for", () => {
  const bytes = concatBytes(
    ...encodeFrame({ id: 1, verb: "x" }, [new Uint8Array([1, 2]), new Uint8Array([3])]),
    ...encodeFrame({ id: 2 }, []),
  );
  for (const size of [1, 2, 5, 1000]) {
    const frames: Frame[] = [];
    const reader = createFrameReader(
      () => 3,
      (frame) => frames.push(frame),
    );
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    assert.deepEqual(
      frames.map(({ header, body }) => [header, [...body]]),
      [
        [{ id: 1, verb: "x" }, [1, 2, 3]],
        [{ id: 2 }, []],
      ],
    );
  }
  const straight: Frame[] = [];
  const reader = createFrameReader(
    () => 3,
    (frame) => straight.push(frame),
  );
  let space: Uint8Array = new Uint8Array();
  for (let at = 0; at < bytes.length; ) {
    space = reader.space(); // as a system writes them
    const count = Math.min(space.length, 2, bytes.length - at);
    space.set(bytes.subarray(at, at + count));
    reader.push(space.subarray(0, count));
    at += count;
    if (straight.length === 0 && space.length === 3) assert.equal(reader.space().buffer, space.buffer, "in its body");
  }
  assert.deepEqual(
    straight.map(({ header, body }) => [header.id, [...body]]),
    [
      [1, [1, 2, 3]],
      [2, []],
    ],
  );
  const narrow = createFrameReader(
    () => 2,
    () => {},
  );
  assert.throws(() => narrow.push(bytes), /a body of 3 bytes, where 2 are the most/);
  const other = createFrameReader(
    () => 2,
    () => {},
  );
  const nan = Buffer.from('\x0c\0\0\0\0\0\0\0\0\0\0\0{"loss":NaN}', "latin1");
  assert.throws(() => other.push(nan), /a header that is no JSON object: "\{"loss":NaN\}"$/);
});
