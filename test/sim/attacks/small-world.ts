/**
 * A few real peers, honest ones and liars, on the virtual clock and a network without relays: complete, one second a
 * cycle.
 */
import { nodeCrypto } from "../../../node/crypto.ts";
import { RULES } from "../../../protocol/aggregate/registry.ts";
import type { RuleInput, Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Crypto, Identity, Transport } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { createPeer, type Peer } from "../../../protocol/peer/peer.ts";
import type { PeerEvent } from "../../../protocol/peer/reports.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { type Announcement, decodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { decodeBlobRequest, taskNames } from "../../../protocol/wire/messages.ts";
import { createCoalition, type RecordingCoalition } from "../../../sim/attacks/coalition.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { constantLatency } from "../../../sim/network/conditions.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import { createVirtualClock, type VirtualClock } from "../../../sim/seams/clock.ts";
import { slowed } from "../../../sim/seams/peer.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { identityOf } from "./stage.ts";

export const CYCLE_MS = 1000;

export interface HonestPeer {
  readonly peer: Peer;
  readonly identity: Identity;
  readonly events: PeerEvent[];
  /** What it heard of liars, as it came. */
  readonly heard: Announcement[];
  /** Bodies that it asked liars for: the liar and its own cycle. */
  readonly pulls: { readonly author: string; readonly cycle: number }[];
}

export interface SmallWorld {
  readonly task: Task;
  readonly clock: VirtualClock;
  readonly coalition: RecordingCoalition;
  readonly honest: readonly HonestPeer[];
  readonly liars: readonly Peer[];
  run(cycles: number): Promise<void>;
}

export interface SmallWorldOptions {
  readonly honest?: number;
  readonly liars?: number;
  readonly task?: Task;
  /** Length that the attack is told, in cycles. */
  readonly cycles?: number;
}

export async function createSmallWorld(
  name: string,
  options: Record<string, unknown> = {},
  { honest: honestPeers = 6, liars: lyingPeers = 2, task = blobTask(), cycles = 20 }: SmallWorldOptions = {},
): Promise<SmallWorld> {
  const clock = createVirtualClock();
  const conditions = constantLatency(10);
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions, announcements: "neighbours" });
  const names = taskNames(nodeCrypto.sha256(encodeTask(task)));
  const rule = RULES.get(task.aggregation.rule);
  const aggregate = (input: RuleInput) => {
    if (rule === undefined) throw new RangeError("no such rule");
    return rule.aggregate(input, task.aggregation.parameters);
  };
  const attack = ATTACKS.get(name);
  if (attack === undefined) throw new RangeError(`no attack ${name}`);
  const identities = Array.from({ length: honestPeers + lyingPeers }, (_, i) => identityOf(`world ${i}`));
  const coalition = createCoalition({
    task,
    clock,
    crypto: nodeCrypto,
    network,
    rng: createRng(`${name} world`),
    liars: identities.slice(honestPeers),
    aggregate: (input) => aggregate(input).params,
    endMs: cycles * CYCLE_MS,
  });
  const join = attack.join(coalition, options);
  const crypto = rememberVerdicts(nodeCrypto);

  async function start(i: number, wrap: Wrap, observe: (event: PeerEvent) => void): Promise<Peer> {
    const identity = identities[i] as Identity;
    const train = blobs(60, i);
    const trainer = wrap.trainer(createDenseTrainer({ task, train: wrap.data?.(train) ?? train }));
    const peer = await createPeer(
      { task, minCycleMs: 1, proofs: false }, // lies are to reach the rule, as in experiments without signatures
      {
        clock,
        crypto,
        identity,
        store: createMemoryStore(),
        transport: wrap.transport(network.join(identity.peerId)),
        trainer: slowed(
          trainer,
          clock,
          () => CYCLE_MS + 7 * i,
          () => true,
        ),
        aggregator: { aggregate: async (_rule, _parameters, input) => aggregate(input) },
        rng: createRng(i),
        observe,
      },
    );
    for (const other of identities.slice(0, i)) network.connect(identity.peerId, other.peerId);
    void peer.run();
    return peer;
  }

  const honest: HonestPeer[] = [];
  for (let i = 0; i < honestPeers; i++) {
    const { peerId } = identities[i] as Identity;
    const made = { identity: identities[i] as Identity, events: [], heard: [], pulls: [] } as Omit<HonestPeer, "peer">;
    let peer: Peer | undefined;
    const isLiar = (other: string) => coalition.liars.some(({ identity }) => identity.peerId === other);
    const wrap: Wrap = {
      trainer: (trainer) => ({
        ...trainer,
        async fit(request) {
          const result = await trainer.fit(request);
          coalition.record(peerId, { params: result.params, base: request.params });
          return result;
        },
      }),
      transport: (transport) => ({
        ...transport,
        onAnnounce(topic, handler) {
          transport.onAnnounce(topic, (from, sealed) => {
            const announcement = decodeAnnouncement(sealed);
            if (isLiar(announcement.author)) made.heard.push(announcement);
            return handler(from, sealed);
          });
        },
        request(to, protocol, body, how) {
          const first = protocol === names.blob && isLiar(to) && decodeBlobRequest(body).offset === 0;
          if (first) made.pulls.push({ author: to, cycle: peer?.status().cycle ?? 0 });
          return transport.request(to, protocol, body, how);
        },
      }),
    };
    peer = await start(i, wrap, (event) => made.events.push(event));
    honest.push({ ...made, peer });
  }
  const liars: Peer[] = [];
  for (const [index, liar] of coalition.liars.entries()) {
    const { trainer = same, transport = same, data } = join(liar);
    liars.push(await start(honestPeers + index, { trainer, transport, ...(data && { data }) }, () => {}));
  }
  return { task, clock, coalition, honest, liars, run: (more) => clock.run(clock.now() + more * CYCLE_MS) };
}

interface Wrap {
  trainer(trainer: Trainer): Trainer;
  transport(transport: Transport): Transport;
  data?(data: ReturnType<typeof blobs>): ReturnType<typeof blobs>;
}

/** Verifies each signature once for all peers: half of the time of a world would go there. */
function rememberVerdicts(crypto: Crypto): Crypto {
  const known = new Map<string, boolean>();
  return {
    sha256: crypto.sha256,
    verify(publicKey, message, signature) {
      const question = Buffer.concat([publicKey, signature, message]).toString("latin1");
      const verdict = known.get(question) ?? crypto.verify(publicKey, message, signature);
      known.set(question, verdict);
      return verdict;
    },
  };
}

function same<T>(value: T): T {
  return value;
}
