/** What strangers do to a few peers until they are told to end: one attack a name. */
import type { Connection } from "@libp2p/interface";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { Identity } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { HELLO_PROTOCOL } from "../../../protocol/wire/messages.ts";
import { halfFrame } from "../../support/nodes.ts";
import { sleep } from "../statistics.ts";
import { createForger, createStranger, type Gossip, newIdentity, type Stranger } from "./stranger.ts";

export interface Attack {
  readonly task: Task;
  /** Whom it is about. */
  readonly addresses: readonly string[];
  readonly signal: AbortSignal;
  /** Counts what was done, and what the other end did not let it do. */
  count(what: string): void;
}

export interface AttackKind {
  readonly title: string;
  run(attack: Attack): Promise<void>;
}

const PER_SECOND = 1000;
const SLICE_MS = 10;
const IDENTITIES = 50;
const CHURN_PER_SECOND = 20;
const SLOW_IDENTITIES = 8;
const AGAIN_MS = 1000;

export const ATTACKS: ReadonlyMap<string, AttackKind> = new Map([
  [
    "one-key",
    { title: "1,000 announcements a second of one key, to each peer", run: (attack) => flood(attack, oneKey()) },
  ],
  [
    "fresh-keys",
    { title: "1,000 announcements a second of fresh keys, to each peer", run: (attack) => flood(attack, newIdentity) },
  ],
  [
    "identities",
    {
      title: `${IDENTITIES} identities in 10 address prefixes that greet, announce once a second and never serve`,
      run: identities,
    },
  ],
  [
    "both",
    {
      title: `1,000 announcements a second of one key, to each peer, and ${IDENTITIES} identities beside it`,
      run: async (attack) => void (await Promise.all([flood(attack, oneKey()), identities(attack)])),
    },
  ],
  ["churn", { title: `${CHURN_PER_SECOND} connections a second of fresh keys, each gone at once`, run: churn }],
  [
    "half-requests",
    {
      title: `${SLOW_IDENTITIES} identities with as many half requests as they may have, always new ones`,
      run: halfRequests,
    },
  ],
]);

function oneKey(): () => Identity {
  const identity = newIdentity();
  return () => identity;
}

/** One stranger, connected to all, says the same to each. */
async function flood({ task, addresses, signal, count }: Attack, author: () => Identity): Promise<void> {
  const forger = createForger(task);
  const stranger = await createStranger(task, "127.0.7.1");
  const lines = addresses.map((address) => createLine(stranger, address, count));
  const begunMs = performance.now();
  for (let sent = 0; !signal.aborted; await sleep(SLICE_MS)) {
    await Promise.all(lines.map((line) => line.open()));
    const due = Math.floor(((performance.now() - begunMs) * PER_SECOND) / 1000);
    for (; sent < due; sent++) {
      const message = forger.announcementOf(author(), sent);
      for (const line of lines) count(line.send(message) ? "sent" : "not taken");
    }
  }
  await stranger.stop();
}

/** Identities that stay, each from one of ten prefixes. */
async function identities(attack: Attack): Promise<void> {
  const forger = createForger(attack.task);
  const all = Array.from({ length: IDENTITIES }, async (_, i) => {
    const stranger = await createStranger(attack.task, `127.0.${10 + (i % 10)}.1`);
    const lines = attack.addresses.map((address) => createLine(stranger, address, attack.count));
    for (let seq = 1; !attack.signal.aborted; seq++, await sleep(1000)) {
      await Promise.all(lines.map((line) => line.open()));
      const message = forger.announcementOf(stranger.identity, seq);
      for (const line of lines) attack.count(line.send(message) ? "sent" : "not taken");
    }
    await stranger.stop();
  });
  await Promise.all(all);
}

/** One after the other comes, to one peer each. */
async function churn({ task, addresses, signal, count }: Attack): Promise<void> {
  const visit = async (i: number) => {
    const stranger = await createStranger(task, `127.0.${10 + (i % 10)}.1`);
    const came = await stranger.dial(addresses[i % addresses.length] as string).then(
      () => true,
      () => false,
    );
    count(came ? "let in" : "kept out");
    await stranger.stop();
  };
  const under = new Set<Promise<void>>();
  for (let i = 0; !signal.aborted; i++, await sleep(1000 / CHURN_PER_SECOND)) {
    if (under.size >= CHURN_PER_SECOND) continue;
    const one = visit(i).finally(() => under.delete(one));
    under.add(one);
  }
  await Promise.all(under);
}

/** Begins requests, as many at once as are let in, and lets them lie. */
async function halfRequests({ task, addresses, signal, count }: Attack): Promise<void> {
  const half = halfFrame(LIMITS.maxRequestBytes, LIMITS.maxRequestBytes - 10);
  const all = Array.from({ length: SLOW_IDENTITIES }, async (_, i) => {
    const stranger = await createStranger(task, `127.0.${10 + i}.1`);
    const lines = addresses.map((address) => createLine(stranger, address, count));
    for (; !signal.aborted; await sleep(AGAIN_MS)) {
      const open = await Promise.all(lines.map((line) => line.open()));
      for (const connection of open) if (connection !== undefined) await begin(connection, half, count);
    }
    await stranger.stop();
  });
  await Promise.all(all);
}

async function begin(connection: Connection, half: Uint8Array, count: Attack["count"]): Promise<void> {
  const maxOutboundStreams = LIMITS.maxRequestsInFlight;
  for (let n = 0; n < maxOutboundStreams; n++) {
    const stream = await connection.newStream(HELLO_PROTOCOL, { maxOutboundStreams }).catch(() => undefined);
    if (stream?.status !== "open") return;
    stream.send(half);
    count("half requests");
  }
}

interface Line extends Gossip {
  /** Connects where there is no connection; undefined where that is refused. */
  open(): Promise<Connection | undefined>;
}

/** A stranger's way to a peer, made anew where it was cut, once a second. */
function createLine(stranger: Stranger, address: string, count: Attack["count"]): Line {
  let connection: Connection | undefined;
  let gossip: Gossip | undefined;
  let triedMs = Number.NEGATIVE_INFINITY;
  return {
    async open() {
      if (connection?.status === "open") return connection;
      if (performance.now() < triedMs + AGAIN_MS) return undefined;
      triedMs = performance.now();
      try {
        connection = await stranger.dial(address);
        gossip = await stranger.gossip(connection);
        count("connected");
      } catch {
        count("kept out");
        connection = undefined;
      }
      return connection;
    },
    send: (message) => connection?.status === "open" && gossip?.send(message) === true,
  };
}
