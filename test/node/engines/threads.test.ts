import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { copyFast } from "../../../node/engines/copy-fast.ts";
import {
  boardOf,
  type Division,
  type HelperData,
  help,
  isDone,
  mayTake,
  passesBy,
  piecesOf,
  type Work,
} from "../../../node/engines/division.ts";
import { replaceVectors } from "../../../node/engines/messages.ts";
import {
  createModelMemory,
  isShared,
  type ModelMemory,
  vectorIn,
  workspaceIn,
} from "../../../node/engines/model-memory.ts";
import { createThreadedPasses } from "../../../node/engines/threads.ts";
import { WORKSPACE_PAGES } from "../../../protocol/aggregate/kernels/workspace.ts";
import { RULES, ruleNamed, ruleParameters } from "../../../protocol/aggregate/registry.ts";
import type { Reduction } from "../../../protocol/aggregate/rows/passes.ts";
import { standardPasses } from "../../../protocol/aggregate/rows/standard-passes.ts";
import type { RuleInput } from "../../../protocol/base/learning-seams.ts";
import { crowd } from "../../protocol/aggregate/inputs.ts";

const D = 2 ** 19 + 37;
const input = withBase(crowd(1, 3, D));
/** As many as any test has. */
const THREADS = 3;
const models = createModelMemory(THREADS) as ModelMemory;
const shared = inSharedMemory(input);
const rows = [shared.own, ...shared.candidates.map(({ params }) => params)];
const reference = standardPasses(input);
const THREAD = new URL("../../../node/engines/thread.ts", import.meta.url);
const median: Work = { reduction: { kind: "median", weights: new Int32Array(4).fill(1), tolerance: 0 } };
const WORKS: readonly Work[] = ["gram", "squaredLengths", median];

function withBase(rest: RuleInput): RuleInput {
  return { ...rest, base: rest.own.map((value, i) => value + Math.sin(i) / 8) };
}

function inSharedMemory(input: RuleInput): RuleInput {
  return replaceVectors(replaceVectors(input, models.copy), (vector) => vectorIn(models.memory, vector));
}

/** What no thread has worked on yet. */
function divisionOf(work: Work): Division {
  const pieces = piecesOf(D, work).length;
  const found =
    typeof work === "string"
      ? new Float64Array(new SharedArrayBuffer(8 * 9 * pieces))
      : new Float32Array(new SharedArrayBuffer(4 * D));
  return { rows, work, board: boardOf(pieces), found };
}

/** A helper that takes one piece of each pass as soon as it hears of it, and does nothing about it. */
class Sleeper extends EventEmitter {
  readonly taken: Division[] = [];
  postMessage(division: Division): void {
    this.taken.push(division);
    assert.ok(mayTake(division.board));
    Atomics.add(division.board, 1, 1);
  }
  unref(): void {}
  async terminate(): Promise<void> {}
}

const real: Worker[] = [];
after(() => Promise.all(real.map((helper) => helper.terminate())));

function startReal(workerData: HelperData): Worker {
  const helper = new Worker(THREAD, { workerData });
  real.push(helper);
  return helper;
}

test("any number of threads gives the same bits, for every rule and behind pre-aggregators", async () => {
  const names = [...RULES.keys(), "arc+nnm+median", "balance+trimmed-mean", "bucketing+meamed"];
  const pools = [1, 2, 3].map((threads) => createThreadedPasses(threads, models.memory));
  for (const name of names) {
    const rule = ruleNamed(name);
    const { parameters } = ruleParameters(rule, {});
    const expected = rule.aggregate(input, parameters);
    for (const [i, { passes }] of pools.entries()) {
      const { params, ...rest } = rule.aggregate(shared, parameters, passes);
      assert.ok(params.buffer instanceof ArrayBuffer, "an ordinary array");
      assert.ok(bytes(params).equals(bytes(expected.params)), `${name}, ${i + 1} threads`);
      assert.deepEqual({ params: expected.params, ...rest }, expected, `${name}, ${i + 1} threads`);
    }
  }
  await Promise.all(pools.map((pool) => pool.close()));
});

test("what a helper finds is what the caller would have found, here and in a thread of its own", async () => {
  const helper = startReal({ memory: models.memory, thread: 1 });
  const own = passesBy(workspaceIn(models.memory, 2));
  for (const work of WORKS) {
    const [mine, its] = [divisionOf(work), divisionOf(work)];
    help(own, mine);
    helper.postMessage(its);
    const pieces = piecesOf(D, work);
    for (const [i] of pieces.entries()) {
      assert.ok(isDone(mine.board, i, 0));
      assert.ok(isDone(its.board, i, 60_000));
    }
    assert.ok(!mayTake(its.board));
    assert.deepEqual(its.found, mine.found);
    if (typeof work === "string") {
      const width = work === "gram" ? 9 : 3;
      const sums = pieces.map((_, i) => mine.found.slice(i * width, (i + 1) * width));
      const total = sums.reduce((sum, part) => sum.map((value, k) => value + (part[k] as number)));
      assert.deepEqual(total, reference[work](rows));
    } else assert.deepEqual([...mine.found], [...reference.reduce(rows, work)]);
  }
});

test("a piece that a helper has taken and does not finish is done by the caller, whatever becomes of the helper", () => {
  const sleepers: Sleeper[] = [];
  const { passes } = createThreadedPasses(3, models.memory, {
    patienceMs: 1,
    startHelper: () => {
      const sleeper = new Sleeper();
      sleepers.push(sleeper);
      return sleeper as unknown as Worker;
    },
  });
  const check = () => {
    assert.deepEqual(passes.gram(rows), reference.gram(rows));
    assert.deepEqual(passes.squaredLengths(rows), reference.squaredLengths(rows));
    assert.deepEqual(passes.reduce(rows, median), reference.reduce(rows, median));
  };
  check();
  assert.equal(sleepers.length, 2);
  // Those who come late write where nobody looks any more, also in the midst of a later pass.
  const [first] = sleepers as [Sleeper];
  const late = first.taken.slice();
  first.postMessage = (division) => {
    for (const { found, board } of late) {
      assert.notEqual(found.buffer, division.found.buffer);
      found.fill(7);
      board.fill(1, 2);
    }
  };
  check();
  // One that has gone is replaced.
  first.emit("error", new Error("out of memory"));
  first.emit("exit", 1);
  check();
  assert.equal(sleepers.length, 3);
});

test("helpers that die at once, or fail to load, leave the work to the caller, and are replaced", async () => {
  for (const body of ["process.exit(1)", "throw new Error('broken')", "import('no-such-module')"]) {
    const ends: Promise<unknown>[] = [];
    const { passes } = createThreadedPasses(2, models.memory, {
      patienceMs: 1,
      startHelper: () => {
        const helper = new Worker(body, { eval: true });
        ends.push(new Promise((resolve) => helper.on("exit", resolve)));
        helper.unref = () => undefined; // the test waits for it
        return helper;
      },
    });
    for (let i = 1; i <= 3; i++) {
      assert.deepEqual(passes.reduce(rows, median), reference.reduce(rows, median));
      assert.equal(ends.length, i);
      await ends.at(-1);
    }
  }
});

test("helpers start with the first long rows in the memory of models, stay, and end with close", async () => {
  const started: Worker[] = [];
  const { passes, close } = createThreadedPasses(3, models.memory, {
    startHelper: (data) => {
      const helper = startReal(data);
      started.push(helper);
      return helper;
    },
  });
  const short = rows.map((row) => row.subarray(0, 1000));
  const apart = [input.own, ...input.candidates.map(({ params }) => params)];
  const mixed = [input.own, ...rows.slice(1)];
  for (const others of [short, apart, mixed]) {
    assert.deepEqual(passes.gram(others), reference.gram(others));
    assert.deepEqual(passes.reduce(others, median), reference.reduce(others, median));
  }
  assert.equal(started.length, 0);
  passes.gram(rows);
  passes.reduce(rows, median);
  assert.equal(started.length, 2);
  await close();
  assert.deepEqual(
    started.map(({ threadId }) => threadId),
    [-1, -1],
  );
});

test("an error of a pass reaches the caller, and no later pass uses memory to which helpers may still write", () => {
  const sleeper = new Sleeper();
  const { passes } = createThreadedPasses(2, models.memory, {
    patienceMs: 1,
    startHelper: () => sleeper as unknown as Worker,
  });
  const bad = {
    get reduction(): Reduction {
      throw new RangeError("no such reduction");
    },
  };
  assert.throws(() => passes.reduce(rows, bad), RangeError);
  assert.deepEqual(passes.reduce(rows, median), reference.reduce(rows, median));
  const [failed, next] = sleeper.taken as [Division, Division];
  assert.notEqual(next.found.buffer, failed.found.buffer);
});

test("models in the memory are copies that are used again, of one length at a time", () => {
  const { copy, giveBack } = createModelMemory(1) as ModelMemory;
  const [one, two] = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)];
  const first = copy(one);
  const second = copy(two);
  assert.ok(isShared(first) && isShared(second) && !isShared(one));
  assert.deepEqual([[...first], [...second]], [[...one], [...two]]);
  giveBack(first);
  giveBack(first);
  giveBack(one);
  const third = copy(two);
  assert.equal(third, first);
  assert.deepEqual([...third], [...two]);
  assert.notEqual(copy(two), first, "it is lent");
  giveBack(second);
  assert.equal(copy(Float32Array.of(1)).length, 1);
  assert.notEqual(copy(two), second, "those of another length are let go");
});

test("memory of models is used from its beginning once none is lent, and grows while some are", () => {
  const { memory, copy, giveBack } = createModelMemory(1) as ModelMemory;
  const vector = Float32Array.from({ length: 100_000 }, (_, i) => i);
  const first = copy(vector);
  const before = memory.buffer.byteLength;
  const more = Array.from({ length: 9 }, () => copy(vector));
  const full = memory.buffer.byteLength;
  assert.ok(full >= before + 9 * vector.byteLength);
  assert.ok(full < 11 * vector.byteLength + 2 ** 23);
  for (const one of [first, ...more]) {
    assert.deepEqual(one, vector);
    assert.equal(one.byteOffset % 64, 0);
  }
  const { holds } = workspaceIn(memory, 0);
  assert.ok(!holds(vector) && holds(vectorIn(memory, first)));
  for (const one of [first, ...more]) giveBack(one);
  for (let i = 1; i < 50; i++) giveBack(copy(vector.subarray(i)));
  assert.equal(memory.buffer.byteLength, full);
});

test("what finds no room in the memory of models is an ordinary copy", () => {
  const { copy, giveBack } = createModelMemory(1, WORKSPACE_PAGES + 1) as ModelMemory;
  const vector = Float32Array.from({ length: 9000 }, (_, i) => i);
  const [first, second] = [copy(vector), copy(vector)];
  assert.ok(isShared(first) && !isShared(second));
  assert.deepEqual([first, second], [vector, vector]);
  giveBack(second);
  giveBack(first);
  assert.equal(copy(vector), first);
  assert.equal(createModelMemory(2, WORKSPACE_PAGES), undefined);
});

test("copyFast copies a range of a view, from and to shared memory, and touches nothing else", () => {
  for (const Memory of [ArrayBuffer, SharedArrayBuffer]) {
    const source = new Float32Array(new Memory(40) as ArrayBuffer, 8, 6);
    source.set([1, 2, 3, 4, 5, 6]);
    const target = new Float32Array(new Memory(48) as ArrayBuffer, 4, 8);
    copyFast(source, 2, 3, target, 4);
    assert.deepEqual([...new Float32Array(target.buffer)], [0, 0, 0, 0, 0, 3, 4, 5, 0, 0, 0, 0]);
  }
});

function bytes({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
