/**
 * Random bad days, in virtual time: peers that crash, start again, go offline, are restored from old backups, copied to other machines, set back with
 * their whole machine, and whose clocks jump. None of that is a lie, so nobody may be banned. In every other schedule there is a liar beside them,
 * which goes on twice from one store: that one has to be.
 */
import { nodeCrypto } from "../../node/crypto.ts";
import { createRng, type Rng } from "../../protocol/base/rng.ts";
import type { Clock, Store } from "../../protocol/base/seams.ts";
import type { StorePlace } from "../../protocol/peer/modules.ts";
import { encodeTask } from "../../protocol/task/manifest.ts";
import type { SimulatedPeer } from "../../sim/run/world.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";
import { blobTask } from "./blobs.ts";
import { type Crowd, contentOf, createCrowd, identityOf } from "./crowd.ts";
import { headOf } from "./forgetful.ts";

export interface ScheduleResult {
  /** Honest keys against which somebody holds evidence, or that ended themselves. */
  readonly honestBanned: number;
  /** Undefined where there was no liar; else the honest peers that ban it, of those that are there. */
  readonly liar?: { readonly bannedBy: number; readonly of: number };
  /** Generations that honest peers began. */
  readonly generations: number;
  /** Merges of honest peers after the last event. */
  readonly merges: number;
  /** What happened, for who looks into a failure. */
  readonly story: readonly string[];
}

const HONEST = 5;
const LIAR = 9;
const BAD_DAYS_MS = 30_000;
const GOOD_DAYS_MS = 8_000;
const START_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

const task = blobTask({ training: { steps: 2, batch: 8 }, aggregation: { rule: "median", quorum: 1 } });
const taskId = nodeCrypto.sha256(encodeTask(task));

/** One honest peer over all its starts. */
interface Owner {
  readonly number: number;
  readonly clock: Clock & { offsetMs: number };
  store: Store;
  readonly backups: Store[];
  running: SimulatedPeer | undefined;
  online: boolean;
}

interface Day {
  readonly crowd: Crowd;
  readonly rng: Rng;
  readonly owners: readonly Owner[];
  readonly story: string[];
  generations: number;
}

export async function runSchedule(seed: number): Promise<ScheduleResult> {
  const crowd = createCrowd({ task, seed, trainMs: 100, tells: seed % 4 < 2 }); // half of them by briefs
  const rng = createRng(`schedule/${seed}`);
  const owners = Array.from({ length: HONEST }, (_, number) => ownerOf(crowd, number));
  const day: Day = { crowd, rng, owners, story: [], generations: 0 };
  for (const owner of owners) await start(day, owner, { moved: false, changes: [] });
  const liar = seed % 2 === 1 ? await crowd.join(LIAR) : undefined;
  await crowd.run(4_000);
  let fork = liar === undefined ? undefined : rng.below(BAD_DAYS_MS - 12_000);
  for (const endMs = crowd.world.clock.now() + BAD_DAYS_MS; crowd.world.clock.now() < endMs; ) {
    await happen(day, owners[rng.below(HONEST)] as Owner);
    await crowd.run(200 + rng.below(2_500));
    if (liar === undefined || fork === undefined || crowd.world.clock.now() < fork) continue;
    fork = undefined;
    await forkOf(day, liar);
  }
  for (const owner of owners) await recover(day, owner);
  await crowd.run(GOOD_DAYS_MS);
  return resultOf(day, liar?.peerId);
}

function ownerOf(crowd: Crowd, number: number): Owner {
  const { clock: world } = crowd.world;
  const clock = { ...world, offsetMs: START_MS, now: () => world.now() + clock.offsetMs };
  return { number, clock, store: createMemoryStore(), backups: [], running: undefined, online: true };
}

/** One of the things that happen to owners of devices. */
async function happen(day: Day, owner: Owner): Promise<void> {
  const { rng } = day;
  const events: Record<string, () => Promise<void> | void> = {
    crash: () => stop(day, owner),
    restart: () => restart(day, owner, owner.store, false),
    backup: async () => void owner.backups.push(await copyOf(owner.store)),
    restore: async () => restart(day, owner, await oldOne(rng, owner), true),
    copy: async () => restart(day, owner, await copyOf(owner.store), true),
    "restore without a word": async () => restart(day, owner, await oldOne(rng, owner), undefined),
    "set back": async () => restart(day, owner, await oldOne(rng, owner), false),
    offline: () => disconnect(day, owner),
    online: () => connect(day, owner),
    "clock step": () => {
      owner.clock.offsetMs += (rng.below(13) - 6) * HOUR_MS;
    },
  };
  const names = Object.keys(events);
  const name = names[rng.below(names.length)] as string;
  day.story.push(`${day.crowd.world.clock.now()} ${owner.number} ${name}${owner.online ? "" : " (offline)"}`);
  await events[name]?.();
}

async function oldOne(rng: Rng, { backups, store }: Owner): Promise<Store> {
  return copyOf(backups[rng.below(backups.length || 1)] ?? store);
}

async function copyOf(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  await copy.write((await contentOf(store)).map(([key, value]) => ({ key, value })));
  return copy;
}

/** On a store as it is at its own place, or not, or nobody can tell. */
async function restart(day: Day, owner: Owner, store: Store, moved: boolean | undefined): Promise<void> {
  await stop(day, owner);
  owner.store = store;
  if (day.rng.below(3) === 0) await day.crowd.run(day.rng.below(4_000)); // others go on meanwhile
  await start(day, owner, moved === undefined ? undefined : { moved, changes: [] });
}

async function start(day: Day, owner: Owner, place: StorePlace | undefined): Promise<void> {
  const { crowd } = day;
  const joined = await crowd.join(owner.number, {
    store: owner.store,
    clock: owner.clock,
    ...(place && { place }),
    observe({ kind }) {
      if (kind === "generation") day.generations++;
    },
  });
  owner.running = joined;
  if (!owner.online) disconnect(day, owner);
  for (const other of day.owners) if (!other.online) disconnect(day, other);
}

async function stop({ crowd }: Day, owner: Owner): Promise<void> {
  owner.running?.kill();
  crowd.world.network.leave(identityOf(owner.number).peerId);
  owner.running = undefined;
}

function everybody({ owners }: Day): string[] {
  return [...owners.map(({ number }) => number), LIAR].map((number) => identityOf(number).peerId);
}

function disconnect(day: Day, owner: Owner): void {
  owner.online = false;
  for (const other of everybody(day)) day.crowd.world.network.disconnect(identityOf(owner.number).peerId, other);
}

function connect(day: Day, owner: Owner): void {
  owner.online = true;
  const here = day.owners.filter(({ online }) => online).map(({ number }) => identityOf(number).peerId);
  for (const other of [...here, identityOf(LIAR).peerId])
    day.crowd.world.network.connect(identityOf(owner.number).peerId, other);
}

async function recover(day: Day, owner: Owner): Promise<void> {
  if (owner.running === undefined) await start(day, owner, { moved: false, changes: [] });
  connect(day, owner);
}

/** The liar goes on from one store twice, one head after the other. */
async function forkOf(day: Day, liar: SimulatedPeer): Promise<void> {
  const { crowd } = day;
  const identity = identityOf(LIAR);
  day.story.push(`${crowd.world.clock.now()} the liar forks`);
  const store = await copyOf(liar.store);
  let before = liar;
  for (let head = 0; head < 2; head++) {
    before.kill();
    crowd.world.network.leave(identity.peerId);
    before = await crowd.join(LIAR, await headOf(await copyOf(store), identity, taskId));
    for (const owner of day.owners) if (!owner.online) disconnect(day, owner);
    await crowd.run(5_000);
  }
}

async function resultOf({ owners, story, generations }: Day, liar: string | undefined): Promise<ScheduleResult> {
  const honest = owners.map(({ number }) => identityOf(number).peerId);
  const isHeld = async (owner: Owner, peer: string) => (await owner.store.get(`evidence/${peer}`)) !== undefined;
  let honestBanned = 0;
  for (const peer of honest)
    if ((await Promise.all(owners.map((owner) => isHeld(owner, peer)))).some(Boolean)) honestBanned++;
  const merges = owners.reduce((sum, { running }) => sum + (running?.peer.status().counters.merges ?? 0), 0);
  if (liar === undefined) return { honestBanned, generations, merges, story };
  const bans = await Promise.all(owners.map((owner) => isHeld(owner, liar)));
  return { honestBanned, liar: { bannedBy: bans.filter(Boolean).length, of: HONEST }, generations, merges, story };
}

/** Sums over schedules 0 .. count - 1. */
export async function runSchedules(count: number): Promise<{
  readonly honestBanned: number;
  readonly liars: number;
  readonly liarsFound: number;
  readonly failures: readonly string[];
}> {
  const failures: string[] = [];
  let [honestBanned, liars, liarsFound] = [0, 0, 0];
  for (let seed = 0; seed < count; seed++) {
    const { liar, story, ...result } = await runSchedule(seed);
    honestBanned += result.honestBanned;
    if (result.honestBanned > 0) failures.push(`schedule ${seed}: an honest key was banned\n${story.join("\n")}`);
    if (liar === undefined) continue;
    liars++;
    if (liar.bannedBy === liar.of) liarsFound++;
    else failures.push(`schedule ${seed}: ${liar.bannedBy} of ${liar.of} banned the liar\n${story.join("\n")}`);
  }
  return { honestBanned, liars, liarsFound, failures };
}
