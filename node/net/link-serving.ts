/** The answering end of a link (link-messages.ts). */
import type { Stream } from "@libp2p/interface";
import { decodeUtf8, lengthOf, partsOf, utf8 } from "../../protocol/base/bytes.ts";
import { HearsayError, isForOthers, isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId, Reply, RequestHandler } from "../../protocol/base/seams.ts";
import { untilAborted } from "../../protocol/base/until-aborted.ts";
import { BRIEF_NUMBERS } from "../../protocol/wire/brief.ts";
import type { Hold } from "./byte-budget.ts";
import { createDeadline } from "./deadline.ts";
import { readFrames, sendFrame } from "./frames.ts";
import { decodeDelta } from "./link-delta.ts";
import {
  decodeLinkMessage,
  headOf,
  isOfNumbers,
  type LinkMessage,
  MAX_ASKED_BYTES,
  STATUS,
  type Status,
} from "./link-messages.ts";
import { decodeChanges } from "./link-numbers.ts";
import { MALFORMED } from "./serve.ts";
import type { Shares } from "./shares.ts";

/** Names that one link may give to services. */
const MAX_SERVICES = 16;
const MAX_NAME_LENGTH = 128;
const NOTHING = new Uint8Array(0);

/** Hears an announcement; resolves when the next may be read. */
export type Hear = (from: PeerId, topic: string, body: Uint8Array, stream: Pick<Stream, "status">) => Promise<void>;

/** The same of numbers. */
export type HearNumbers = (
  from: PeerId,
  topic: string,
  numbers: readonly number[],
  stream: Pick<Stream, "status">,
) => Promise<void>;

/** What a node answers and hears. */
export interface LinkServices {
  readonly hearNumbers: HearNumbers;
  readonly shares: Shares;
  readonly handlers: ReadonlyMap<string, RequestHandler>;
  readonly hear: Hear;
}

interface Serving extends LinkServices {
  readonly stream: Stream;
  readonly from: PeerId;
  readonly names: string[];
  /** The last announcement of each topic. */
  readonly announced: Map<string, Uint8Array>;
  readonly told: Map<string, readonly number[]>;
  /** Aborts when the link ends. */
  readonly gone: AbortController;
  /** Ends of requests that are under way. */
  readonly underWay: Set<Promise<void>>;
  writing: Promise<void>;
}

/**
 * Answers the requests of a link until it ends. At most LIMITS.maxRequestsInFlight are under way; while they are, nothing is read. A request has to come
 * whole in a short time, and an answer is made only when there is room for it among the bytes that are held for others. A link whose answers are not taken
 * in time ends.
 */
export async function serveLink(services: LinkServices, stream: Stream, from: PeerId): Promise<void> {
  const { shares } = services;
  const gone = new AbortController();
  const serving: Serving = {
    ...services,
    stream,
    from,
    gone,
    names: [],
    announced: new Map(),
    told: new Map(),
    underWay: new Set(),
    writing: Promise.resolve(),
  };
  stream.addEventListener("close", () => gone.abort(new HearsayError("ERR_UNREACHABLE", "the link ended")));
  const held = shares.bytes.tryHold(from, 0, "frame");
  try {
    const reserve = (bytes: number) => held?.resize(bytes) ?? false;
    const requests = readFrames(stream, { maxBytes: MAX_ASKED_BYTES, reserve, graceMs: LIMITS.requestArrivalMs });
    for await (const frame of requests) await take(serving, decodeLinkMessage(frame));
    await stream.close();
  } catch (error) {
    // [REJECT] A request longer than LIMITS.maxRequestBytes, or no message of a link.
    if (isHearsayError(error) && MALFORMED.includes(error.code)) shares.fault(from);
    stream.abort(error instanceof Error ? error : new Error(String(error)));
  } finally {
    held?.release();
  }
}

async function take(serving: Serving, { number, second, body }: LinkMessage): Promise<void> {
  const { names, underWay } = serving;
  const name = names[second];
  if (number === 0 && name === undefined) return nameService(names, second, body);
  // [REJECT] A service without a name.
  if (name === undefined) throw new HearsayError("ERR_DECODE", `service ${second} of a link has no name`);
  if (number === 0) return isOfNumbers(name) ? heardNumbers(serving, name, body) : heard(serving, name, body);
  // [REJECT] A body longer than a request.
  if (body.length > LIMITS.maxRequestBytes)
    throw new HearsayError("ERR_TOO_LARGE", `a request of ${body.length} bytes`);
  const end = serveOne(serving, number, name, body).catch((error: Error) => serving.stream.abort(error));
  underWay.add(end);
  void end.then(() => underWay.delete(end));
  if (underWay.size >= LIMITS.maxRequestsInFlight) await Promise.race(underWay);
}

// [REJECT] Services out of order, too many of them, or no name.
function nameService(names: string[], service: number, bytes: Uint8Array): void {
  const name = decodeUtf8(bytes);
  if (service !== names.length || service >= MAX_SERVICES || name === undefined || name.length > MAX_NAME_LENGTH)
    throw new HearsayError("ERR_DECODE", "no name of a service, or not the next one");
  names.push(name);
}

// [REJECT] An announcement of more than LIMITS.maxAnnouncementBytes, or no delta to the one before.
function heard({ announced, from, hear, stream }: Serving, topic: string, delta: Uint8Array): Promise<void> {
  const body = decodeDelta(announced.get(topic) ?? NOTHING, delta, LIMITS.maxAnnouncementBytes);
  announced.set(topic, body);
  return hear(from, topic, body, stream);
}

// [REJECT] More numbers than a brief has, or such as none can be.
function heardNumbers({ told, from, hearNumbers, stream }: Serving, topic: string, changes: Uint8Array): Promise<void> {
  const numbers = decodeChanges(told.get(topic) ?? [], changes, BRIEF_NUMBERS);
  told.set(topic, numbers);
  return hearNumbers(from, topic, numbers, stream);
}

async function serveOne(serving: Serving, number: number, name: string, body: Uint8Array): Promise<void> {
  const { shares, handlers, from } = serving;
  const handler = handlers.get(name);
  if (handler === undefined) return reply(serving, number, { status: STATUS.notServed, body: NOTHING });
  const deadline = createDeadline(LIMITS.requestTimeoutMs, serving.gone.signal);
  let room: Hold | undefined;
  try {
    room = await shares.bytes.hold(from, LIMITS.maxFrameBytes, deadline.signal);
    const made = await untilAborted(answer(serving, handler, body), deadline.signal);
    room.resize(lengthOf(made.body));
    await reply(serving, number, made);
  } catch (error) {
    if (serving.gone.signal.aborted) return;
    const code = isHearsayError(error, "ERR_RATE") ? error.code : undefined;
    await reply(serving, number, { status: code ? STATUS.refused : STATUS.failed, body: utf8(code ?? "") });
  } finally {
    deadline.end();
    room?.release();
  }
}

interface Made {
  readonly status: Status;
  readonly body: Reply;
}

async function answer({ shares, from }: Serving, handler: RequestHandler, asked: Uint8Array): Promise<Made> {
  try {
    const body = await handler(from, asked);
    if (lengthOf(body) <= LIMITS.maxFrameBytes) return { status: STATUS.ok, body };
    return { status: STATUS.refused, body: utf8("ERR_TOO_LARGE") };
  } catch (error) {
    if (!isHearsayError(error) || !isForOthers(error.code)) return { status: STATUS.failed, body: NOTHING };
    if (MALFORMED.includes(error.code)) shares.fault(from);
    return { status: STATUS.refused, body: utf8(error.code) };
  }
}

/** Sent after those before it; resolves when the connection has taken it. */
function reply(serving: Serving, number: number, { status, body }: Made): Promise<void> {
  const { stream, gone } = serving;
  const frame = [headOf(number, status), ...partsOf(body)];
  const sent = serving.writing.then(() => sendFrame(stream, frame, gone.signal));
  serving.writing = sent.catch((error: Error) => stream.abort(error)); // what it was to take it did not take
  return sent;
}
