/** A liar with two logs under one key, which answers from whichever a test tells it to. */
import { nodeCrypto } from "../../node/crypto.ts";
import { equalBytes, joined } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { PeerId, Reply, RequestHandler, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { logIdOf } from "../../protocol/log/entry/entry.ts";
import { encodeTask } from "../../protocol/task/manifest.ts";
import {
  decodeEntriesAnswer,
  decodeLogRequest,
  encodeEntriesAnswer,
  encodeLogRequest,
  LOG_PROTOCOL,
  type LogRequest,
} from "../../protocol/wire/log-messages.ts";
import { encodeHelloAnswer, HELLO_PROTOCOL, taskNames } from "../../protocol/wire/messages.ts";
import { type Crowd, identityOf } from "./crowd.ts";
import { createHostile, type Hostile } from "./hostile.ts";

export interface TwoHeaded {
  readonly peerId: PeerId;
  /** Each makes its offers, and proves them. */
  readonly heads: readonly [Hostile, Hostile, ...Hostile[]];
  announce(sealed: Uint8Array): Promise<void>;
}

export interface Faces {
  /** Which of two heads of one log answers a request of the log protocol about this place. */
  headFor(from: PeerId, seq: number, what: LogRequest["what"]): 0 | 1;
  /** Entries are answered one by one, each from the head of its place; a whole page from that of its first one where left out. */
  readonly byPlace?: boolean;
  /** Whether it answers a request at all; it does where left out. */
  answers?(request: LogRequest): boolean;
  /** Of the log of each head; two of generation 0 where left out. Only the first two may be of one generation. */
  readonly generations?: readonly number[];
  /** What its greeting carries. */
  greeting(from: PeerId): Uint8Array | undefined;
}

interface Head {
  readonly hostile: Hostile;
  readonly logId: Uint8Array;
  readonly handlers: ReadonlyMap<string, RequestHandler>;
}

type EntriesRequest = Extract<LogRequest, { what: "entries" }>;

export function joinTwoHeaded(crowd: Crowd, number: number, task: Task, faces: Faces): TwoHeaded {
  const identity = identityOf(number);
  const transport = crowd.joinTransport(identity.peerId);
  const taskId = nodeCrypto.sha256(encodeTask(task));
  const heads = (faces.generations ?? [0, 0]).map((generation, i): Head => {
    const handlers = new Map<string, RequestHandler>();
    const wrapped: Transport = { ...transport, onRequest: (name, handler) => void handlers.set(name, handler) };
    const own = { transport: wrapped, identity, generation, agent: `hostile/${i}` };
    const logId = logIdOf(identity.publicKey, taskId, nodeCrypto, generation);
    return { hostile: createHostile({ ...own, crypto: nodeCrypto, task }), logId, handlers };
  });

  transport.onRequest(LOG_PROTOCOL, async (from, body) => {
    const request = decodeLogRequest(body);
    if (faces.answers?.(request) === false) throw new HearsayError("ERR_NOT_FOUND", "no word of that");
    return request.what === "entries" && faces.byPlace
      ? pageByPlace(heads, faces, from, request)
      : answer(heads, faces, from, request);
  });
  const { blob, announce } = taskNames(taskId);
  transport.onRequest(
    blob,
    (from, body) => Promise.any(heads.map(async ({ handlers }) => handlers.get(blob)?.(from, body))) as Promise<Reply>,
  );
  transport.onRequest(HELLO_PROTOCOL, (from) => {
    const announcement = faces.greeting(from);
    return encodeHelloAnswer({ task: taskId, agent: "hostile/1", ...(announcement && { announcement }) });
  });
  return {
    peerId: identity.peerId,
    heads: heads.map(({ hostile }) => hostile) as [Hostile, Hostile, ...Hostile[]],
    announce: (sealed) => transport.announce(announce, sealed),
  };
}

/** From the head whose log is asked for, or of two of one log from the one that the test tells. */
async function answer(heads: readonly Head[], faces: Faces, from: PeerId, request: LogRequest): Promise<Uint8Array> {
  const seq = request.what === "prove" ? request.seq : request.what === "entries" ? request.from : 0;
  const asked = heads.filter(({ logId }) => "logId" in request && equalBytes(logId, request.logId));
  const head = asked.length === 1 ? asked[0] : asked[faces.headFor(from, seq, request.what)];
  const handler = head?.handlers.get(LOG_PROTOCOL);
  if (handler === undefined) throw new HearsayError("ERR_NOT_FOUND", "no such log");
  return joined(await handler(from, encodeLogRequest(request)));
}

async function pageByPlace(
  heads: readonly Head[],
  faces: Faces,
  from: PeerId,
  request: EntriesRequest,
): Promise<Uint8Array> {
  const entries: Uint8Array[] = [];
  for (let seq = request.from; seq < request.from + request.limit; seq++) {
    const one = decodeEntriesAnswer(await answer(heads, faces, from, { ...request, from: seq, limit: 1 }));
    if (one.entries.length === 0) break;
    entries.push(...one.entries);
  }
  return encodeEntriesAnswer({ size: request.from + entries.length, entries });
}
