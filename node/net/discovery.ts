/**
 * Finds peers of the same task on the local network by multicast DNS, in the messages of libp2p's mDNS specification. @libp2p/mdns is not used, because it asks on
 * the interface of the default route alone: where there is no such route, it finds nobody and reports nothing. Here every interface with an IPv4 address asks
 * and answers for itself, also one that comes later.
 */
import { networkInterfaces } from "node:os";
import { multiaddr } from "@multiformats/multiaddr";
import type { Answer } from "dns-packet";
import multicastDns, { type MulticastDNS, type QueryPacket, type ResponsePacket } from "multicast-dns";
import type { PeerId } from "../../protocol/base/seams.ts";
import { wallClock } from "../clock.ts";
import type { Metering } from "./metering.ts";

export interface DiscoveryOptions {
  /** DNS-SD service type that peers of one task share. */
  readonly serviceTag: string;
  readonly peer: PeerId;
  /** Multiaddrs where this peer listens, with peer id. */
  readonly addresses: () => readonly string[];
  /** Counts packets, and says when there may be none. */
  readonly metering?: Pick<Metering, "datagram" | "mayMulticast"> | undefined;
  /** While it says so nothing is asked or answered. */
  readonly isAway?: (() => boolean) | undefined;
  /** Sentences for the user. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Somebody at an IP address says that a peer is at these multiaddrs, which may or may not end with its id. */
export type Found = (peer: PeerId, addresses: readonly string[], fromIp: string) => void;

export interface Discovery {
  /** Hears of what is found, also of what was found before. */
  onFound(handler: Found): void;
  stop(): void;
}

const ASK_EVERY_MS = 10_000;
/** While nobody has answered yet: a packet may be lost. */
const ASK_FIRST_MS = [0, 1_000, 3_000] as const;
const LOOK_EVERY_MS = 2_000;
/** A record is not told again sooner than this (RFC 6762, 6). */
const ANSWER_EVERY_MS = 1_000;
/** Packets that are looked at, of each interface in a second: who floods the network costs no more. */
const MAX_PACKETS_PER_SECOND = 100;
const TTL_SECONDS = 120;
/** Of a TXT record. */
const MAX_TEXT_LENGTH = 255;
/** So that an answer fits into one packet of 1,500 bytes. */
const MAX_ADDRESSES = 8;
const MAX_REMEMBERED = 64;

interface Interface {
  readonly ip: string;
  readonly socket: MulticastDNS;
  answeredMs: number;
  secondMs: number;
  packets: number;
  /** Why it cannot ask. */
  fault: string | undefined;
}

interface State {
  readonly options: DiscoveryOptions;
  readonly interfaces: Map<string, Interface>;
  readonly handlers: Found[];
  readonly found: Map<PeerId, Parameters<Found>>;
  warned: boolean;
}

export function startDiscovery(options: DiscoveryOptions): Discovery {
  const state: State = { options, interfaces: new Map(), handlers: [], found: new Map(), warned: false };
  const look = () => lookAtInterfaces(state);
  const ask = () => state.interfaces.forEach((one) => void askOn(state, one));
  look();
  const timers = [setInterval(look, LOOK_EVERY_MS), setInterval(ask, ASK_EVERY_MS)];
  for (const timer of timers) timer.unref();
  return {
    onFound(handler) {
      state.handlers.push(handler);
      for (const found of state.found.values()) handler(...found);
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      for (const { ip } of [...state.interfaces.values()]) close(state, ip);
    },
  };
}

/** Opens a socket on each interface that is new, and closes those of interfaces that are gone. */
function lookAtInterfaces(state: State): void {
  const ips = Object.values(networkInterfaces())
    .flatMap((addresses) => (addresses ?? []).filter(({ family }) => family === "IPv4").slice(0, 1))
    .map(({ address }) => address);
  for (const ip of state.interfaces.keys()) if (!ips.includes(ip)) close(state, ip);
  for (const ip of ips) if (!state.interfaces.has(ip)) open(state, ip);
  if (ips.length === 0) warnOnce(state, "this machine has no network interface with an IPv4 address");
}

function open(state: State, ip: string): void {
  const socket = multicastDns({ interface: ip, bind: "0.0.0.0", reuseAddr: true });
  const one: Interface = { ip, socket, answeredMs: -ANSWER_EVERY_MS, secondMs: 0, packets: 0, fault: undefined };
  state.interfaces.set(ip, one);
  socket.on("query", (query: QueryPacket) => isAllowed(one) && answer(state, one, query));
  socket.on("response", (response: ResponsePacket, from: { address: string }) => {
    if (isAllowed(one)) hear(state, response, from.address);
  });
  // what this peer sends comes back to it, and is counted then
  socket.on("packet", (_: unknown, { size }: { size: number }) => state.options.metering?.datagram(ip, size));
  socket.on("warning", () => {}); // bytes that are no DNS
  socket.on("error", (error: Error) => failed(state, one, error));
  for (const delayMs of ASK_FIRST_MS) wallClock.after(delayMs, () => askOn(state, one));
}

function close({ interfaces }: State, ip: string): void {
  const one = interfaces.get(ip);
  interfaces.delete(ip);
  one?.socket.destroy();
}

function isAllowed(one: Interface): boolean {
  const nowMs = wallClock.monotonicMs();
  if (nowMs - one.secondMs >= 1_000) Object.assign(one, { secondMs: nowMs, packets: 0 });
  return ++one.packets <= MAX_PACKETS_PER_SECOND;
}

function maySpeak({ metering, isAway }: DiscoveryOptions, { ip }: Interface): boolean {
  return metering?.mayMulticast(ip) !== false && isAway?.() !== true;
}

function askOn(state: State, one: Interface): void {
  if (state.interfaces.get(one.ip) !== one || !maySpeak(state.options, one)) return;
  const questions = [{ name: state.options.serviceTag, type: "PTR" as const }];
  one.socket.query({ questions }, (error: Error | null) => failed(state, one, error));
}

/** Says so where no interface can ask; a word once is enough. */
function failed(state: State, one: Interface, error: Error | null): void {
  one.fault = error?.message;
  const faults = [...state.interfaces.values()].map(({ ip, fault }) => fault && `${ip}: ${fault}`);
  if (faults.every((fault) => fault !== undefined && fault !== "")) warnOnce(state, faults.join("; "));
}

function warnOnce(state: State, reason: string): void {
  if (state.warned) return;
  state.warned = true;
  state.options.warn?.(
    `peers on the local network cannot be found by multicast (${reason}): name one with --bootstrap`,
  );
}

function answer({ options }: State, one: Interface, { questions }: QueryPacket): void {
  const { serviceTag, peer, addresses } = options;
  const nowMs = wallClock.monotonicMs();
  const isAsked = questions?.some(({ name }) => name === serviceTag) && maySpeak(options, one);
  if (!isAsked || nowMs - one.answeredMs < ANSWER_EVERY_MS) return;
  const texts = addresses().map((address) => `dnsaddr=${address}`);
  const told = texts.filter(({ length }) => length <= MAX_TEXT_LENGTH).slice(0, MAX_ADDRESSES);
  if (told.length === 0) return;
  one.answeredMs = nowMs;
  const name = `${peer}.${serviceTag}`;
  const record = { class: "IN", ttl: TTL_SECONDS } as const;
  const answers: Answer[] = [{ ...record, name: serviceTag, type: "PTR", data: name }];
  for (const data of told) answers.push({ ...record, name, type: "TXT", data });
  one.socket.respond({ answers }, () => {});
}

function hear(state: State, { answers = [], additionals = [] }: ResponsePacket, fromIp: string): void {
  const { serviceTag, peer: self } = state.options;
  if (!answers.some(({ type, name }) => type === "PTR" && name === serviceTag)) return;
  const texts = [...answers, ...additionals].flatMap((record) => (record.type === "TXT" ? [record.data].flat() : []));
  const told = texts.map(String).filter((text) => text.startsWith("dnsaddr="));
  const addresses = told.slice(0, MAX_ADDRESSES).map((text) => text.slice("dnsaddr=".length));
  const peer = addresses.map(peerAtEnd).find((one) => one !== undefined);
  if (peer === undefined || peer === self) return;
  state.found.delete(peer); // re-inserted at the end
  state.found.set(peer, [peer, addresses, fromIp]);
  if (state.found.size > MAX_REMEMBERED) state.found.delete(state.found.keys().next().value as PeerId);
  for (const handler of state.handlers) handler(peer, addresses, fromIp);
}

function peerAtEnd(address: string): PeerId | undefined {
  try {
    return multiaddr(address)
      .getComponents()
      .findLast(({ name }) => name === "p2p")?.value;
  } catch {
    return undefined;
  }
}
