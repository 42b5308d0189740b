/** A liar with two logs under one key, which answers from whichever a test tells it to. */
import { nodeCrypto } from "../../node/crypto.ts";
import { encodeTask } from "../../protocol/manifest.ts";
import type { PeerId, RequestHandler, Transport } from "../../protocol/seams.ts";
import type { Task } from "../../protocol/task.ts";
import { decodeLogRequest, LOG_PROTOCOL } from "../../protocol/wire/log-messages.ts";
import { encodeHelloAnswer, HELLO_PROTOCOL, taskNames } from "../../protocol/wire/messages.ts";
import { type Crowd, identityOf } from "./crowd.ts";
import { createHostile, type Hostile } from "./hostile.ts";

export interface TwoHeaded {
  readonly peerId: PeerId;
  /** Each makes its offers, and proves them. */
  readonly heads: readonly [Hostile, Hostile];
  announce(sealed: Uint8Array): Promise<void>;
}

export interface Faces {
  /** Which head answers a request of the log protocol about this place. */
  headFor(from: PeerId, seq: number): 0 | 1;
  /** What its greeting carries. */
  greeting(from: PeerId): Uint8Array | undefined;
}

export function joinTwoHeaded(crowd: Crowd, number: number, task: Task, faces: Faces): TwoHeaded {
  const identity = identityOf(number);
  const transport = crowd.joinTransport(identity.peerId);
  const taskId = nodeCrypto.sha256(encodeTask(task));
  const captured = [new Map<string, RequestHandler>(), new Map<string, RequestHandler>()] as const;
  const [first, second] = captured.map((handlers, i) => {
    const wrapped: Transport = { ...transport, onRequest: (name, handler) => void handlers.set(name, handler) };
    return createHostile({ transport: wrapped, identity, crypto: nodeCrypto, task, agent: `hostile/${i}` });
  }) as [Hostile, Hostile];
  const handlerOf = (head: 0 | 1, name: string) => captured[head].get(name) as RequestHandler;

  transport.onRequest(LOG_PROTOCOL, (from, body) => {
    const request = decodeLogRequest(body);
    const seq = request.what === "prove" ? request.seq : request.what === "entries" ? request.from : 0;
    return handlerOf(faces.headFor(from, seq), LOG_PROTOCOL)(from, body);
  });
  const { blob, announce } = taskNames(taskId);
  transport.onRequest(blob, async (from, body) => {
    try {
      return await handlerOf(0, blob)(from, body);
    } catch {
      return handlerOf(1, blob)(from, body);
    }
  });
  transport.onRequest(HELLO_PROTOCOL, (from) => {
    const announcement = faces.greeting(from);
    return encodeHelloAnswer({ task: taskId, agent: "hostile/1", ...(announcement && { announcement }) });
  });
  return {
    peerId: identity.peerId,
    heads: [first, second],
    announce: (sealed) => transport.announce(announce, sealed),
  };
}
