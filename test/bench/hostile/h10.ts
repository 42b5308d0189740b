/** H10: a liar with two heads of one log, told by greetings alone, or with one that lags and doubts that are answered from whichever is asked about. */
import type { PeerId } from "../../../protocol/base/seams.ts";
import { blobTask } from "../../support/blobs.ts";
import { createCrowd, type Member, mergesOf } from "../../support/crowd.ts";
import { joinTwoHeaded } from "../../support/two-headed.ts";
import type { HostileRow } from "./row.ts";

const PEERS = 4;
const CYCLES = 24;
const CYCLE_MS = 1000;
const task = blobTask({ training: { steps: 2, batch: 8 }, aggregation: { rule: "median" } });

async function crowdOf(): Promise<ReturnType<typeof createCrowd>> {
  const crowd = createCrowd({ task, minCycleMs: CYCLE_MS });
  for (let n = 0; n < PEERS; n++) await crowd.join(n);
  return crowd;
}

async function mergedBy(member: Member, liar: PeerId): Promise<number> {
  const parents = (await mergesOf(member)).flatMap(({ parents }) => parents);
  const merged = parents.filter(({ peer, status }) => peer === liar && status !== "invalid");
  return new Set(merged.map(({ model }) => String(model))).size;
}

/** Most models of the liar that one peer merged, and how many peers ban it. */
async function byGreetings(): Promise<{ merged: number; banned: number }> {
  const crowd = await crowdOf();
  const names = crowd.members.map(({ peerId }) => peerId);
  let offers: readonly Uint8Array[] = [];
  const sideOf = (from: PeerId) => (names.indexOf(from) < PEERS / 2 ? 0 : 1);
  const liar = joinTwoHeaded(crowd, 50, task, { headFor: sideOf, greeting: (from) => offers[sideOf(from)] });
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    offers = liar.heads.map((head) => head.prepare());
    for (const name of names) crowd.world.network.disconnect(liar.peerId, name);
    for (const name of names) crowd.world.network.connect(liar.peerId, name);
    await crowd.run(CYCLE_MS);
  }
  const merged = await Promise.all(crowd.members.map((member) => mergedBy(member, liar.peerId)));
  const bans = await Promise.all(crowd.members.map(({ store }) => store.get(`evidence/${liar.peerId}`)));
  return { merged: Math.max(...merged), banned: bans.filter(Boolean).length };
}

/** Most models that one peer merged after it had heard of the other head, and how many peers ban the liar. */
async function byDoubts(): Promise<{ merged: number; banned: number }> {
  const crowd = await crowdOf();
  const headFor = (_: PeerId, seq: number) => (seq % 2 === 1 ? 0 : 1);
  const liar = joinTwoHeaded(crowd, 50, task, { headFor, greeting: () => undefined });
  const lagging: Uint8Array[] = [];
  let before: number[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const odd = liar.heads[0].prepare();
    liar.heads[1].prepare();
    liar.heads[0].prepare();
    lagging.push(liar.heads[1].prepare());
    await liar.announce(odd);
    if (cycle > 6) await liar.announce(lagging.shift() as Uint8Array);
    await crowd.run(CYCLE_MS);
    if (cycle === 7) before = await Promise.all(crowd.members.map((member) => mergedBy(member, liar.peerId)));
  }
  const merged = await Promise.all(crowd.members.map((member) => mergedBy(member, liar.peerId)));
  const bans = await Promise.all(crowd.members.map(({ store }) => store.get(`evidence/${liar.peerId}`)));
  return {
    merged: Math.max(...merged.map((count, i) => count - (before[i] ?? 0))),
    banned: bans.filter(Boolean).length,
  };
}

export const row: HostileRow = {
  id: "H10",
  attack: "two heads of one log, told by greetings only; doubts answered from whichever head they are about",
  before: "by greetings: each of four merged the liar 24 times, nobody banned it; by doubts: 32 of them, no ban",
  async measure() {
    const [greeted, doubted] = [await byGreetings(), await byDoubts()];
    const by = ({ merged, banned }: typeof greeted) => `${merged} models merged, banned by ${banned} of ${PEERS}`;
    return `by greetings: at most ${by(greeted)}; by doubts: ${by(doubted)}, once both heads were heard of`;
  },
};
