/** Vectors of a log: entries of every type with every optional field, their ids, signatures, tree and checkpoints. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { succeededBy } from "../../../protocol/log/entry/succession.ts";
import { type Draft, type Log, openLog } from "../../../protocol/log/stored/chain.ts";
import { checkpointFrom, formatCheckpoint } from "../../../protocol/log/tree/checkpoint.ts";
import { signIn } from "../../../protocol/wire/envelope.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { AS_TRAINED } from "../publications.ts";
import { filled, MINUTE, SUCCESSOR, TASK_ID, WRITER } from "./people.ts";

/** Of some log: whose own model it is about is the audit's affair. */
const LOT = signIn("lot", filled(0x13), WRITER);

/** Without and with what may be left out. */
const DRAFTS: readonly Draft[] = [
  { type: "train", body: { in: filled(0x10), out: filled(0x11), steps: 10, age: 10, engine: "dense", privacy: null } },
  { type: "publish", body: { model: filled(0x12), age: 10, bytes: 464, codec: "f32", ...AS_TRAINED } },
  {
    type: "aggregate",
    body: { own: filled(0x11), base: null, out: filled(0x13), rule: "catch-up", age: 2 ** 48, parents: [] },
  },
  {
    type: "aggregate",
    body: {
      own: filled(0x11),
      base: filled(0x10),
      out: filled(0x13),
      rule: "guarded-median",
      age: 10,
      parents: [
        [filled(0x21), filled(0x31), 10, 65_536, "used"],
        [filled(0x22), filled(0x32), 10, 52_429, "clipped"],
        [filled(0x23), filled(0x31), 10, 0, "duplicate"],
        [filled(0x24), filled(0x33), 0, 0, "removed"],
        [filled(0x25), filled(0x34), 10, 0, "invalid"],
      ],
    },
  },
  {
    type: "aggregate",
    body: {
      own: filled(0x13),
      base: filled(0x10),
      out: filled(0x14),
      rule: "bucketing+median",
      age: 10,
      parents: [],
      lot: LOT,
    },
  },
  {
    type: "aggregate",
    body: {
      own: filled(0x14),
      base: filled(0x10),
      out: filled(0x16),
      rule: "guarded-median",
      age: 10,
      parents: [
        [filled(0x21), filled(0x31), 10, 65_536, "used"],
        [filled(0x22), filled(0x35), 10, 65_536, "used"],
        [filled(0x23), filled(0x36), 9, 52_429, "clipped"],
      ],
      outside: [0, 2], // of three parents the first and the last spoke for other places
    },
  },
  { type: "resume", body: { params: filled(0x13), age: 10 } },
  {
    type: "train",
    body: {
      ...{ in: filled(0x13), out: filled(0x15), steps: 1, age: 11, engine: "dense", privacy: null },
      moved: [filled(0x10), filled(0x11)],
    },
  },
];

export async function logVectors(): Promise<object> {
  const clock = { now: () => MINUTE, monotonicMs: () => MINUTE, after: () => () => {} };
  const log = await openLog({
    store: createMemoryStore(),
    clock,
    identity: WRITER,
    crypto: nodeCrypto,
    taskId: TASK_ID,
    agent: "hearsay/0.1.0",
  });
  const first = await written(log, []);
  await log.startGeneration(1, filled(0x14));
  const end: Draft = { type: "end", body: succeededBy(SUCCESSOR, { logId: log.logId, publicKey: WRITER.publicKey }) };
  const second = await written(log, [end]);
  return { publicKey: toHex(WRITER.publicKey), task: toHex(TASK_ID), first, second };
}

/** Appends the drafts and more; what the log then shows. */
async function written(log: Log, more: readonly Draft[]) {
  await log.append([...DRAFTS, ...more]);
  const entries = [];
  for await (const { type, seq, id, signed } of log.entries(0))
    entries.push({ seq, type, signed: toHex(signed), id: toHex(id) });
  const { signature, ...state } = log.state();
  const note = formatCheckpoint(checkpointFrom(state, WRITER.publicKey, signature, nodeCrypto));
  return {
    generation: log.generation,
    logId: toHex(log.logId),
    entries,
    size: state.size,
    root: toHex(state.root),
    note,
  };
}
