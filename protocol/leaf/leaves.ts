/**
 * The leaves of a gateway: devices that cannot run a peer, each of which trains on its own data and sends what that changed in one short frame. For the network they
 * are data of the gateway: what they send goes into its trainings (leaf-trainer.ts), and nobody else hears of them.
 *
 * A frame is taken once: its counter has to be above the last one, which is on disk before the frame has any effect.
 */
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto } from "../base/seams.ts";
import type { Radio } from "./duty-cycle.ts";
import { decodeLeafFrame, encodeLeafFrame, leafFrameBytes, leafOf } from "./frames.ts";

/** What is kept of an enrolled leaf. */
export interface LeafRecord {
  /** 32 bytes that the leaf has too. */
  readonly key: Uint8Array;
  /** Counters of the newest frames: of the leaf, and to it. */
  readonly heard: number;
  readonly told: number;
  /** Answers that it should have had, and for which the radio had to be silent. */
  readonly withheld: number;
}

/** Where records of leaves are: on the disk of a gateway, or in memory. */
export interface LeafRecords {
  /** Undefined for a leaf that is not enrolled. */
  get(leaf: number): Promise<LeafRecord | undefined>;
  /** On disk when it resolves. */
  count(leaf: number, counters: Pick<LeafRecord, "heard" | "told" | "withheld">): Promise<void>;
  /** How many are enrolled. */
  size(): Promise<number>;
}

export interface Leaves {
  /**
   * Takes the update of a leaf; resolves to the frame that is to be sent back, where the leaf has an older model than this gateway, and the radio may send.
   * @param spreadingFactor at which the leaf listens; that of the radio's settings where left out.
   * @throws HearsayError ERR_NOT_FOUND for a leaf that is not enrolled, ERR_DECODE, ERR_SIGNATURE, ERR_REPLAYED.
   */
  receive(frame: Uint8Array, spreadingFactor?: number): Promise<Uint8Array | undefined>;
  /** The model that leaves are to go on from. */
  offer(params: Float32Array): void;
  /** The newest model of each leaf that sent one since they were taken last, sorted by their numbers; none where fewer than three, or all of fewer, are there. */
  take(): Promise<readonly Float32Array[]>;
}

export interface LeavesOptions {
  readonly task: Uint8Array;
  /** Length of the parameter vector. */
  readonly params: number;
}

export interface LeavesComponents {
  readonly records: LeafRecords;
  readonly crypto: Pick<Crypto, "sha256">;
  /** What sends the answers; one that may always send where left out. */
  readonly radio?: Radio;
}

/** A median of fewer is none. */
const QUORUM = 3;

/** Models that leaves may still be training on. */
const ROUNDS_KEPT = 8;

/** What the functions of this file share. */
interface Book extends LeavesOptions, LeavesComponents {
  readonly rounds: Map<number, Float32Array>;
  readonly models: Map<number, Float32Array>;
  round: number;
  /** Frames are taken one after the other, so that of two with one counter the second finds the first counted. */
  turn: Promise<unknown>;
}

/** @throws HearsayError ERR_TASK for a model whose frames would be too long. */
export function createLeaves(components: LeavesComponents, { task, params }: LeavesOptions): Leaves {
  if (params > LIMITS.maxLeafParams)
    throw new HearsayError(
      "ERR_TASK",
      `a leaf takes models of at most ${LIMITS.maxLeafParams} parameters, and this one has ${params}: take a smaller model`,
    );
  const empty = { rounds: new Map(), models: new Map(), round: 0, turn: Promise.resolve() };
  const book: Book = { ...components, task, params, ...empty };
  return {
    receive(frame, spreadingFactor) {
      const taken = book.turn.then(() => receive(book, frame, spreadingFactor));
      book.turn = taken.catch(() => {}); // its bringer has the error
      return taken;
    },
    offer(model) {
      book.round = (book.round % 0xffff) + 1;
      book.rounds.set(book.round, model);
      for (const old of book.rounds.keys()) if (book.rounds.size > ROUNDS_KEPT) book.rounds.delete(old);
    },
    async take() {
      if (book.models.size < Math.min(QUORUM, await components.records.size())) return [];
      const models = [...book.models].sort(([a], [b]) => a - b).map(([, model]) => model);
      book.models.clear();
      return models;
    },
  };
}

async function receive(book: Book, frame: Uint8Array, spreadingFactor?: number): Promise<Uint8Array | undefined> {
  const { records, crypto, radio, task, params, rounds, models } = book;
  const leaf = leafOf(frame);
  const record = leaf === undefined ? undefined : await records.get(leaf);
  if (leaf === undefined || record === undefined)
    throw new HearsayError("ERR_NOT_FOUND", leaf === undefined ? "no frame of a leaf" : `leaf ${leaf} is not enrolled`);
  const { key } = record;
  const { counter, round, values } = decodeLeafFrame("update", frame, params, { key, task }, crypto);
  if (counter <= record.heard)
    throw new HearsayError("ERR_REPLAYED", `frame ${counter} of leaf ${leaf} again, or after ${record.heard}`);
  const isNews = book.round !== 0 && round !== book.round;
  const isTold = isNews && (radio?.take(leafFrameBytes("model", params), spreadingFactor) ?? true); // else the leaf asks again with its next frame
  const told = isTold ? record.told + 1 : record.told;
  const withheld = isNews && !isTold ? record.withheld + 1 : record.withheld;
  await records.count(leaf, { heard: counter, told, withheld });
  const base = rounds.get(round);
  if (base !== undefined)
    models.set(
      leaf,
      base.map((value, i) => value + (values[i] as number)),
    );
  const newest = rounds.get(book.round);
  if (!isTold || newest === undefined) return undefined;
  return encodeLeafFrame("model", { leaf, counter: told, round: book.round, values: newest }, { key, task }, crypto);
}

/** Whether both frames of a model fit into one of LoRa. */
export function fitsLeaf(params: number): boolean {
  return leafFrameBytes("model", params) <= LIMITS.maxLeafFrameBytes;
}
