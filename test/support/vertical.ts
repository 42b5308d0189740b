/** Vertical learning in one process: parties that reach each other by function calls, a sealing that hides nothing, and what central training would give. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { wallClock } from "../../node/clock.ts";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { joined } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Clock, Identity, PeerId, RequestHandler } from "../../protocol/base/seams.ts";
import { createBlock, scalingOf, standardise } from "../../protocol/vertical/block.ts";
import { createMailbox, type Mailbox, type MailboxParts, pause } from "../../protocol/vertical/mailbox.ts";
import { decodeAsk, encodeOffer, type Offer } from "../../protocol/vertical/messages.ts";
import { DEGREE, PLAIN_BITS } from "../../protocol/vertical/packing.ts";
import type { PartyParts, Session } from "../../protocol/vertical/party.ts";
import { PROBLEMS, type ProblemKind } from "../../protocol/vertical/problem.ts";
import type { Polynomial, Sealing, VerticalCrypto } from "../../protocol/vertical/seams.ts";
import { bytesOfWords, wordsOfBytes } from "../../protocol/vertical/words.ts";

export interface Table {
  readonly ids: readonly string[];
  readonly names: readonly string[];
  /** Column by column. */
  readonly columns: readonly Float64Array[];
  /** 1: benign. */
  readonly labels: Float64Array;
}

/** Wisconsin diagnostic breast cancer: 569 rows, 30 columns. */
export function breastCancer(): Table {
  const path = join(import.meta.dirname, "..", "fixtures", "data", "breast-cancer.csv.gz");
  const [header = "", ...lines] = gunzipSync(readFileSync(path)).toString().trim().split("\n");
  const rows = lines.map((line) => line.split(","));
  const names = header.split(",").slice(1, 31);
  return {
    ids: rows.map(([id]) => id as string),
    names,
    columns: names.map((_, j) => Float64Array.from(rows, (row) => Number(row[j + 1]))),
    labels: Float64Array.from(rows, (row) => (row[31] === "benign" ? 1 : 0)),
  };
}

/** Adds and multiplies in the clear: quick, for tests of everything but the sealing. */
export const openSealing: Sealing = {
  createKey: () => ({
    publicKey: Uint8Array.of(1),
    seal: bytesOfWords,
    open: polynomialIn,
    close() {},
  }),
  openPublic: () => ({
    combine(sealed, factors, mask) {
      const sum = Polynomial64(mask);
      sealed.forEach((bytes, part) => {
        multiplyInto(sum, polynomialIn(bytes), factors[part] as Polynomial);
      });
      return bytesOfWords(sum);
    },
    close() {},
  }),
};

const Polynomial64 = (from: Polynomial) => BigUint64Array.from(from);

function polynomialIn(bytes: Uint8Array): Polynomial {
  if (bytes.length !== 8 * DEGREE) throw new HearsayError("ERR_DECODE", "not sealed");
  return wordsOfBytes(bytes).map((word) => BigInt.asUintN(PLAIN_BITS, word));
}

/** sum + a b modulo x^DEGREE + 1, by the school's method, where a has few coefficients. */
function multiplyInto(sum: Polynomial, a: Polynomial, b: Polynomial): void {
  const factor = Float64Array.from(b, (value) => Number(BigInt.asIntN(PLAIN_BITS, value)));
  const plain = Float64Array.from(a, (value) => Number(BigInt.asIntN(PLAIN_BITS, value)));
  const used = plain.findLastIndex((value) => value !== 0) + 1;
  const result = new Float64Array(DEGREE);
  for (let i = 0; i < used; i++) {
    const x = plain[i] as number;
    if (x === 0) continue;
    for (let j = 0; j < DEGREE - i; j++) result[i + j] = (result[i + j] as number) + x * (factor[j] as number);
    for (let j = DEGREE - i; j < DEGREE; j++)
      result[i + j - DEGREE] = (result[i + j - DEGREE] as number) - x * (factor[j] as number);
  }
  result.forEach((value, i) => {
    sum[i] = BigInt.asUintN(PLAIN_BITS, (sum[i] as bigint) + BigInt(value));
  });
}

/** One of the parties of a session in one process. */
export interface TestParty extends PartyParts {
  readonly peer: PeerId;
  readonly mailbox: Mailbox;
}

export interface TestSession {
  readonly session: Session;
  readonly parties: readonly TestParty[];
  /** Takes a party off the network. */
  cut(peer: PeerId): void;
}

export interface TestOptions {
  readonly kind?: ProblemKind;
  readonly numParties: number;
  readonly tools: VerticalCrypto;
  readonly clock?: Clock;
  readonly ridge?: number;
  readonly epochs?: number;
  readonly mailbox?: Partial<MailboxParts>;
  /** Changes or sees what a party answers. */
  readonly answer?: (from: PeerId, to: PeerId, bytes: Uint8Array, step: string) => Uint8Array;
}

export function testIdentity(n: number): Identity {
  return identityFromSeed(new Uint8Array(32).fill(n + 1));
}

export function testSession({
  numParties,
  tools,
  clock = wallClock,
  mailbox,
  answer,
  ...rest
}: TestOptions): TestSession {
  const identities = Array.from({ length: numParties }, (_, i) => testIdentity(i));
  const offer: Offer = {
    holder: (identities[0] as Identity).publicKey,
    nonce: new Uint8Array(16).fill(7),
    purpose: "a test",
    kind: rest.kind ?? "logistic",
    parties: numParties,
    idColumn: "id",
    target: "diagnosis",
    ridge: rest.ridge ?? 0.01,
    epochs: rest.epochs ?? 100,
  };
  const session: Session = {
    id: nodeCrypto.sha256(encodeOffer(offer)),
    offer,
    parties: identities.map(({ publicKey }) => publicKey),
  };
  const handlers = new Map<PeerId, RequestHandler>();
  const away = new Set<PeerId>();
  const request = async (from: PeerId, to: PeerId, body: Uint8Array) => {
    const handler = handlers.get(to);
    if (handler === undefined || away.has(to) || away.has(from)) throw new HearsayError("ERR_UNREACHABLE", "away");
    const answered = joined(await handler(from, body));
    if (away.has(to) || away.has(from)) throw new HearsayError("ERR_UNREACHABLE", "away");
    return answer === undefined ? answered : answer(to, from, answered, decodeAsk(body).step);
  };
  const parties = identities.map((identity) => {
    const transport = {
      request: (to: PeerId, _: string, body: Uint8Array) => request(identity.peerId, to, body),
      onRequest: (_: string, handler: RequestHandler) => void handlers.set(identity.peerId, handler),
      withdraw: () => void handlers.delete(identity.peerId),
    };
    const box = createMailbox({ transport, clock, session: session.id, ...mailbox });
    const breathe = () => pause(clock, 0);
    return { session, identity, peer: identity.peerId, crypto: nodeCrypto, tools, mailbox: box, breathe };
  });
  return { session, parties, cut: (peer) => void away.add(peer) };
}

/** Columns of a party, ready to be trained on; those of the label holder with an intercept. */
export function blockOf(columns: readonly Float64Array[], kind: ProblemKind, ridge: number, withIntercept: boolean) {
  const numRows = columns[0]?.length ?? 0;
  const values = standardise(columns, scalingOf(columns));
  const intercept = withIntercept ? [new Float64Array(numRows).fill(1)] : [];
  const hasRidge = [...values.map(() => true), ...intercept.map(() => false)];
  const { mostCurvature } = PROBLEMS[kind];
  return createBlock({ numRows, values: [...values, ...intercept], hasRidge }, { ridge, mostCurvature });
}

/** Newton's method on all columns together: weights of the standardised columns, the intercept last. */
export function trainCentrally(
  columns: readonly Float64Array[],
  labels: Float64Array,
  kind: ProblemKind,
  ridge: number,
): number[] {
  const problem = PROBLEMS[kind];
  const values = [...standardise(columns, scalingOf(columns)), new Float64Array(labels.length).fill(1)];
  const weights = values.map(() => 0);
  for (let round = 0; round < 20; round++) {
    const scores = labels.map((_, i) => values.reduce((z, x, j) => z + (weights[j] as number) * (x[i] as number), 0));
    const bent = values.map((x) => x.map((value, i) => value * problem.curvature(scores[i] as number)));
    const system = values.map((_, j) => {
      const own = j < columns.length ? ridge : 0;
      const a = bent[j] as Float64Array;
      const plain = values[j] as Float64Array;
      const row = values.map(
        (b, k) => a.reduce((s, x, i) => s + x * (b[i] as number), 0) / a.length + (j === k ? own : 0),
      );
      const gradient =
        plain.reduce((s, x, i) => s + problem.residual(scores[i] as number, labels[i] as number) * x, 0) / a.length;
      return [...row, gradient + own * (weights[j] as number)];
    });
    const step = solve(system);
    step.forEach((value, j) => {
      weights[j] = (weights[j] as number) - value;
    });
    if (Math.max(...step.map(Math.abs)) < 1e-12) break;
  }
  return weights;
}

/** Gauss's elimination of [A | b]. */
function solve(system: number[][]): number[] {
  const n = system.length;
  for (let i = 0; i < n; i++) {
    const pivot = system
      .slice(i)
      .reduce((best, row, k) => (Math.abs(row[i] as number) > Math.abs(system[best]?.[i] as number) ? i + k : best), i);
    [system[i], system[pivot]] = [system[pivot] as number[], system[i] as number[]];
    for (let k = i + 1; k < n; k++) {
      const factor = (system[k]?.[i] as number) / (system[i]?.[i] as number);
      system[k] = (system[k] as number[]).map((value, c) => value - factor * (system[i]?.[c] as number));
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const row = system[i] as number[];
    x[i] =
      ((row[n] as number) - row.slice(i + 1, n).reduce((s, a, k) => s + a * (x[i + 1 + k] as number), 0)) /
      (row[i] as number);
  }
  return x;
}
