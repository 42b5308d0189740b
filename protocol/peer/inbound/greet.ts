/**
 * The greeting at every new connection: do we work on the same task, in the same version of the protocol? A peer that does not is told so, and both
 * ends leave. The answer carries the newest announcement, so that a newcomer need not wait for the next one, and the newest of the asker, in case
 * that it has forgotten (peer/account/past.ts).
 *
 * A peer counts as a neighbour from its answer until its connection closes. Whoever neither answers nor greets is not kept (`Transport.keep`).
 */
import { equalBytes, toHex } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { PeerId, Verdict } from "../../base/seams.ts";
import {
  decodeHelloAnswer,
  decodeHelloRequest,
  encodeHelloAnswer,
  encodeHelloRequest,
  HELLO_PROTOCOL,
} from "../../wire/messages.ts";
import { countRefused, type PeerContext } from "../context.ts";
import type { RequestService } from "../services.ts";
import { paidService } from "./serve.ts";

/** What a peer says it runs. */
export const AGENT = "hearsay/0.1.0";

/** So long the answer has to reach a peer that is left. */
const LEAVE_AFTER_MS = 1_000;
/** Greetings that are remembered, before those of peers that are gone are forgotten. */
const MAX_REMEMBERED = 1024;

export interface GreetOptions {
  latest(): Uint8Array | undefined;
  /** An announcement that came with an answer. */
  receive(from: PeerId, sealed: Uint8Array): Verdict;
  /** Whether announcements that came with answers, and were news, are announced to all: an author could tell its neighbours of two heads of its log else. */
  readonly passOn: boolean;
  /** The newest announcement of another that this peer knows: told to that one when it greets. */
  newestOf(peer: PeerId): Uint8Array | undefined;
  /** A peer of this task has answered; `yours` is what it knows of this one. */
  answered(peer: PeerId, yours: Uint8Array | undefined): void;
}

export interface Greetings {
  /** Answers greetings. */
  readonly service: RequestService;
  /** Greets who is connected, and from now on every peer that connects. */
  start(): void;
  /** Connected peers that have answered on this task, sorted. */
  neighbours(): PeerId[];
}

/** What is known of the peers that are connected. */
interface Acquaintance {
  readonly answered: Set<PeerId>;
  /** Asked, and not answered yet. */
  readonly asking: Set<PeerId>;
  /** Said already that it is refused. */
  readonly refused: Set<PeerId>;
}

export function createGreetings(context: PeerContext, options: GreetOptions): Greetings {
  const { transport, taskId } = context;
  const known: Acquaintance = { answered: new Set(), asking: new Set(), refused: new Set() };

  function answer(from: PeerId, task: Uint8Array): Uint8Array {
    if (!equalBytes(task, taskId)) {
      refuse(context, known, from, otherTask(context, task)); // answered all the same: the asker learns our task, and leaves
      context.clock.after(LEAVE_AFTER_MS, () => transport.shun(from));
    } else {
      transport.keep(from);
      if (!known.answered.has(from)) greetOrLeave(context, known, from, options); // it was not ready for ours, perhaps
    }
    const [announcement, yours] = [options.latest(), options.newestOf(from)];
    return encodeHelloAnswer({
      task: taskId,
      agent: AGENT,
      ...(announcement && { announcement }),
      ...(yours && { yours }),
    });
  }

  const service = paidService(context.budget, {
    protocol: HELLO_PROTOCOL,
    decode: (body, from) => theirTask(context, known, from, body),
    costOf: () => 0.2,
    bytesPerUnit: 16_384,
    answer,
  });

  return {
    service,
    start() {
      transport.onConnect((peer) => {
        for (const set of [known.answered, known.refused]) {
          set.delete(peer);
          if (set.size > MAX_REMEMBERED) forgetAbsent(set, transport.peers());
        }
        greetOrLeave(context, known, peer, options);
      });
      for (const peer of transport.peers()) greetOrLeave(context, known, peer, options); // connected before the log was open
    },
    neighbours: () => transport.peers().filter((peer) => known.answered.has(peer)),
  };
}

function forgetAbsent(peers: Set<PeerId>, connected: readonly PeerId[]): void {
  const here = new Set(connected);
  for (const peer of peers) if (!here.has(peer)) peers.delete(peer);
}

/** @throws HearsayError ERR_VERSION, which the asker is told, and what else a decoder throws. */
function theirTask(context: PeerContext, known: Acquaintance, from: PeerId, body: Uint8Array): Uint8Array {
  try {
    return decodeHelloRequest(body).task;
  } catch (error) {
    if (isHearsayError(error, "ERR_VERSION")) {
      refuse(context, known, from, error);
      context.clock.after(LEAVE_AFTER_MS, () => context.transport.shun(from));
    }
    throw error;
  }
}

function greetOrLeave(context: PeerContext, known: Acquaintance, peer: PeerId, options: GreetOptions): void {
  if (known.asking.has(peer)) return;
  known.asking.add(peer);
  greet(context, known, peer, options)
    .catch((error: unknown) => {
      // Not a Hearsay peer, or gone already: it takes part in nothing, and the transport does not keep it.
      if (!isHearsayError(error) && !context.signal.aborted) throw error;
      if (!isHearsayError(error, "ERR_OTHER_TASK") && !isHearsayError(error, "ERR_VERSION")) return;
      refuse(context, known, peer, error);
      context.transport.shun(peer);
    })
    .finally(() => known.asking.delete(peer));
}

/** @throws HearsayError ERR_OTHER_TASK, ERR_VERSION, or why there is no answer. */
async function greet(context: PeerContext, known: Acquaintance, peer: PeerId, options: GreetOptions): Promise<void> {
  const { transport, taskId, signal } = context;
  const request = encodeHelloRequest({ task: taskId, agent: AGENT });
  const answer = decodeHelloAnswer(await transport.request(peer, HELLO_PROTOCOL, request, { signal }));
  if (!equalBytes(answer.task, taskId)) throw otherTask(context, answer.task);
  known.answered.add(peer);
  transport.keep(peer);
  options.answered(peer, answer.yours);
  if (answer.announcement === undefined) return;
  const { verdict } = options.receive(peer, answer.announcement);
  if (verdict === "accept" && options.passOn)
    transport.announce(context.names.announce, answer.announcement).catch(() => {}); // who is not reached hears the next
}

function otherTask({ taskId, task }: PeerContext, theirs: Uint8Array): HearsayError {
  const message = `another task: theirs is ${toHex(theirs)}, ours is ${toHex(taskId)} (${task.name})`;
  return new HearsayError("ERR_OTHER_TASK", message);
}

/** Counted and told once a connection, though both ends greet. */
function refuse(context: PeerContext, { refused }: Acquaintance, peer: PeerId, { code, message }: HearsayError): void {
  if (refused.has(peer)) return;
  refused.add(peer);
  countRefused(context.counters, code);
  context.observe?.({ kind: "refused", peer, code, message });
}
