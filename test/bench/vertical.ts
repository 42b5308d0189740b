/**
 * What vertical learning costs, in CPU ms of this thread. Matching: 10,000 ids a side, one thread each; the two sides work at one time, so it takes as long as one of
 * them. Training: an epoch of 569 rows, label holder and one other party of 15 columns, without the network.
 *
 * Against them: the sum of 65,536 numbers of two peers, under masks, as cohorts have it, and under homomorphic encryption.
 */
import { nodeCrypto } from "../../node/crypto.ts";
import { nodeSecrecy } from "../../node/secrecy.ts";
import { loadVerticalCrypto } from "../../node/vertical/load.ts";
import { addWords, applyMasks, pairMask } from "../../protocol/cohort/masks.ts";
import { createBlock } from "../../protocol/vertical/block.ts";
import { blindAgain, blindIds, findShared } from "../../protocol/vertical/matching.ts";
import { DEGREE, packColumns, packResiduals } from "../../protocol/vertical/packing.ts";
import type { VerticalCrypto } from "../../protocol/vertical/seams.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { cpuMs, figure, median } from "./statistics.ts";

const IDS = 10_000;
const ROWS = 569;
const COLUMNS = 15;
const ROUNDS = 9;
const SESSION = new Uint8Array(32);
/** Numbers of a model that is summed: 0.25 MB in float32. */
const SUMMED = 65_536;

export const benchmark: Benchmark = {
  title: `vertical learning: ${IDS} ids matched, an epoch of ${ROWS} rows, a sum of ${SUMMED} numbers; CPU ms`,
  async run() {
    const tools = await loadVerticalCrypto();
    const rows = [...(await measureMatching(tools)), ...measureEpoch(tools), ...measureSums(tools)];
    return {
      rows,
      notes: [],
    };
  },
};

async function measureMatching(tools: VerticalCrypto): Promise<Row[]> {
  const ids = (from: number) => Array.from({ length: IDS }, (_, i) => `entity ${from + i}`);
  const parts = { crypto: nodeCrypto, group: tools.group, secrecy: nodeSecrecy, breathe: async () => {} };
  const before = cpuMs();
  const own = await blindIds(ids(0), SESSION, parts);
  const blindMs = cpuMs() - before;
  const other = await blindIds(ids(IDS / 2), SESSION, parts);
  const beforeAgain = cpuMs();
  const ownAgain = await blindAgain(own.points, other.scalar, parts);
  const againMs = cpuMs() - beforeAgain;
  const othersAgain = await blindAgain(other.points, own.scalar, parts);
  const beforeFind = cpuMs();
  const shared = findShared(ownAgain, othersAgain, IDS).size;
  const findMs = cpuMs() - beforeFind;
  if (shared !== IDS / 2) throw new Error(`${shared} shared`);
  return [
    { what: "match, each side", ms: figure(blindMs + againMs + findMs), bytes: own.points.length + ownAgain.length },
  ];
}

function measureEpoch({ sealing }: VerticalCrypto): Row[] {
  const wave = (seed: number) => Float64Array.from({ length: ROWS }, (_, i) => Math.sin(seed * (i + 1)));
  const columns = Array.from({ length: COLUMNS }, (_, j) => wave(j + 1));
  const packed = packColumns(ROWS, COLUMNS, (j) => columns[j] as Float64Array);
  const key = sealing.createKey();
  const arithmetic = sealing.openPublic(key.publicKey);
  const plainMask = new BigUint64Array(DEGREE);
  const [parts] = [packResiduals(wave(0.3), 0)];
  const sealed = parts.map((part) => key.seal(part));
  const combine = () => packed.products.map((factors) => arithmetic.combine(sealed, factors, plainMask));
  const products = combine();
  const block = createBlock(
    { numRows: ROWS, values: columns, hasRidge: columns.map(() => true) },
    { ridge: 0.01, mostCurvature: 0.25 },
  );
  const rows = [
    row("epoch: seal residuals", () => parts.map((part) => key.seal(part)), sealed),
    row("epoch: multiply with 15 columns, seal anew", combine, products),
    row("epoch: open products", () => products.map((product) => key.open(product)), []),
    row("epoch: direction and scores, in the clear", () => {
      block.direct(new Float64Array(COLUMNS).fill(1));
      return block.scoresAlong();
    }),
  ];
  arithmetic.close();
  key.close();
  return rows;
}

/** As cohorts of peers sum their models: masks of 32 bits; polynomials of DEGREE whole numbers each. */
function measureSums({ sealing }: VerticalCrypto): Row[] {
  const secrets = [0, 1].map(() => nodeSecrecy.random(32));
  const keys = secrets.map((secret) => nodeSecrecy.publicKeyOf(secret));
  const values = new Uint32Array(SUMMED).fill(12_345);
  const masked = () => {
    const [sum, other] = secrets.map((secret, own) => {
      const pair = { session: SESSION, own, other: 1 - own };
      const mask = pairMask(nodeSecrecy, secret, keys[1 - own] as Uint8Array, pair);
      return applyMasks(nodeSecrecy, values.slice(), mask === undefined ? [] : [mask]);
    });
    addWords(sum as Uint32Array, other as Uint32Array);
  };
  const key = sealing.createKey();
  const arithmetic = sealing.openPublic(key.publicKey);
  const [one, zeros] = [new BigUint64Array(DEGREE), new BigUint64Array(DEGREE)];
  one[0] = 1n;
  const encrypted = () =>
    Array.from({ length: SUMMED / DEGREE }, (_, part) => {
      const own = BigUint64Array.from(values.subarray(part * DEGREE, (part + 1) * DEGREE), BigInt);
      const both = [key.seal(own), key.seal(own)];
      const sum = arithmetic.combine(both, [one, one], zeros);
      key.open(sum);
      return [...both, sum];
    }).flat();
  const rows = [
    row(
      "sum of two, masks",
      masked,
      [values, values].map((words) => new Uint8Array(words.byteLength)),
    ),
    row("sum of two, homomorphic encryption", encrypted, encrypted()),
  ];
  arithmetic.close();
  key.close();
  return rows;
}

function row(what: string, work: () => unknown, messages: readonly Uint8Array[] = []): Row {
  work();
  const times = Array.from({ length: ROUNDS }, () => {
    const before = cpuMs();
    work();
    return cpuMs() - before;
  });
  return { what, ms: figure(median(times)), bytes: messages.reduce((sum, { length }) => sum + length, 0) };
}
