/**
 * Hostile peers on real libp2p meet a real process: whatever they offer is refused with its code, shows in `status --json`, and is
 * never merged; the peer lives on, and goes on merging with the honest one.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { toHex } from "../../protocol/base/bytes.ts";
import { numParams } from "../../protocol/base/task.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { decodeAnnouncement } from "../../protocol/wire/announcement.ts";
import { createHostile, type Hostile, type Offer } from "../support/hostile.ts";
import { createLab, type Lab, type PeerProcess, until } from "../support/process.ts";
import { createOutsider, type Outsider } from "../support/process-outsider.ts";

const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  model: { kind: "softmax" },
  aggregation: { rule: "median", inboxSize: 8, quorum: 1 },
};
const TASK = parseTask(SOURCE);
const PARAMS = numParams(TASK);

interface Attack {
  readonly name: string;
  readonly code: string;
  readonly offer: (hostile: Hostile) => Offer;
}

const filled = (value: number) => new Float32Array(PARAMS).fill(value);
const NaNs = (at: number) => filled(0).map((value, i) => (i === at ? Number.NaN : value));

/** Each from an identity of its own, as its greeting: pulled and refused once. */
const ATTACKS: readonly Attack[] = [
  { name: "a NaN", code: "ERR_MODEL_NOT_FINITE", offer: () => ({ params: NaNs(PARAMS - 1) }) },
  { name: "an infinity", code: "ERR_MODEL_NOT_FINITE", offer: () => ({ params: filled(Number.NEGATIVE_INFINITY) }) },
  { name: "an absurd norm", code: "ERR_MODEL_NORM", offer: () => ({ params: filled(1e18) }) },
  {
    name: "another shape",
    code: "ERR_MODEL_SHAPE",
    offer: ({ codec }) => {
      const body = codec.encode(filled(0));
      body[20] = (body[20] as number) ^ 1; // inside the header that names tensors and shapes
      return { body };
    },
  },
  {
    name: "another hash",
    code: "ERR_MODEL_HASH",
    offer: () => ({ params: filled(0.25), hash: new Uint8Array(32).fill(7) }),
  },
  {
    name: "another size in the announcement",
    code: "ERR_MODEL_SIZE",
    offer: ({ codec }) => ({ bytes: codec.maxBytes - 4 }),
  },
  { name: "an oversized announcement", code: "ERR_MODEL_SIZE", offer: () => ({ bytes: 2 ** 40 }) },
  {
    name: "more bytes than announced",
    code: "ERR_TOO_LARGE",
    offer: () => ({ answer: ({ chunk }) => ({ total: 2 ** 30, chunk }) }),
  },
  {
    name: "a truncated body",
    code: "ERR_MODEL_SIZE",
    offer: () => ({ answer: ({ total, chunk }) => ({ total, chunk: chunk.subarray(0, -8) }) }),
  },
  {
    name: "an answer that is no message",
    code: "ERR_DECODE",
    offer: () => ({ answer: () => new Uint8Array(1000).fill(0x9f) }),
  },
  {
    name: "a forged signature",
    code: "ERR_SIGNATURE",
    offer: () => ({ signer: { peerId: "", publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) } }),
  },
];

describe("a peer among hostile ones", () => {
  let lab: Lab;
  let victim: PeerProcess;
  let honest: PeerProcess;
  let address: string;
  const outsiders: Outsider[] = [];

  before(async () => {
    lab = await createLab("hostile");
    const task = await lab.writeTask("task.yaml", SOURCE);
    const start = (name: string, share: string, bootstrap: string[]) =>
      lab.startPeer({ name, task, bootstrap, minCycleMs: 200, args: ["--dataset", "digits", "--share", share] });
    victim = start("victim", "1/2", []);
    address = await victim.address();
    honest = start("honest", "2/2", [address]);
    await victim.waitFor("a merge with the honest one", ({ counters }) => counters.merges > 0);
  });
  after(async () => {
    await Promise.all(outsiders.map((outsider) => outsider.stop()));
    await lab?.close();
  });

  async function createAttacker(): Promise<{ hostile: Hostile; outsider: Outsider }> {
    const outsider = await createOutsider(lab.path(`key-${outsiders.length}`));
    outsiders.push(outsider);
    return { hostile: createHostile({ ...outsider, task: TASK }), outsider };
  }

  async function refused(code: string): Promise<number> {
    return (await victim.status()).counters.refused[code] ?? 0;
  }

  for (const { name, code, offer } of ATTACKS) {
    it(`refuses ${name} with ${code}`, async () => {
      const { hostile, outsider } = await createAttacker();
      const before = await refused(code);
      hostile.prepare(offer(hostile));
      await outsider.dial(address);
      await victim.waitFor(code, ({ counters }) => (counters.refused[code] ?? 0) > before);
    });
  }

  it("refuses what comes by gossip as well", async () => {
    const { hostile, outsider } = await createAttacker();
    await outsider.dial(address);
    const before = await refused("ERR_MODEL_NOT_FINITE");
    await until("a refusal", async () => {
      await hostile.offer({ params: filled(Number.NaN) }); // nobody hears the first ones: subscriptions are on their way
      return (await refused("ERR_MODEL_NOT_FINITE")) > before || undefined;
    });
    const garbled = await refused("ERR_DECODE");
    await until("a refusal of garbage", async () => {
      await hostile.announce(crypto.getRandomValues(new Uint8Array(200)));
      return (await refused("ERR_DECODE")) > garbled || undefined;
    });
    await until("it hears the honest ones", () => hostile.heard.length > 0 || undefined);
  });

  it("refuses a replay, its author's own and another's", async () => {
    const { hostile, outsider } = await createAttacker();
    const sealed = hostile.prepare({ params: filled(Number.NaN) });
    hostile.greetWith(sealed);
    const invalid = await refused("ERR_MODEL_NOT_FINITE");
    await outsider.dial(address);
    await until("the first refusal", async () => (await refused("ERR_MODEL_NOT_FINITE")) > invalid || undefined);
    await replay(outsider);

    const { peerId, cycle } = await honest.status();
    await outsider.dial(await honest.address()); // an author tells its neighbours; others pass on few of its announcements
    const theirs = await until("an announcement of the honest one", () =>
      outsider.received.find(isAnnouncementOf(peerId)),
    );
    await honest.waitFor("newer announcements", (status) => status.cycle >= cycle + 5);
    hostile.greetWith(theirs);
    await replay(outsider);
  });

  /** Connects anew: the victim greets, and gets the same announcement again. */
  async function replay(outsider: Outsider): Promise<void> {
    const before = await refused("ERR_REPLAYED");
    await outsider.hangUp(address);
    await outsider.dial(address);
    await until("a replay refused", async () => (await refused("ERR_REPLAYED")) > before || undefined);
  }

  it("is not held up by one that never answers", async () => {
    const { hostile, outsider } = await createAttacker();
    hostile.prepare({ answer: () => new Promise<Uint8Array>(() => {}) });
    await outsider.dial(address);
    await until("it asks", () => hostile.asked.length > 0 || undefined);
    const { counters } = await victim.status();
    await victim.waitFor("five merges", (status) => status.counters.merges >= counters.merges + 5);
  });

  it("lives on, has merged nothing of theirs, and shows all codes in status --json", async () => {
    const { code, stdout } = await lab.run(["status", "--state", victim.stateDir, "--json"]);
    assert.equal(code, 0);
    const { counters } = JSON.parse(stdout) as { counters: { merges: number; refused: Record<string, number> } };
    for (const attack of ATTACKS) assert.ok((counters.refused[attack.code] ?? 0) > 0, attack.code);
    await victim.waitFor("more merges", (status) => status.counters.merges > counters.merges);

    const hostileKeys = new Set(outsiders.map(({ identity }) => toHex(identity.publicKey)));
    const parents = (await victim.log()).flatMap(({ body }) => (body.parents ?? []) as [string, ...unknown[]][]);
    const statuses = new Set(parents.filter(([key]) => hostileKeys.has(key)).map((parent) => parent[4]));
    assert.deepEqual([...statuses], ["invalid"]);
    assert.ok(parents.some(([key, , , , status]) => !hostileKeys.has(key) && status === "used"));
    for (const peer of [victim, honest]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
  });
});

function isAnnouncementOf(peer: string): (bytes: Uint8Array) => boolean {
  return (bytes) => {
    try {
      return decodeAnnouncement(bytes).author === peer;
    } catch {
      return false; // another message
    }
  };
}
