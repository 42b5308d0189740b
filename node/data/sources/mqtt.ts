/**
 * Source `mqtt`: messages of a broker, each a JSON object with the columns of a row (or a list of such). A message is acknowledged when it is on disk, so the broker keeps (QoS 1)
 * what this peer has not got yet, also while it is away: its session lasts a week. Messages that wait for a training are bounded; then the broker has to wait.
 */
import { readFile } from "node:fs/promises";
import type { MqttClient } from "mqtt";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { Store } from "../../../protocol/base/seams.ts";
import { STORE } from "../../../protocol/base/store-layout.ts";
import type { SourceRecord } from "../follow/table-records.ts";
import { PLAIN } from "../number.ts";
import type { OpenSource, OpenSourceOptions, SourceKind } from "./source.ts";

interface Position {
  /** Number of the first message that was not taken. */
  readonly next: number;
}

interface Waiting {
  readonly number: number;
  readonly payload: Buffer;
}

const WAITING = `${STORE.stream}waiting/`;
const CLIENT = `${STORE.stream}client`;
const SESSION_SECONDS = 604_800;
const RETRY_MS = 2_000;
const DIGITS = 12;

/** Topic and broker of `mqtt://host/topic`, the name without a password. @throws HearsayError ERR_CONFIG. */
function addressOf(path: string): { readonly url: string; readonly topic: string; readonly name: string } {
  const url = URL.parse(path);
  const topic = decodeURIComponent(url?.pathname.slice(1) ?? "") + decodeURIComponent(url?.hash ?? "");
  if (url === null || topic === "" || url.hostname === "")
    throw new HearsayError(
      "ERR_CONFIG",
      "data.path: name broker and topic, as mqtt://broker.local/house/+/air or mqtts://...",
    );
  const name = `${url.protocol}//${url.host}/${topic}`;
  url.pathname = "";
  url.hash = "";
  return { url: url.href, topic, name };
}

class Broker implements OpenSource {
  readonly name: string;
  readonly #columns: readonly string[];
  readonly #store: Store;
  readonly #queue: Waiting[];
  #client: MqttClient | undefined;
  #taken: number;
  #nextNumber: number;
  /** The message that has no room yet, and all behind it. */
  #resume: (() => void) | undefined;
  #gone: Waiting[] = [];

  constructor(name: string, columns: readonly string[], store: Store, queue: readonly Waiting[], next: number) {
    this.name = name;
    this.#columns = columns;
    this.#store = store;
    this.#queue = queue.filter(({ number }) => number >= next);
    this.#gone = queue.filter(({ number }) => number < next);
    this.#taken = next;
    this.#nextNumber = Math.max(next, 1 + (queue.at(-1)?.number ?? -1));
  }

  /** Takes over a client: nothing is acknowledged before it is on disk. */
  attach(client: MqttClient): void {
    this.#client = client;
    client.handleMessage = ({ payload }, done) => {
      const keep = () => this.#keep(Buffer.from(payload)).then(() => done(), done);
      if (this.#queue.length < LIMITS.maxWaitingMessages) return void keep();
      this.#resume = () => void keep();
    };
  }

  async take(maxRecords: number): Promise<{ records: SourceRecord[]; isMore: boolean }> {
    const taken: Waiting[] = [];
    const records: SourceRecord[] = [];
    for (const waiting of this.#queue) {
      if (records.length >= maxRecords) break;
      taken.push(waiting);
      records.push(...recordsIn(waiting.payload, this.#columns));
    }
    this.#queue.splice(0, taken.length);
    this.#gone.push(...taken);
    this.#taken = (taken.at(-1)?.number ?? this.#taken - 1) + 1;
    return { records, isMore: this.#queue.length > 0 };
  }

  position(): Position {
    return { next: this.#taken };
  }

  acknowledge(): void {
    const gone = this.#gone;
    this.#gone = [];
    const room = this.#resume;
    this.#resume = undefined;
    room?.();
    if (gone.length > 0) this.#store.write(gone.map(({ number }) => ({ key: keyOf(number) }))).catch(() => {}); // they are passed over then
  }

  async close(): Promise<void> {
    await this.#client?.endAsync(true);
  }

  async #keep(payload: Buffer): Promise<void> {
    const waiting = { number: this.#nextNumber++, payload };
    await this.#store.write([{ key: keyOf(waiting.number), value: payload }]);
    this.#queue.push(waiting);
  }
}

function keyOf(number: number): string {
  return `${WAITING}${String(number).padStart(DIGITS, "0")}`;
}

/** Rows in one message; one that is none of these is a record with a fault. */
function recordsIn(payload: Buffer, columns: readonly string[]): SourceRecord[] {
  const text = payload.subarray(0, LIMITS.maxStreamRowCharacters).toString();
  const faulty = (fault: string) => [{ header: columns, numbers: PLAIN, fields: [], text, fault }];
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch {
    return faulty("the message is no JSON; send an object with the columns of a row");
  }
  const rows = Array.isArray(value) ? value : [value];
  return rows.flatMap((row): SourceRecord[] => {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      return faulty("the message is no JSON object with the columns of a row");
    const fields = columns.map((column) => textOf((row as Record<string, unknown>)[column]));
    const absent = columns.find((column) => !(column in row));
    if (absent !== undefined) return faulty(`column "${absent}" is not in the message`);
    if (fields.includes(undefined)) return faulty("a column holds an object or a list; give a number or a text");
    return [{ header: columns, numbers: PLAIN, fields: fields as string[], text }];
  });
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? undefined : String(value).trim();
}

async function openBroker({ path, columns, past, warn, store, ca }: OpenSourceOptions): Promise<OpenSource> {
  const { url, topic, name } = addressOf(path);
  const { default: mqtt } = await import("mqtt");
  const waiting: Waiting[] = [];
  for await (const [key, payload] of store.range(WAITING))
    waiting.push({ number: Number(key.slice(WAITING.length)), payload: Buffer.from(payload) });
  const broker = new Broker(name, [...new Set(columns)], store, waiting, (past as Position | undefined)?.next ?? 0);
  const client = mqtt.connect(url, {
    clientId: await clientIdIn(store),
    clean: false,
    protocolVersion: 5,
    reconnectPeriod: RETRY_MS,
    resubscribe: true,
    properties: {
      sessionExpiryInterval: SESSION_SECONDS,
      maximumPacketSize: LIMITS.maxStreamRowCharacters,
      receiveMaximum: 100,
    },
    ...(ca !== undefined && { ca: await readFile(ca) }),
  });
  broker.attach(client);
  tellOf(client, name, warn);
  // of retained messages, those of a new subscription alone: at each reconnection they would count again
  client.subscribe(topic, { qos: 1, rh: 1 }, (error) => {
    if (error) warn?.(`${name}: the broker refuses the subscription: ${error.message}`);
  });
  return broker;
}

/** Once when the broker is lost, and when it is there again. */
function tellOf(client: MqttClient, name: string, warn: OpenSourceOptions["warn"]): void {
  let isLost = false;
  const lost = (why: string) => {
    if (!isLost) warn?.(`${name}: ${why}; it is tried again, and the peer learns from what it has`);
    isLost = true;
  };
  client.on("error", (error) => lost(error.message));
  client.on("offline", () => lost("the broker cannot be reached"));
  client.on("connect", () => {
    if (isLost) warn?.(`${name}: the broker is there again`);
    isLost = false;
  });
}

/** By it the broker knows the session again. */
async function clientIdIn(store: Store): Promise<string> {
  const known = await store.get(CLIENT);
  if (known !== undefined) return Buffer.from(known).toString();
  const id = `hearsay-${Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("hex")}`;
  await store.write([{ key: CLIENT, value: Buffer.from(id) }]);
  return id;
}

export const mqtt: SourceKind = {
  name: "mqtt",
  about: "mqtt://broker/topic or mqtts://..., messages that are JSON objects with the columns of a row",
  isMeantBy: async (path) => /^mqtts?:\/\//i.test(path),
  open: openBroker,
};
