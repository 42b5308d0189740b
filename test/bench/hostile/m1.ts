import { blobs, blobTask } from "../../support/blobs.ts";
import { accuracyOf, createCrowd, mergesOf } from "../../support/crowd.ts";
import type { HostileRow } from "./row.ts";

const SYBIL = 50;

export const row: HostileRow = {
  id: "M1",
  attack:
    "three keys with a false model and age 2^40 come first to a peer that starts; five honest ones 10 s later; virtual time",
  before: "its whole model is theirs, and its age 2^40 for ever",
  async measure() {
    const crowd = createCrowd({ task: blobTask() });
    for (let i = 0; i < 5; i++) await crowd.join(i);
    await crowd.run(30_000);
    const elders = [...crowd.members];
    const late = await crowd.join(20, { holdout: blobs(300, 777) });
    for (const { peerId } of elders) crowd.world.network.disconnect(late.peerId, peerId);
    for (let i = 0; i < 3; i++) {
      const params = new Float32Array(21).map((_, at) => (at === i ? 3.01 : 3));
      await crowd.joinHostile(SYBIL + i).offer({ age: 2 ** 40, params });
    }
    await crowd.run(10_000);
    for (const { peerId } of elders) crowd.world.network.connect(late.peerId, peerId);
    await crowd.run(10_000);
    const [first] = await mergesOf(late);
    const ages = elders.map(({ peer }) => peer.status().age);
    return (
      `first merge: ${first?.rule} of ${first?.parents.length} honest models; age ${late.peer.status().age} ` +
      `(theirs ${Math.min(...ages)} to ${Math.max(...ages)}), accuracy ${(await accuracyOf(late)).toFixed(2)}`
    );
  },
};
