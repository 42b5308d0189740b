/**
 * A newcomer of whose eight neighbours q lie in agreement, while the honest ones agree too. `npx node --test <this file>` prints how far it is from them, on the way
 * to the lie: 0 is with the honest neighbours, 1 at the lie.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { digits } from "../../../node/data/shipped/digits.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../../protocol/learn/data/dataset.ts";
import { partition } from "../../../protocol/learn/data/partition.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { accuracyOf, createCrowd, identityOf, type Member, mergesOf } from "../../support/crowd.ts";

const NEIGHBOURS = 8;
const LIAR = 50;
const NEWCOMER = 8;

/** A task, the rows of each peer (undefined: blobs of its own), and those that nobody trains on. */
interface Setting {
  readonly task: Task;
  readonly rows?: readonly Dataset[];
  readonly holdout: Dataset;
}

const BLOBS: Setting = {
  task: blobTask({ training: { steps: 5, batch: 16, adaptive: true } }),
  holdout: blobs(300, 777),
};

/** Digits of which each peer has some more than others, with what `hearsay init --peers 9` writes into new tasks. */
async function onDigits(): Promise<Setting> {
  const draft = parse(digits.yaml);
  const training = {
    ...draft.training,
    adaptive: true,
    absentClasses: 4,
    outerMomentum: 0.95,
    schedule: { kind: "cosine", steps: 1000, floor: 0.1, peak: 1.9 },
    maxGradientNorm: 1,
    runningMean: 0.3,
  };
  const parameters = { f: 0.2, mix: 0.3 };
  const aggregation = { rule: "guarded-median", parameters, inboxSize: NEIGHBOURS, quorum: 3, mostLoss: 0.7 };
  const task = parseTask({ ...draft, training, aggregation, codec: "int8" });
  const all = await digits.read(task);
  const { train, holdout } = digits.split(all);
  const known = selectRows(all, train);
  const parts = partition(known, { kind: "dirichlet", number: 0.5 }, 30, 1);
  return { task, rows: parts.map((rows) => selectRows(known, rows)), holdout: selectRows(all, holdout) };
}

const LIES: Readonly<Record<string, (honest: Float32Array) => Float32Array>> = {
  "the opposite model": (honest) => honest.map((value) => -value),
  "one with its numbers in another order": (honest) =>
    honest.map((_, i) => honest[(i * 5 + 2) % honest.length] as number),
};

/**
 * Honest elders that have learned, liars that show themselves to the newcomer alone, and the newcomer. Where data are unlike there are eight elders, who learn from one another, and of whom the newcomer
 * hears as many as leave room for the liars.
 */
async function scene({ task, rows, holdout }: Setting, liars: number) {
  const crowd = createCrowd({ task });
  const join = (i: number) => {
    const train = rows?.[i];
    return crowd.join(i, { holdout, ...(train && { train }) });
  };
  const elders = [];
  for (let i = 0; i < (rows ? NEIGHBOURS : NEIGHBOURS - liars); i++) elders.push(await join(i));
  await crowd.run(30_000);
  const hostile = Array.from({ length: liars }, (_, i) => crowd.joinHostile(LIAR + i));
  for (const { peerId } of elders)
    for (const i of hostile.keys()) crowd.world.network.disconnect(peerId, identityOf(LIAR + i).peerId);
  const newcomer = await join(NEWCOMER);
  for (const { peerId } of elders.slice(NEIGHBOURS - liars)) crowd.world.network.disconnect(newcomer.peerId, peerId);
  return { crowd, elder: elders[0] as Member, hostile, newcomer };
}

/** How far it is on the way to the lie after each second. */
async function way(setting: Setting, liars: number, lieOf: (honest: Float32Array) => Float32Array, seconds: number) {
  const { crowd, elder, hostile, newcomer } = await scene(setting, liars);
  const shares: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const lie = lieOf(elder.peer.current());
    for (const [i, liar] of hostile.entries()) {
      const params = lie.slice(); // copies would count once
      params[i] = (params[i] as number) + 1e-3 * (second + 1);
      await liar.offer({ age: elder.peer.status().age, params });
    }
    await crowd.run(1000);
    shares.push(shareOf(newcomer.peer.current(), elder.peer.current(), lie));
  }
  const [first] = await mergesOf(newcomer);
  return { shares, first, accuracy: await accuracyOf(newcomer), honest: await accuracyOf(elder) };
}

function shareOf(at: Float32Array, honest: Float32Array, lie: Float32Array): number {
  let [along, length] = [0, 0];
  for (let i = 0; i < at.length; i++) {
    const toLie = (lie[i] as number) - (honest[i] as number);
    along += ((at[i] as number) - (honest[i] as number)) * toLie;
    length += toLie * toLie;
  }
  return along / length;
}

describe("a newcomer among liars", () => {
  for (const [name, lieOf] of Object.entries(LIES))
    for (const [liars, atFirst, later] of [
      [3, 0.02, 0.02],
      [4, 0.02, 0.02],
      [5, 0.05, 0.05],
    ] as const)
      it(`starts beside the honest ones, whom it is not far from later, where ${liars} of 8 say ${name}`, async (t) => {
        const { shares, first, accuracy, honest } = await way(BLOBS, liars, lieOf, 20);
        assert.equal(first?.rule, "catch-up");
        const [start = 1, end = 1] = [shares[1], shares.at(-1)];
        const text = [start, end].map((share) => share.toFixed(2)).join(", after 20 s ");
        t.diagnostic(
          `${liars} of 8: ${text} of the way; accuracy ${accuracy.toFixed(2)}, of honest ones ${honest.toFixed(2)}`,
        );
        assert.ok(Math.abs(start) <= atFirst && end <= later, text);
        assert.ok(accuracy >= honest - 0.06, `${accuracy} of ${honest}`);
      });
});

describe("a newcomer among liars, on digits", () => {
  const setting = onDigits();
  for (const liars of [3, 4, 5])
    it(`ends where the honest ones do, where ${liars} of 8 say the opposite`, async (t) => {
      const opposite = (honest: Float32Array) => honest.map((value) => -value);
      const { shares, accuracy, honest } = await way(await setting, liars, opposite, 15);
      const text = [shares[1], shares.at(-1)].map((share = 1) => share.toFixed(2)).join(", after 15 s ");
      t.diagnostic(`${liars} of 8: ${text}; accuracy ${accuracy.toFixed(2)}, of honest ones ${honest.toFixed(2)}`);
      assert.ok((shares.at(-1) ?? 1) <= 0.1, text);
      assert.ok(accuracy >= honest - 0.06, `${accuracy} of ${honest}`);
    });
});
