/**
 * The exported logs in test/fixtures, which must verify for ever. `node test/support/log-fixtures.ts` writes them again; a test holds the files
 * against what this code makes, byte by byte, so that a change of a format cannot pass unseen. Made on 2026-11-29. Those
 * that version 1 of this code made, on 2026-11-24, are in test/fixtures/v1, and log-v1.jsonl is of 2026-11-20.
 *
 *     log-whole.jsonl, log-whole.car    60 entries of every type, generation 1, ended for another key, with a cosigned checkpoint; the CAR with bodies
 *     log-fork-a.jsonl, -b.car    two histories that one key signed; they part after entry 7
 *     log-evidence.jsonl          a log in a file with evidence of that fork
 *     log-cohort.jsonl            a training, and a mean of three with the word of its cohort
 *     log-strangers.jsonl         log-fork-a with lines of strangers below its cosigned checkpoint, of which one holds: a forged name, a time
 *                                 of 2^52 seconds, a name that is no peer, a second line of one cosigner
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { utf8 } from "../../protocol/base/bytes.ts";
import type { Clock, Identity, Store } from "../../protocol/base/seams.ts";
import { COHORT, encodeCertificate, signResult } from "../../protocol/cohort/certificate.ts";
import type { Entry } from "../../protocol/log/entry/entry.ts";
import { encodeEvidence } from "../../protocol/log/entry/evidence.ts";
import { succeededBy } from "../../protocol/log/entry/succession.ts";
import { type LogSource, openStoredExport } from "../../protocol/log/export/stored-export.ts";
import { type Draft, type Log, openLog } from "../../protocol/log/stored/chain.ts";
import { checkpointFrom, cosign, formatCheckpoint, readCheckpoint } from "../../protocol/log/tree/checkpoint.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";
import { carOf, jsonlOf } from "../protocol/log/export/support.ts";
import { AS_TRAINED } from "./publications.ts";

export const FIXTURES: URL = new URL("../fixtures/", import.meta.url);

const WRITER = identityFromSeed(filled(1));
const SUCCESSOR = identityFromSeed(filled(2));
const WITNESSES: readonly Identity[] = [identityFromSeed(filled(3)), identityFromSeed(filled(4))];
const MANIFEST = utf8("stands for the task manifest");
const TASK = nodeCrypto.sha256(MANIFEST);
const BODIES: readonly Uint8Array[] = [utf8("stands for a model body"), utf8("stands for another")];
const START_MS = 1_790_000_040_000;

/** Name and bytes of every fixture. */
export async function logFixtures(): Promise<[name: string, bytes: Uint8Array][]> {
  const whole = await wholeLog();
  const [a, b] = [await forkedLog(1), await forkedLog(2)];
  const accused = await openStoredExport(a.store, nodeCrypto);
  const evidence = encodeEvidence({
    kind: "fork",
    publicKey: WRITER.publicKey,
    task: TASK,
    generation: 0,
    statements: [a, b].map(({ parted }) => ({ what: "entry", bytes: parted.signed })),
  });
  return [
    ["log-whole.jsonl", await jsonlOf(whole)],
    ["log-whole.car", await carOf(whole, [MANIFEST, ...BODIES])],
    ["log-fork-a.jsonl", await jsonlOf(accused)],
    ["log-fork-b.car", await carOf(await openStoredExport(b.store, nodeCrypto))],
    ["log-evidence.jsonl", await jsonlOf({ ...accused, header: { ...accused.header, evidence: [evidence] } })],
    ["log-strangers.jsonl", await jsonlOf(withStrangers(accused))],
    ["log-cohort.jsonl", await jsonlOf(await cohortLog())],
  ];
}

async function wholeLog(): Promise<LogSource> {
  const store = createMemoryStore();
  const clock = { nowMs: START_MS, now: () => clock.nowMs, monotonicMs: () => clock.nowMs, after: () => () => {} };
  const log = await open(store, clock);
  await log.append([
    { type: "train", body: { in: filled(10), out: filled(11), steps: 10, age: 10, engine: "dense", privacy: null } },
  ]);
  await log.startGeneration(1, filled(12));
  for (let cycle = 0; log.head().size < 56; cycle++) {
    clock.nowMs += 61_000;
    await log.append(cycleOf(cycle));
  }
  await log.keepCosigned(await cosigned(log));
  await log.append([{ type: "resume", body: { params: filled(13), age: 300 } }]);
  const ending = { logId: log.logId, publicKey: WRITER.publicKey };
  while (log.head().size < 59) await log.append([{ type: "resume", body: { params: filled(14), age: 300 } }]);
  await log.append([{ type: "end", body: succeededBy(SUCCESSOR, ending) }]);
  return openStoredExport(store, nodeCrypto);
}

/** Of the member that convened. */
async function cohortLog(): Promise<LogSource> {
  const store = createMemoryStore();
  const log = await open(store, { now: () => START_MS, monotonicMs: () => START_MS, after: () => () => {} });
  const [body] = BODIES as [Uint8Array];
  const model = nodeCrypto.sha256(body);
  const result = { task: TASK, session: filled(17), model, age: 10, survivors: 3 };
  const members = [WRITER, ...WITNESSES].map((one) => ({
    publicKey: one.publicKey,
    signature: signResult(result, one),
  }));
  const cohort = encodeCertificate(result.session, result.survivors, members);
  const train = { in: filled(10), out: filled(11), steps: 10, age: 10, engine: "dense", privacy: null };
  const published = { model, age: 10, bytes: body.length, codec: "f32", ...AS_TRAINED, trained: filled(18) };
  await log.append([
    { type: "train", body: train },
    { type: "publish", body: { ...published, mechanism: COHORT, mass: members.length, cohort } },
  ]);
  return openStoredExport(store, nodeCrypto);
}

/** With a cosigned checkpoint below which others wrote what they liked. */
function withStrangers(source: LogSource): LogSource {
  const note = source.header.checkpoint as string;
  const [first, second] = WITNESSES as readonly [Identity, Identity];
  const line = (witness: Identity, seconds: number) => cosign(readCheckpoint(note), witness, seconds, nodeCrypto);
  const lines = [
    line(first, START_MS / 1000).replace(first.peerId, SUCCESSOR.peerId),
    line(second, 2 ** 52),
    line(first, START_MS / 1000),
    line(first, 7),
    `\u2014 example.org/witness ${Buffer.alloc(72, 1).toString("base64")}\n`,
  ];
  return { ...source, header: { ...source.header, cosigned: note + lines.join("") } };
}

/** Train and publish, and in every other cycle an aggregate before: integers of every length, everything optional both ways. */
function cycleOf(cycle: number): Draft[] {
  const age = [23, 255, 65_535, 2 ** 32, Number.MAX_SAFE_INTEGER][cycle % 5] as number;
  const body = BODIES[cycle % 7 === 0 ? 0 : 1] as Uint8Array;
  const [own, out] = [filled(20 + cycle), filled(21 + cycle)];
  const train = { in: own, out, steps: 10, age, engine: "dense", privacy: null };
  const publish = { model: nodeCrypto.sha256(body), age, bytes: body.length, codec: "f32", ...AS_TRAINED };
  const merged: Draft = {
    type: "aggregate",
    body: {
      own,
      base: cycle % 4 === 0 ? null : filled(19),
      out,
      rule: "guarded-median",
      age,
      parents: [
        [filled(0x11), filled(0x21), 200, 65_536, "used"],
        [filled(0x12), filled(0x22), age, 40_000, "clipped"],
        [filled(0x13), filled(0x21), 2 ** 40, 0, "duplicate"],
        [filled(0x14), filled(0x24), 7, 52_429, "removed"],
        [filled(0x15), filled(0x25), Number.MAX_SAFE_INTEGER, 0, "invalid"],
      ],
    },
  };
  return [...(cycle % 2 === 0 ? [merged] : []), { type: "train", body: train }, { type: "publish", body: publish }];
}

/** A log of 16 entries that is the same up to entry 7, and then as `side` has it. */
async function forkedLog(side: number): Promise<{ store: Store; parted: Entry }> {
  const store = createMemoryStore();
  const log = await open(store, { now: () => START_MS, monotonicMs: () => START_MS, after: () => () => {} });
  const resume = (n: number): Draft => ({ type: "resume", body: { params: filled(n), age: n } });
  await log.append([1, 2, 3, 4, 5, 6, 7].map(resume));
  const publish: Draft = { type: "publish", body: { model: filled(9), age: 9, bytes: 9, codec: "f32", ...AS_TRAINED } };
  const [parted] = await log.append([...[side, 8, 9, 10, 11, 12, 13].map(resume), publish]);
  return { store, parted: parted as Entry };
}

async function cosigned(log: Log) {
  const { signature, ...state } = log.state();
  const own = checkpointFrom(state, WRITER.publicKey, signature, nodeCrypto);
  const lines = WITNESSES.map((witness, i) => cosign(own, witness, START_MS / 1000 + i, nodeCrypto));
  return readCheckpoint(formatCheckpoint(own) + lines.join(""));
}

function open(store: Store, clock: Clock): Promise<Log> {
  const agent = "hearsay-test/2";
  return openLog({ store, clock, identity: WRITER, crypto: nodeCrypto, taskId: TASK, agent });
}

function filled(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, bytes] of await logFixtures()) {
    const path = new URL(name, FIXTURES);
    const before = await readFile(path).catch(() => undefined);
    if (before?.equals(bytes) !== true) await writeFile(path, bytes);
    process.stdout.write(`${name}: ${bytes.length} bytes${before?.equals(bytes) === true ? ", as it was" : ""}\n`);
  }
}
