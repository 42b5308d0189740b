/**
 * The party with the labels. It finds the residuals, seals them, opens masked products for the others, and finds the best step from the sums of their scores
 * (README.md has the messages of an epoch).
 */
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { addProducts, type Block, readProducts } from "./block.ts";
import { sumOf } from "./masks.ts";
import { decodeProducts, decodeWords, encodeResiduals, encodeWords } from "./messages.ts";
import { exponentOf, packResiduals, placesOf } from "./packing.ts";
import { beginAsHolder, blaming, membersOf, orEnd, type PartyParts } from "./party.ts";
import { bestStep, NUM_PRODUCTS, type PlaneStep } from "./plane.ts";
import { PROBLEMS, type Problem } from "./problem.ts";
import type { SealingKey } from "./seams.ts";
import { fromWords } from "./words.ts";

export interface HolderTraining {
  readonly block: Block;
  /** 0 or 1, or standardised values. */
  readonly labels: Float64Array;
  /** Called with the block's weights after each epoch; they are on disk when it resolves. */
  readonly save: () => Promise<void>;
  readonly observe?: (epoch: EpochReport) => void;
}

export interface EpochReport {
  readonly epoch: number;
  /** Mean loss and ridge after it. */
  readonly objective: number;
  /** Length of its step. */
  readonly length: number;
}

export interface Trained {
  readonly epochs: number;
  /** Whether the steps had become short before the epochs were used up. */
  readonly converged: boolean;
  /** Of the last epoch; of the weights that were there where there was none. */
  readonly objective: number;
  /** Of all rows. */
  readonly scores: Float64Array;
}

/** A step that is shorter is the last one but one. */
const SHORT_STEP = 3e-5;
const SHORT_STEPS = 2;

/** What the label holder knows of all columns together. */
interface State {
  readonly problem: Problem;
  scores: Float64Array;
  /** What the last step did to them. */
  stepScores: Float64Array;
  step: PlaneStep;
}

/**
 * Trains with all parties until the steps are short, from the weights that each has.
 * @throws HearsayError ERR_TIMEOUT where a party left, ERR_DECODE for what one sends. Weights saved until then are good to go on from.
 */
export async function trainAsHolder(parts: PartyParts, training: HolderTraining): Promise<Trained> {
  const key = parts.tools.sealing.createKey();
  try {
    return await orEnd(parts, train(parts, training, key));
  } finally {
    key.close();
  }
}

async function train(parts: PartyParts, training: HolderTraining, key: SealingKey): Promise<Trained> {
  const { offer } = parts.session;
  const { block } = training;
  const run = await beginAsHolder(parts, "train", key.publicKey);
  const numRows = block.columns.numRows;
  block.begin();
  const others = await sumOfMembers(parts, `${run}/scores`, numRows);
  const state: State = {
    problem: PROBLEMS[offer.kind],
    scores: block.scores().map((score, i) => score + (others[i] as number)),
    stepScores: new Float64Array(numRows),
    step: { alpha: 0, gamma: 0, objective: Number.NaN, length: 0 },
  };
  let [epoch, short] = [0, 0];
  while (epoch < offer.epochs && short < SHORT_STEPS) {
    epoch++;
    await trainEpoch(parts, training, { key, run, epoch, state });
    await training.save();
    const { objective, length } = state.step;
    training.observe?.({ epoch, objective, length });
    short = length < SHORT_STEP ? short + 1 : 0;
  }
  const { alpha, gamma, objective } = state.step;
  const last = encodeResiduals({ done: true, alpha, gamma, exponent: 0, sealed: [] });
  const step = `${run}/${epoch + 1}/residuals`;
  for (const member of membersOf(parts.session)) parts.mailbox.post(member, step, last);
  await Promise.all(membersOf(parts.session).map((member) => parts.mailbox.delivered(member, step)));
  return { epochs: epoch, converged: short >= SHORT_STEPS, objective, scores: state.scores };
}

interface Epoch {
  readonly key: SealingKey;
  readonly run: string;
  readonly epoch: number;
  readonly state: State;
}

async function trainEpoch(
  parts: PartyParts,
  training: HolderTraining,
  { key, run, epoch, state }: Epoch,
): Promise<void> {
  const { block, labels } = training;
  const { mailbox, session } = parts;
  const { problem, scores } = state;
  const members = membersOf(session);
  const residuals = scores.map((score, i) => problem.residual(score, labels[i] as number));
  const exponent = exponentOf(residuals);
  const sealed = packResiduals(residuals, exponent).map((part) => key.seal(part));
  const { alpha, gamma } = state.step;
  const message = encodeResiduals({ done: false, alpha, gamma, exponent, sealed });
  const step = (name: string) => `${run}/${epoch}/${name}`;
  for (const member of members) mailbox.post(member, step("residuals"), message);
  block.direct(Float64Array.from(block.columns.values, (column) => dot(column, residuals)));
  await Promise.all(
    members.map(async (member) => {
      const products = await mailbox.fetch(member, step("products"));
      const sums = await blaming(member, step("products"), () => open(key, products, scores.length));
      mailbox.post(member, step("sums"), encodeWords(sums));
    }),
  );
  const numRows = scores.length;
  const words = await sumOfMembers(parts, step("direction"), numRows + NUM_PRODUCTS);
  takeStep(training, state, words, session.offer.ridge);
}

/** Finds the best step from what the others told of their directions, and takes the own part of it. */
function takeStep({ block, labels }: HolderTraining, state: State, words: Float64Array, ridge: number): void {
  const { problem, scores, stepScores } = state;
  const numRows = scores.length;
  const along = block.scoresAlong().map((score, i) => score + (words[i] as number));
  const products = addProducts(block.products(), readProducts(words.subarray(numRows)));
  const step = bestStep({ problem, ridge, labels, scores, along: [along, stepScores], products });
  block.step(step.alpha, step.gamma);
  state.stepScores = along.map((score, i) => step.alpha * score + step.gamma * (stepScores[i] as number));
  state.scores = scores.map((score, i) => score + (state.stepScores[i] as number));
  state.step = step;
}

/** The masked coefficients at the places of inner products; all others are not looked at. */
function open(key: SealingKey, message: Uint8Array, numRows: number): BigUint64Array {
  const products = decodeProducts(message);
  if (products.length === 0) throw new HearsayError("ERR_DECODE", "no products");
  const places = placesOf(numRows);
  return BigUint64Array.from(
    products.flatMap((sealed) => {
      const plain = key.open(sealed);
      return places.map((place) => plain[place] as bigint);
    }),
  );
}

/** What all parties without labels sent under their masks, added up. */
export async function sumOfMembers(parts: PartyParts, step: string, length: number): Promise<Float64Array> {
  const { mailbox, session } = parts;
  if (8 * length > LIMITS.maxVerticalMessageBytes) throw new RangeError(`${length} words are too many`);
  const messages = await Promise.all(
    membersOf(session).map(async (member) => {
      const message = await mailbox.fetch(member, step);
      return blaming(member, step, () => decodeWords(message, length));
    }),
  );
  return fromWords(sumOf(messages));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
