/**
 * A peer that speaks the protocol and keeps none of its promises: it announces and serves whatever a test tells it to.
 *
 * It stands on the seams Transport and Identity alone, so it joins the simulated network and a real one alike:
 *
 *     const hostile = createHostile({ transport, identity, crypto, task });
 *     await hostile.offer({ params: new Float32Array(n).fill(NaN) });        // a body that must be refused
 *     await hostile.offer({ age: 2 ** 53 - 1 });                            // a lie about a harmless model
 *
 * An offer without `params` or `body` is a harmless model that was never offered before. Its log is in order unless an offer says otherwise: each
 * offer is an entry, which it proves when it is asked, so that what is refused is refused for the lie.
 */
import { toHex } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Crypto, Identity, PeerId, Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { BodyCodec } from "../../protocol/codec/codec.ts";
import { codecOf as taskCodec } from "../../protocol/codec/registry.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import { encodeTask } from "../../protocol/task/manifest.ts";
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from "../../protocol/wire/announcement.ts";
import { LOG_PROTOCOL } from "../../protocol/wire/log-messages.ts";
import {
  type BlobAnswer,
  type BlobRequest,
  decodeBlobRequest,
  encodeBlobAnswer,
  encodeHelloAnswer,
  HELLO_PROTOCOL,
  taskNames,
} from "../../protocol/wire/messages.ts";

import { createHostileLog } from "./hostile-log.ts";
import { AS_TRAINED } from "./publications.ts";

export interface HostileOptions {
  readonly transport: Transport;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly task: Task;
  /** The task id that its greetings name, where it is not that of `task`. */
  readonly helloTask?: Uint8Array;
  /** What its greetings and its log name; another one makes another log under the same key. */
  readonly agent?: string;
  /** Of its log; 0 where left out. */
  readonly generation?: number;
}

/** What is announced and served; a field that is left out is as an honest peer would have it. */
export interface Offer {
  /** Encoded as a body of the task. */
  readonly params?: Float32Array;
  /** Served as it is. */
  readonly body?: Uint8Array;
  /** Announced in place of the body's hash; the body is served under it. */
  readonly hash?: Uint8Array;
  /** Announced in place of the body's length. */
  readonly bytes?: number;
  /** Default 0. */
  readonly age?: number;
  /** Default: that of the offer's log entry. Any other has no entry. */
  readonly seq?: number;
  /** Announced without an entry in the log. */
  readonly unlogged?: boolean;
  readonly taskId?: Uint8Array;
  /** Signs in place of the author. */
  readonly signer?: Identity;
  /** Changes the answer to a request for a chunk: may throw, never resolve, or return raw bytes. */
  readonly answer?: (honest: BlobAnswer, request: BlobRequest) => Answer | Promise<Answer>;
}

type Answer = BlobAnswer | Uint8Array;

export interface Hostile {
  readonly peerId: PeerId;
  /** Encodes bodies as the task has them. */
  readonly codec: BodyCodec;
  /** Serves and announces; resolves with the sealed announcement. */
  offer(offer?: Offer): Promise<Uint8Array>;
  /** Serves, and only seals the announcement. */
  prepare(offer?: Offer): Uint8Array;
  /** Publishes bytes on the task's topic. */
  announce(sealed: Uint8Array): Promise<void>;
  /** What its greetings carry: the newest offer, unless this was called. */
  greetWith(sealed: Uint8Array | undefined): void;
  /** The announcements of others that reached it. */
  readonly heard: Announcement[];
  /** The requests for chunks that reached it. */
  readonly asked: ({ readonly from: PeerId } & BlobRequest)[];
}

export function codecOf(task: Task, crypto: Crypto): BodyCodec {
  return taskCodec(task, crypto.sha256(encodeTask(task)));
}

export function createHostile(options: HostileOptions): Hostile {
  const { transport, identity, crypto, task, helloTask, agent = "hostile/1", generation = 0 } = options;
  const taskId = crypto.sha256(encodeTask(task));
  const names = taskNames(taskId);
  const codec = codecOf(task, crypto);
  const shelf = new Map<string, { body: Uint8Array; answer: Offer["answer"] }>();
  const heard: Announcement[] = [];
  const asked: ({ from: PeerId } & BlobRequest)[] = [];
  const log = createHostileLog(identity, taskId, crypto, { agent, generation });
  let offers = 0;
  let greeting: Uint8Array | undefined;
  let chosenGreeting = false;

  transport.onAnnounce(names.announce, (_from, sealed) => {
    heard.push(decodeAnnouncement(sealed));
    return { verdict: "accept" };
  });
  transport.onRequest(HELLO_PROTOCOL, () =>
    encodeHelloAnswer({
      task: helloTask ?? taskId,
      agent,
      ...(greeting && { announcement: greeting }),
    }),
  );
  transport.onRequest(LOG_PROTOCOL, async (_from, bytes) => log.answer(bytes));
  transport.onRequest(names.blob, async (from, bytes) => {
    const request = decodeBlobRequest(bytes);
    asked.push({ from, ...request });
    const offered = shelf.get(toHex(request.hash));
    if (offered === undefined) throw new HearsayError("ERR_NOT_FOUND", "not on offer");
    const { body, answer } = offered;
    const end = Math.min(body.length, request.offset + Math.min(request.maxBytes, LIMITS.maxChunkBytes));
    const honest = { total: body.length, chunk: body.subarray(Math.min(request.offset, end), end) };
    const given = (await answer?.(honest, request)) ?? honest;
    return given instanceof Uint8Array ? given : encodeBlobAnswer(given);
  });

  /** Near the start of every peer, never twice the same in any generation, and never that of another hostile peer. */
  function harmless(): Float32Array {
    const params = initialParams(task.tensors, task.seed);
    params[0] = (params[0] as number) + (++offers + 100 * generation) / 1024;
    for (const [i, byte] of identity.publicKey.subarray(0, 4).entries()) {
      if (i + 1 < params.length) params[i + 1] = (params[i + 1] as number) + byte / 2 ** 16;
    }
    return params;
  }

  function prepare(offer: Offer = {}): Uint8Array {
    const body = offer.body ?? codec.encode(offer.params ?? harmless());
    const model = offer.hash ?? crypto.sha256(body);
    const age = offer.age ?? 0;
    const length = offer.bytes ?? body.length;
    const published = { model, age, bytes: length, codec: task.codec, ...AS_TRAINED };
    const entry = offer.unlogged ? log.pretend() : log.publish(published);
    shelf.set(toHex(model), { body, answer: offer.answer });
    const draft = {
      task: offer.taskId ?? taskId,
      generation,
      ...entry,
      ...(offer.seq !== undefined && { seq: offer.seq }),
      model,
      bytes: length,
      age,
      tsMs: 0,
    };
    const signer = offer.signer ?? identity;
    const sealed = encodeAnnouncement(draft, { ...signer, publicKey: identity.publicKey });
    if (!chosenGreeting) greeting = sealed;
    return sealed;
  }

  async function announce(sealed: Uint8Array): Promise<void> {
    await transport.announce(names.announce, sealed);
  }

  return {
    peerId: identity.peerId,
    codec,
    prepare,
    announce,
    async offer(offer) {
      const sealed = prepare(offer);
      await announce(sealed);
      return sealed;
    },
    greetWith(sealed) {
      greeting = sealed;
      chosenGreeting = true;
    },
    heard,
    asked,
  };
}
