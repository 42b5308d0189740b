import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../../node/clock.ts";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { openArchive } from "../../../node/disk/archive.ts";
import { openStore } from "../../../node/disk/store.ts";
import { toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { type Log, openLog } from "../../../protocol/log/stored/chain.ts";
import type { HostileRow } from "./row.ts";

const BODY_BYTES = 64 * 2 ** 20;
const APPENDS = 3000;
const RETENTION = { count: 10, megabytes: 1000, hours: 10, megabytesPerMinute: 1000, inputs: true };

export const row: HostileRow = {
  id: "M3",
  attack: "`prove` of old entries of a log of 6,000; 1 byte of an archived body of 64 MiB, again and again",
  before: "prove 5.7 ms; 1 byte 308 ms, and 64 MiB read",
  async measure() {
    const directory = await mkdtemp(join(tmpdir(), "hearsay-m3-"));
    try {
      return `prove ${(await proveMs(join(directory, "db"))).toFixed(1)} ms; 1 byte ${await byteMs(directory)}`;
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};

async function proveMs(directory: string): Promise<number> {
  const store = await openStore(directory);
  const identity = identityFromSeed(nodeCrypto.sha256(utf8("bench")));
  const taskId = nodeCrypto.sha256(utf8("task"));
  const log = await openLog({ store, identity, crypto: nodeCrypto, clock: wallClock, taskId, agent: "hearsay/bench" });
  const zero = new Uint8Array(32);
  const train = {
    type: "train",
    body: { in: zero, out: zero, steps: 1, age: 1, engine: "dense", privacy: null },
  } as const;
  for (let i = 0; i < APPENDS / 100; i++) await log.append(Array(200).fill(train));
  const ms = await meanMs(100, (i) => proofs(log, 300 + 50 * i));
  await store.close();
  return ms;
}

/** What `prove` answers with. */
async function proofs(log: Log, seq: number): Promise<void> {
  await log.inclusionProof(seq, seq + 1);
  await log.consistencyProof(seq - 100, seq + 1);
}

async function byteMs(directory: string): Promise<string> {
  const body = new Uint8Array(BODY_BYTES).fill(7);
  const hash = nodeCrypto.sha256(body);
  await writeFile(join(directory, toHex(hash)), body);
  const archive = openArchive({ directory, retention: RETENTION, clock: wallClock });
  let verified = 0;
  const read = async () => {
    verified += (await archive.getPart(hash, 12_345, 1))?.verifiedBytes ?? 0;
  };
  const first = await meanMs(1, read);
  const then = await meanMs(100, read);
  await archive.close();
  return `${first.toFixed(0)} ms once, then ${then.toFixed(2)} ms; ${verified / 2 ** 20} MiB read for 101 requests, and paid for`;
}

async function meanMs(times: number, work: (i: number) => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  for (let i = 0; i < times; i++) await work(i);
  return (performance.now() - startedMs) / times;
}
