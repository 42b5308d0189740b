/** A simulated world of peers on the blobs, and what tests read from it. Same options, same bytes. */
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { nodeSecrecy } from "../../node/secrecy.ts";
import { median } from "../../protocol/aggregate/rules/median.ts";
import { utf8 } from "../../protocol/base/bytes.ts";
import type { Aggregator } from "../../protocol/base/learning-seams.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Crypto, Identity, PeerId, Store, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import type { AggregateBody, Parent } from "../../protocol/log/entry/bodies.ts";
import { type Entry, readEntry } from "../../protocol/log/entry/entry.ts";
import { storedEntries } from "../../protocol/log/stored/reading.ts";
import { createPeer, type Peer } from "../../protocol/peer/peer.ts";
import type { PeerEvent } from "../../protocol/peer/reports.ts";
import { peerIdFromPublicKey } from "../../protocol/wire/identity.ts";
import { createWorld, type NewPeer, type SimulatedPeer, type World } from "../../sim/run/world.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";
import { blobs, blobTask } from "./blobs.ts";
import { createHostile, type Hostile, type HostileOptions } from "./hostile.ts";

export interface CrowdOptions {
  readonly task?: Task;
  readonly seed?: number;
  /** One way. */
  readonly latencyMs?: number;
  /** Of every peer that `join` does not give its own. */
  readonly trainMs?: number;
  readonly minCycleMs?: number;
  /** As of `createPeer`: false lets lies reach the rule that no log entry backs. */
  readonly proofs?: boolean;
  /** Address prefix of a peer; its peer id where left out. */
  readonly prefixOf?: (peer: PeerId) => string;
  /** Whether peers tell their neighbours of models by briefs, as over real connections. */
  readonly tells?: boolean;
}

export interface Member extends SimulatedPeer {
  readonly identity: Identity;
  readonly events: PeerEvent[];
  /** When it merged since it joined: its log tells whole minutes. */
  readonly mergedMs: number[];
  /** What a restart needs. */
  readonly joinedWith: Partial<NewPeer>;
}

export interface Crowd {
  readonly world: World;
  readonly task: Task;
  /** In order of joining. */
  readonly members: Member[];
  /** Adds an honest peer of this number, connected to everybody, and starts it. */
  join(number: number, changes?: Partial<NewPeer>): Promise<Member>;
  /** Makes an honest peer, connected to everybody, that does not run yet. */
  prepare(number: number, changes?: Partial<Pick<NewPeer, "store" | "wrapTransport">>): Promise<Peer>;
  /** Adds a hostile one, connected to everybody who is there. */
  joinHostile(number: number, options?: Partial<HostileOptions>): Hostile;
  /** Adds any other transport, connected to everybody who is there. */
  joinTransport(peer: PeerId): Transport;
  run(forMs: number): Promise<void>;
}

/** The key pair of a test peer. */
export function identityOf(number: number): Identity {
  return identityFromSeed(nodeCrypto.sha256(utf8(`test peer ${number}`)));
}

export function createCrowd(options: CrowdOptions = {}): Crowd {
  const { task = blobTask(), seed = 1, latencyMs = 10, trainMs = 100, minCycleMs = 1000, proofs = true } = options;
  const crypto = rememberVerdicts(nodeCrypto);
  const { prefixOf, tells = false } = options;
  const world = createWorld({
    task,
    seed,
    crypto,
    secrecy: nodeSecrecy,
    latencyMs,
    proofs,
    tells,
    ...(prefixOf && { prefixOf }),
  });
  const members: Member[] = [];
  const others = new Set<PeerId>();

  function joinTransport(peer: PeerId): Transport {
    const transport = world.network.join(peer);
    for (const other of [...others, ...members.map(({ peerId }) => peerId)]) world.network.connect(peer, other);
    others.add(peer);
    return transport;
  }

  return {
    world,
    task,
    members,
    async join(number, changes = {}) {
      const identity = identityOf(number);
      const events: PeerEvent[] = [];
      const mergedMs: number[] = [];
      const observe = (event: PeerEvent) => {
        events.push(event);
        if (event.kind === "merged") mergedMs.push(world.clock.now());
        changes.observe?.(event);
      };
      const train = blobs(60, number);
      const joined = await world.add({ identity, train, trainMs, minCycleMs, ...changes, observe });
      for (const other of others) world.network.connect(identity.peerId, other);
      const member = { ...joined, identity, events, mergedMs, joinedWith: changes };
      members.push(member);
      return member;
    },
    async prepare(number, { store = createMemoryStore(), wrapTransport = (transport: Transport) => transport } = {}) {
      const identity = identityOf(number);
      const modules = {
        clock: world.clock,
        crypto,
        identity,
        store,
        transport: wrapTransport(joinTransport(identity.peerId)),
        trainer: createDenseTrainer({ task, train: blobs(60, number) }),
        aggregator: {
          aggregate: async (_rule, _parameters, input) => median.aggregate(input, {}),
        } satisfies Aggregator,
        rng: createRng(number),
      };
      return createPeer({ task, minCycleMs, proofs }, modules);
    },
    joinTransport,
    joinHostile(number, hostile = {}) {
      const identity = hostile.identity ?? identityOf(number);
      const transport = world.network.join(identity.peerId);
      const made = createHostile({ transport, identity, crypto, task, ...hostile });
      for (const other of [...others, ...members.map(({ peerId }) => peerId)]) {
        world.network.connect(identity.peerId, other);
      }
      others.add(identity.peerId);
      return made;
    },
    run: (forMs) => world.clock.run(world.clock.now() + forMs),
  };
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

/** The peer's log, from the genesis. */
export async function entriesOf({ peer }: Pick<SimulatedPeer, "peer">): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of peer.log.entries()) entries.push(entry);
  return entries;
}

/** The log as it stands in a store. */
export async function entriesIn(store: Store): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const signed of storedEntries(store)) entries.push(readEntry(signed, nodeCrypto));
  return entries;
}

/** An input of a merge, with names in place of numbers. */
export interface LoggedParent {
  readonly peer: PeerId;
  readonly model: Uint8Array;
  readonly age: number;
  readonly weightQ16: number;
  readonly status: Parent[4];
}

export interface LoggedMerge extends Omit<AggregateBody, "parents"> {
  /** When it was made; in whole minutes, as the log has it, where the peer did not join since. */
  readonly tsMs: number;
  readonly parents: readonly LoggedParent[];
}

/** The peer's merges, as its log tells them. */
export async function mergesOf(
  member: Pick<SimulatedPeer, "peer"> & Partial<Pick<Member, "mergedMs">>,
): Promise<LoggedMerge[]> {
  const merges: LoggedMerge[] = [];
  for (const entry of await entriesOf(member)) {
    if (entry.type !== "aggregate") continue;
    const parents = entry.body.parents.map(([publicKey, model, age, weightQ16, status]) => ({
      peer: peerIdFromPublicKey(publicKey),
      model,
      age,
      weightQ16,
      status,
    }));
    merges.push({ ...entry.body, tsMs: entry.tsMs, parents });
  }
  const { mergedMs = [] } = member;
  const before = merges.length - mergedMs.length;
  return merges.map((merge, i) => ({ ...merge, tsMs: mergedMs[i - before] ?? merge.tsMs }));
}

/** Everything in a store, in order. */
export async function contentOf(store: Store): Promise<[key: string, value: Uint8Array][]> {
  const content: [string, Uint8Array][] = [];
  for await (const item of store.range("")) content.push(item);
  return content;
}

/** Accuracy of the model that a peer predicts with, on its hold-out. */
export async function accuracyOf({ peer }: Pick<SimulatedPeer, "peer">): Promise<number> {
  return (await peer.evaluate("holdout")).accuracy ?? Number.NaN;
}

/** `length` blobs of which about nine in ten are of one class. */
export function skewedBlobs(length: number, number: number): Dataset {
  const many = blobs(30 * length, number);
  const width = many.inputs.length / many.length;
  const favourite = number % 3;
  const rows = Array.from(many.targets.keys()).filter((row) => many.targets[row] === favourite || row % 20 === 0);
  const inputs = new Float32Array(length * width);
  const targets = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const row = rows[i] as number;
    inputs.set(many.inputs.subarray(row * width, (row + 1) * width), i * width);
    targets[i] = many.targets[row] as number;
  }
  return { inputs, targets, length };
}
