/**
 * A short dial of known peers, under a key that is thrown away: do they answer, which versions do they speak, and from which address do they see this
 * machine? It says what a greeting says, and is gone at once.
 */
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { IdentifyResult } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { fromHex } from "../../protocol/base/bytes.ts";
import type { Transport } from "../../protocol/base/seams.ts";
import { AGENT } from "../../protocol/peer/inbound/greet.ts";
import { decodeAnnouncement } from "../../protocol/wire/announcement.ts";
import { decodeHelloAnswer, encodeHelloRequest, HELLO_PROTOCOL, taskNames } from "../../protocol/wire/messages.ts";
import { endpointOf } from "./address-scope.ts";
import { type HearsayNode, serviceTagOf, startLibp2p } from "./libp2p.ts";
import { createTransport } from "./transport.ts";

/** What came of one address. */
export interface Answer {
  readonly address: string;
  /** Undefined where nobody answered. */
  readonly peer?: string;
  /** Time from the dial to the answer, ms. */
  readonly ms?: number;
  /** Name and version of its program, as it says. */
  readonly agent?: string;
  /** Whether it speaks about the task in this version of the protocol (`same`), in another one, or not at all; undefined without a task. */
  readonly task?: "same" | "other-version" | "other-task";
  /** The IP address from which it sees this machine. */
  readonly seenFrom?: string;
  /** The minute of its newest announcement by its own clock, where it works on the task: its clock is no earlier. */
  readonly clockMs?: number;
  /** Why nobody answered. */
  readonly fault?: string;
}

const WITHIN_MS = 4_000;
const ANY_TASK = new Uint8Array(32);

/** Asks all at once; takes four seconds at most, and half a second to end. */
export async function probe(addresses: readonly string[], taskId: string | undefined): Promise<Answer[]> {
  if (addresses.length === 0) return [];
  const task = taskId === undefined ? undefined : (fromHex(taskId) ?? undefined);
  const { node, traffic } = await startLibp2p({
    privateKey: await generateKeyPair("Ed25519"),
    listen: [],
    mdns: false,
    serviceTag: serviceTagOf(task ?? ANY_TASK),
    topics: [],
  });
  try {
    const transport = createTransport(node, traffic);
    return await Promise.all(addresses.map((address) => ask(node, transport, address, task)));
  } finally {
    await node.stop();
  }
}

async function ask(
  node: HearsayNode,
  transport: Transport,
  address: string,
  task: Uint8Array | undefined,
): Promise<Answer> {
  const startedMs = performance.now();
  const signal = AbortSignal.timeout(WITHIN_MS);
  const said = identified(node, signal);
  try {
    const connection = await node.dial(multiaddr(address), { signal });
    const { agentVersion, protocols, observedAddr } = await said(connection.remotePeer.toString());
    const seen = observedAddr === undefined ? undefined : endpointOf(observedAddr)?.host;
    const speaks = task && speaksOf(task, protocols);
    const clockMs =
      speaks === "same" ? await clockOf(transport, connection.remotePeer.toString(), task, signal) : undefined;
    return {
      address,
      peer: connection.remotePeer.toString(),
      ms: Math.round(performance.now() - startedMs),
      ...(agentVersion !== undefined && { agent: agentVersion }),
      ...(speaks !== undefined && { task: speaks }),
      ...(clockMs !== undefined && { clockMs }),
      ...(seen !== undefined && { seenFrom: seen }),
    };
  } catch (error) {
    return { address, fault: (error as Error).message.split("\n", 1)[0] ?? "" };
  }
}

/** Listens from now on: libp2p asks who the other end is by itself, once a connection is open. */
function identified(node: HearsayNode, signal: AbortSignal): (peer: string) => Promise<IdentifyResult> {
  const known = new Map<string, IdentifyResult>();
  let heard = () => {};
  node.addEventListener("peer:identify", ({ detail }) => {
    known.set(detail.peerId.toString(), detail);
    heard();
  });
  return (peer) =>
    new Promise((resolve, reject) => {
      heard = () => {
        const found = known.get(peer);
        if (found !== undefined) resolve(found);
      };
      heard();
      signal.addEventListener("abort", () => reject(new Error("it connects, and says nothing")));
    });
}

/** What its newest announcement says; undefined where it has none, or does not tell. */
async function clockOf(
  transport: Transport,
  peer: string,
  task: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (task === undefined) return undefined;
  try {
    const request = encodeHelloRequest({ task, agent: AGENT });
    const { announcement } = decodeHelloAnswer(await transport.request(peer, HELLO_PROTOCOL, request, { signal }));
    return announcement === undefined ? undefined : decodeAnnouncement(announcement).tsMs;
  } catch {
    return undefined; // it answers no stranger, or nonsense
  }
}

/** Names of protocols end with their version. */
function speaksOf(task: Uint8Array, protocols: readonly string[]): NonNullable<Answer["task"]> {
  const { blob } = taskNames(task);
  if (protocols.includes(blob)) return "same";
  const withoutVersion = blob.slice(0, blob.lastIndexOf("/") + 1);
  return protocols.some((name) => name.startsWith(withoutVersion)) ? "other-version" : "other-task";
}
