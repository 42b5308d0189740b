import { nodeCrypto } from "../../../node/crypto.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { Transport, Verdict } from "../../../protocol/base/seams.ts";
import { createCrowd, identityOf } from "../../support/crowd.ts";
import { createHostile } from "../../support/hostile.ts";
import type { HostileRow } from "./row.ts";

const FIRST_KEY = 10_000;
const PARTS = [2000, 10_000] as const;
const LOOKED_AT = 500;

export const row: HostileRow = {
  id: "M2",
  attack: "announcements of 10,000 fresh keys, at 1,000 a second of virtual time, brought by one neighbour",
  before: "1.4 ms each at 2,000 authors, 7.6 ms at 10,000",
  async measure() {
    const crowd = createCrowd({ proofs: false });
    let hear: (from: string, body: Uint8Array) => Verdict = () => ({ verdict: "ignore" });
    const wrapTransport = (transport: Transport): Transport => ({
      ...transport,
      onAnnounce(topic, handler) {
        if (topic.includes("announce")) hear = handler;
        transport.onAnnounce(topic, handler);
      },
    });
    for (let i = 0; i < 4; i++) await crowd.join(i, i === 0 ? { wrapTransport } : {});
    await crowd.run(5000);
    const { peerId } = crowd.joinHostile(99);
    const told: string[] = [];
    let [accepted, sumMs] = [0, 0];
    for (let n = 0; n < PARTS[1]; n++) {
      const sealed = strangersWord(n, crowd);
      const startedMs = performance.now();
      if (hear(peerId, sealed).verdict === "accept") accepted++;
      sumMs += performance.now() - startedMs;
      if (n % 10 === 9) await crowd.run(10);
      if ((n + 1) % LOOKED_AT === 0 && PARTS.some((part) => part === n + 1))
        told.push(`${(sumMs / LOOKED_AT).toFixed(3)} ms each at ${n + 1}`);
      if ((n + 1) % LOOKED_AT === 0) sumMs = 0;
    }
    return `${told.join(", ")}; ${accepted} looked at, at most ${LIMITS.maxIdentities.near} kept`;
  },
};

/** The first announcement of a key of its own. */
function strangersWord(number: number, { task, world }: ReturnType<typeof createCrowd>): Uint8Array {
  const identity = identityOf(FIRST_KEY + number);
  const transport = world.network.join(identity.peerId);
  const sealed = createHostile({ transport, identity, crypto: nodeCrypto, task }).prepare();
  world.network.leave(identity.peerId);
  return sealed;
}
