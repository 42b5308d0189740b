/** H2: forks of throw-away keys, so many that evidence against a real liar finds no room. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { taskNames } from "../../../protocol/wire/messages.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { blobTask } from "../../support/blobs.ts";
import { contentOf, createCrowd, identityOf } from "../../support/crowd.ts";
import { headOf } from "../../support/forgetful.ts";
import { selfMadeFork } from "../../support/self-made-forks.ts";
import type { HostileRow } from "./row.ts";

const FORKS = 10_000;
const PEERS = 3;
const LIAR = 9;
const task = blobTask({ training: { steps: 2, batch: 8 }, aggregation: { rule: "median" } });
const taskId = nodeCrypto.sha256(encodeTask(task));

export const row: HostileRow = {
  id: "H2",
  attack: "10,000 forks of throw-away keys, then a real liar",
  before: "10 s of the victim's CPU, 10,000 records kept; the real liar is banned by nobody, for ever",
  async measure() {
    const crowd = createCrowd({ task });
    for (let n = 0; n < PEERS; n++) await crowd.join(n);
    const liar = await crowd.join(LIAR);
    await crowd.run(5_100);
    const forks = Array.from({ length: FORKS }, (_, n) => selfMadeFork(n, taskId));
    const stranger = crowd.joinTransport(identityOf(60).peerId);
    const startedUs = process.cpuUsage();
    for (const fork of forks) await stranger.announce(taskNames(taskId).evidence, fork);
    await crowd.run(2_000);
    const { user, system } = process.cpuUsage(startedUs);
    const store = createMemoryStore();
    await store.write((await contentOf(liar.store)).map(([key, value]) => ({ key, value })));
    liar.kill();
    for (let head = 0; head < 2; head++) {
      crowd.world.network.leave(liar.peerId);
      const copy = createMemoryStore();
      await copy.write((await contentOf(store)).map(([key, value]) => ({ key, value })));
      const running = await crowd.join(LIAR, await headOf(copy, liar.identity, taskId));
      await crowd.run(3_000);
      running.kill();
    }
    const honest = crowd.members.slice(0, PEERS);
    const held = await Promise.all(honest.map((member) => member.store.get(`evidence/${liar.peerId}`)));
    const kept = honest.map(({ peer }) => peer.status().accountability?.banned ?? 0);
    const seconds = (user + system) / 1e6 / PEERS;
    return `${seconds.toFixed(1)} s of CPU a peer, at most ${Math.max(...kept)} records kept; the liar is banned by ${held.filter(Boolean).length} of ${PEERS}`;
  },
};
