/** Training over columns of several parties gives what central training gives, with the real cryptography; and goes on where it was left. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { loadVerticalCrypto } from "../../../node/vertical/load.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import type { Block } from "../../../protocol/vertical/block.ts";
import { type Trained, trainAsHolder } from "../../../protocol/vertical/holder.ts";
import { trainAsMember } from "../../../protocol/vertical/member.ts";
import type { ProblemKind } from "../../../protocol/vertical/problem.ts";
import type { VerticalCrypto } from "../../../protocol/vertical/seams.ts";
import {
  blockOf,
  breastCancer,
  openSealing,
  type TestSession,
  testSession,
  trainCentrally,
} from "../../support/vertical.ts";

const RIDGE = 0.01;
const MOST_OFF = 1e-3;
const MOST_EPOCH_MS = 10_000;

describe("vertical training", () => {
  const table = breastCancer();
  const central = trainCentrally(table.columns, table.labels, "logistic", RIDGE);
  let tools: VerticalCrypto;

  before(async () => {
    tools = await loadVerticalCrypto();
  });

  function session(
    numParties: number,
    kind: ProblemKind,
    own: Partial<VerticalCrypto> = {},
    silenceMs?: number,
  ): TestSession {
    const mailbox = silenceMs === undefined ? {} : { mailbox: { silenceMs } };
    return testSession({ numParties, kind, tools: { ...tools, ...own }, ridge: RIDGE, ...mailbox });
  }

  function blocksOf(columns: readonly Float64Array[], kind: ProblemKind, splits: readonly number[]): Block[] {
    let at = 0;
    return splits.map((width, i) => {
      at += width;
      return blockOf(columns.slice(at - width, at), kind, RIDGE, i === 0);
    });
  }

  /** One promise for each party, the label holder's first. */
  function train(
    { parties }: TestSession,
    blocks: readonly Block[],
    labels: Float64Array,
    observe = (_: number) => {},
  ) {
    const save = async () => {};
    const [holder, ...members] = parties;
    assert.ok(holder && blocks[0]);
    const report = { observe: ({ epoch }: { readonly epoch: number }) => observe(epoch) };
    return [
      trainAsHolder(holder, { block: blocks[0], labels, save, ...report }),
      ...members.map((member, i) => trainAsMember(member, { block: blocks[i + 1] as Block, save })),
    ] as const;
  }

  const weightsOf = ([first, ...others]: readonly Block[]) => [
    ...(first as Block).weights.slice(0, -1),
    ...others.flatMap((block) => [...block.weights]),
    (first as Block).weights.at(-1) as number,
  ];

  const off = (a: readonly number[], b: readonly number[]) =>
    Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

  for (const splits of [
    [15, 15],
    [10, 10, 10],
    [8, 8, 7, 7],
  ])
    it(`gives the weights and the AUC of central training on breast cancer, columns ${splits.join("/")}`, async (t) => {
      const blocks = blocksOf(table.columns, "logistic", splits);
      let [longestMs, beganMs] = [0, performance.now()];
      const running = train(session(splits.length, "logistic"), blocks, table.labels, () => {
        longestMs = Math.max(longestMs, performance.now() - beganMs);
        beganMs = performance.now();
      });
      const [result] = (await Promise.all(running)) as [Trained];
      const difference = off(weightsOf(blocks), central);
      t.diagnostic(`${result.epochs} epochs, the longest ${Math.round(longestMs)} ms, weights off by ${difference}`);
      assert.ok(result.converged);
      assert.ok(difference < MOST_OFF, `off by ${difference}`);
      assert.ok(longestMs < MOST_EPOCH_MS, `an epoch took ${longestMs} ms`);
      const centrally = blockOf(table.columns, "logistic", RIDGE, true);
      centrally.weights.set(central);
      assert.ok(Math.abs(auc(result.scores, table.labels) - auc(centrally.scores(), table.labels)) < 0.005);
    });

  it("gives the weights of central training of a linear regression", async () => {
    const [worstArea] = [table.columns[23] as Float64Array];
    const others = table.columns.filter((_, j) => j !== 23).slice(0, 9);
    const labels = blockOf([worstArea], "linear", RIDGE, false).columns.values[0] as Float64Array;
    const blocks = blocksOf(others, "linear", [3, 3, 3]);
    await Promise.all(train(session(3, "linear", { sealing: openSealing }), blocks, labels));
    const difference = off(weightsOf(blocks), trainCentrally(others, labels, "linear", RIDGE));
    assert.ok(difference < MOST_OFF, `off by ${difference}`);
  });

  it("sends nothing of ids, columns, labels, weights or residuals as it is", async () => {
    const seen: Buffer[] = [];
    const columns = table.columns.slice(0, 4);
    const blocks = blocksOf(columns, "logistic", [2, 1, 1]);
    const watched = testSession({
      ...{ numParties: 3, tools, ridge: RIDGE, epochs: 2 },
      answer(_from, _to, bytes) {
        seen.push(Buffer.from(bytes));
        return bytes;
      },
    });
    const [result] = (await Promise.all(train(watched, blocks, table.labels))) as [Trained];
    const everything = Buffer.concat(seen);
    assert.ok(everything.length > 1e6);
    const residuals = result.scores.map((score, i) => 1 / (1 + Math.exp(-score)) - (table.labels[i] as number));
    const own = blocks.flatMap(({ columns: { values }, weights }) => [
      ...values.map((column) => column.slice(0, 40)),
      weights,
    ]);
    for (const secret of [...columns.map((column) => column.slice(0, 40)), ...own, residuals.slice(0, 40)])
      for (const value of secret) {
        if (value === 0 || value === 1) continue; // so few bytes are anywhere
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleLE(value);
        assert.ok(!everything.includes(bytes) && !everything.includes(bytes.reverse()), String(value));
        bytes.writeBigInt64LE(BigInt(Math.round(value * 2 ** 40)));
        assert.ok(!everything.includes(bytes), `${value} in fixed point`);
      }
  });

  it("goes on from the weights of each where a party left mid-way, and comes to the same", async () => {
    const columns = table.columns.slice(0, 6);
    const blocks = blocksOf(columns, "logistic", [2, 2, 2]);
    const first = session(3, "logistic", { sealing: openSealing }, 200);
    const peer = first.parties[2]?.peer as string;
    const ended = await Promise.allSettled(
      train(first, blocks, table.labels, (epoch) => {
        if (epoch === 3) first.cut(peer);
      }),
    );
    const codes = ended.map((one) => one.status === "rejected" && isHearsayError(one.reason) && one.reason.code);
    assert.deepEqual(codes, ["ERR_TIMEOUT", "ERR_NOT_FOUND", "ERR_TIMEOUT"]); // the second was told by the first
    const half = weightsOf(blocks);
    assert.ok(half.some((weight) => weight !== 0));
    await Promise.all(train(session(3, "logistic", { sealing: openSealing }), blocks, table.labels));
    const difference = off(weightsOf(blocks), trainCentrally(columns, table.labels, "logistic", RIDGE));
    assert.ok(difference < MOST_OFF, `off by ${difference}`);
  });
});

/** Share of pairs of a positive and a negative row of which the positive has the higher score. */
function auc(scores: Float64Array, labels: Float64Array): number {
  const [positive, negative] = [1, 0].map((label) => [...scores].filter((_, i) => labels[i] === label));
  let right = 0;
  for (const p of positive as number[]) for (const n of negative as number[]) right += p > n ? 1 : p === n ? 0.5 : 0;
  return right / ((positive?.length ?? 0) * (negative?.length ?? 0));
}
