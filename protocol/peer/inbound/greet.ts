/**
 * The greeting at every new connection: do we work on the same task, in the same version of the protocol? A peer that does not is told so, and both
 * ends leave. The answer (hello-service.ts) carries the newest announcement, so that a newcomer need not wait for the next one, and the newest of the
 * asker, in case that it has forgotten (peer/account/past.ts).
 *
 * A peer counts as a neighbour from its answer until its connection closes. A peer that neither answers nor greets is not kept (`Transport.keep`).
 */
import { equalBytes, toHex } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { PeerId, Transport, Verdict } from "../../base/seams.ts";
import { decodeHelloAnswer, encodeHelloRequest, HELLO_PROTOCOL, type LogPosition } from "../../wire/messages.ts";
import type { Subject } from "../subject.ts";
import type { Acquaintance } from "./acquaintance.ts";
import type { News } from "./news.ts";

/** What a peer says it runs. */
export const AGENT = "hearsay/0.1.0";

export interface GreetComponents {
  readonly transport: Transport;
  readonly subject: Subject;
  readonly acquaintance: Acquaintance;
  readonly news: Pick<News, "wished">;
}

export interface GreetOptions {
  readonly signal: AbortSignal;
  /** An announcement that came with an answer. */
  receive(from: PeerId, sealed: Uint8Array): Verdict;
  /** Whether announcements that came with answers, and were news, are announced to all: an author could tell its neighbours of two heads of its log else. */
  readonly passOn: boolean;
  /** A peer of this task has answered; `yours` is what it knows of this one, and `heard` of what it knows that nobody has signed. */
  answered(peer: PeerId, yours: Uint8Array | undefined, heard: LogPosition | undefined): void;
}

/** Greets a peer, and leaves it where it is of another task or version. */
export function createGreeter(components: GreetComponents, options: GreetOptions): (peer: PeerId) => void {
  const { acquaintance } = components;
  return (peer) => acquaintance.ask(peer, () => greetOrLeave(components, options, peer));
}

async function greetOrLeave(components: GreetComponents, options: GreetOptions, peer: PeerId): Promise<void> {
  try {
    await greet(components, options, peer);
  } catch (error) {
    // Not a Hearsay peer, or gone already: it takes part in nothing, and the transport does not keep it.
    if (!isHearsayError(error) && !options.signal.aborted) throw error;
    if (!isHearsayError(error, "ERR_OTHER_TASK") && !isHearsayError(error, "ERR_VERSION")) return;
    components.acquaintance.refuse(peer, error);
    components.transport.shun(peer);
  }
}

/** @throws HearsayError ERR_OTHER_TASK, ERR_VERSION, or why there is no answer. */
async function greet(
  { transport, subject, acquaintance, news }: GreetComponents,
  { receive, passOn, answered, signal }: GreetOptions,
  peer: PeerId,
): Promise<void> {
  const { taskId, names } = subject;
  const request = encodeHelloRequest({ task: taskId, agent: AGENT });
  const answer = decodeHelloAnswer(await transport.request(peer, HELLO_PROTOCOL, request, { signal }));
  if (!equalBytes(answer.task, taskId)) throw otherTask(subject, answer.task);
  acquaintance.answered(peer, answer);
  news.wished(peer, answer.newsEveryS);
  transport.keep(peer);
  answered(peer, answer.yours, answer.heard);
  if (answer.announcement === undefined) return;
  const { verdict, relay = true } = receive(peer, answer.announcement);
  if (verdict === "accept" && relay && passOn) transport.announce(names.announce, answer.announcement).catch(() => {}); // a peer that is not reached hears the next one
}

export function otherTask({ taskId, task }: Subject, theirs: Uint8Array): HearsayError {
  const message = `another task: theirs is ${toHex(theirs)}, ours is ${toHex(taskId)} (${task.name})`;
  return new HearsayError("ERR_OTHER_TASK", message);
}
