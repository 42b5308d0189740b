/** A party without labels: it multiplies sealed residuals with its columns, and tells scores under masks. */
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { type Block, listProducts } from "./block.ts";
import { mask } from "./masks.ts";
import { decodeResiduals, decodeWords, encodeProducts, encodeWords, type Residuals } from "./messages.ts";
import {
  columnsPerProduct,
  DEGREE,
  innerProducts,
  type PackedColumns,
  PLAIN_BITS,
  packColumns,
  partsOf,
  placesOf,
} from "./packing.ts";
import { beginAsMember, blaming, type MemberRun, type PartyParts } from "./party.ts";
import type { Polynomial, SealedArithmetic } from "./seams.ts";
import { toWords, wordsOfBytes } from "./words.ts";

export interface MemberTraining {
  readonly block: Block;
  /** Called after each step; the weights are on disk when it resolves. */
  readonly save: (epoch: number) => Promise<void>;
}

/**
 * Refuses columns that could be asked too much: a label holder learns one number for each column and epoch, a party gets as many, and of too few rows such numbers tell.
 * @throws HearsayError ERR_DATA.
 */
export function checkShape(numRows: number, numColumns: number): void {
  const refuse = (what: string) => new HearsayError("ERR_DATA", what);
  if (numColumns > LIMITS.maxVerticalColumns)
    throw refuse(`${numColumns} columns; a party may have ${LIMITS.maxVerticalColumns} (--columns, --drop)`);
  if (numRows < LIMITS.leastRowsPerColumn * numColumns)
    throw refuse(
      `${numRows} shared rows for ${numColumns} columns: there have to be ${LIMITS.leastRowsPerColumn} for each, or residuals could be worked out from sums; use fewer columns (--columns, --drop)`,
    );
  const products = Math.ceil(numColumns / columnsPerProduct(numRows));
  if (products > LIMITS.maxSealedPerMessage)
    throw refuse(
      `${numColumns} columns of ${numRows} rows are ${products} products; ${LIMITS.maxSealedPerMessage} are possible: use fewer columns`,
    );
}

/** Trains until the label holder says that it is done, and gives the number of epochs. @throws HearsayError as `trainAsHolder`. */
export async function trainAsMember(parts: PartyParts, { block, save }: MemberTraining): Promise<number> {
  const { numRows, values } = block.columns;
  checkShape(numRows, values.length);
  const run = await beginAsMember(parts, "train");
  const arithmetic = await blaming(run.holder, "maskers", () => parts.tools.sealing.openPublic(run.sealingKey));
  try {
    const columns = packColumns(numRows, values.length, (index) => values[index] as Float64Array);
    block.begin();
    post(parts, run, "scores", block.scores());
    for (let epoch = 1; ; epoch++) {
      const step = `${epoch}/residuals`;
      const message = await parts.mailbox.fetch(run.holder, `${run.name}/${step}`);
      const residuals = await blaming(run.holder, step, () => decodeResiduals(message));
      if (epoch > 1) {
        block.step(residuals.alpha, residuals.gamma);
        await save(epoch - 1);
      }
      if (residuals.done) {
        await parts.mailbox.confirm(run.holder, `${run.name}/${step}`);
        return epoch - 1;
      }
      await answer(parts, { run, epoch, block, columns, arithmetic }, residuals);
    }
  } finally {
    arithmetic.close();
  }
}

interface Epoch {
  readonly run: MemberRun;
  readonly epoch: number;
  readonly block: Block;
  readonly columns: PackedColumns;
  readonly arithmetic: SealedArithmetic;
}

/** Products of sealed residuals and columns, under masks; then, with the sums, the next direction. */
async function answer(parts: PartyParts, work: Epoch, { sealed, exponent }: Residuals): Promise<void> {
  const { run, epoch, block, columns, arithmetic } = work;
  const { mailbox, tools } = parts;
  const { numRows } = block.columns;
  if (sealed.length !== partsOf(numRows))
    throw new HearsayError("ERR_DECODE", `${run.holder} sent ${sealed.length} parts of residuals`);
  const masks = columns.products.map(() => randomPolynomial(tools.secrecy.random));
  const products: Uint8Array[] = [];
  for (const [i, factors] of columns.products.entries()) {
    products.push(
      await blaming(run.holder, `${epoch}/residuals`, () =>
        arithmetic.combine(sealed, factors, masks[i] as Polynomial),
      ),
    );
    await parts.breathe();
  }
  mailbox.post(run.holder, `${run.name}/${epoch}/products`, encodeProducts(products));
  const message = await mailbox.fetch(run.holder, `${run.name}/${epoch}/sums`);
  const places = placesOf(numRows);
  const opened = await blaming(run.holder, `${epoch}/sums`, () => decodeWords(message, places.length * masks.length));
  const sums = masks.map((polynomial, i) =>
    places.map((place, j) => (opened[i * places.length + j] as bigint) - (polynomial[place] as bigint)),
  );
  block.direct(innerProducts(columns, sums, exponent));
  const words = Float64Array.from([...block.scoresAlong(), ...listProducts(block.products())]);
  post(parts, run, `${epoch}/direction`, words);
}

/** Sends values under the masks of this step. */
export function post(
  { mailbox, identity, session, tools }: PartyParts,
  run: MemberRun,
  step: string,
  values: Float64Array,
) {
  const words = toWords(values);
  const own = { key: identity.publicKey, secret: run.secret };
  mask(tools.secrecy, words, own, run.others, { session: session.id, run: run.run, step });
  mailbox.post(run.holder, `${run.name}/${step}`, encodeWords(words));
}

/** Uniform modulo the plain modulus: what it is added to is uniform, too. */
function randomPolynomial(random: (length: number) => Uint8Array): Polynomial {
  return wordsOfBytes(random(8 * DEGREE)).map((word) => BigInt.asUintN(PLAIN_BITS, word));
}
