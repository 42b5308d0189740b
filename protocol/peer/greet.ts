/**
 * The greeting at every new connection: do we work on the same task? A peer of another task is told so, and left alone.
 * The answer carries the newest announcement, so that a newcomer need not wait for the next one, and the newest of the asker, in case
 * that it has forgotten (past.ts).
 */
import { equalBytes, toHex } from "../bytes.ts";
import { isHearsayError } from "../errors.ts";
import type { PeerId } from "../seams.ts";
import {
  decodeHelloAnswer,
  decodeHelloRequest,
  encodeHelloAnswer,
  encodeHelloRequest,
  HELLO_PROTOCOL,
} from "../wire/messages.ts";
import { countRefused, type PeerContext } from "./context.ts";

/** What a peer says it runs. */
export const AGENT = "hearsay/0.1.0";

export interface GreetOptions {
  latest(): Uint8Array | undefined;
  /** An announcement that came with an answer. */
  receive(from: PeerId, sealed: Uint8Array): void;
  /** The newest announcement of another that this peer knows: told to that one when it greets. */
  newestOf(peer: PeerId): Uint8Array | undefined;
  /** A peer of this task has answered; `yours` is what it knows of this one. */
  answered(peer: PeerId, yours: Uint8Array | undefined): void;
}

export function greetPeers(context: PeerContext, { latest, receive, newestOf, answered }: GreetOptions): void {
  const { transport, taskId } = context;

  function refuse(peer: PeerId, theirs: Uint8Array): string {
    const message = `another task: theirs is ${toHex(theirs)}, ours is ${toHex(taskId)} (${context.task.name})`;
    countRefused(context.counters, "ERR_OTHER_TASK");
    context.observe?.({ kind: "refused", peer, code: "ERR_OTHER_TASK", message });
    return message;
  }

  transport.onRequest(HELLO_PROTOCOL, (from, body) => {
    const { task } = decodeHelloRequest(body);
    if (!equalBytes(task, taskId)) refuse(from, task); // answered all the same: the asker learns our task, and leaves
    const [announcement, yours] = [latest(), newestOf(from)];
    return encodeHelloAnswer({
      task: taskId,
      agent: AGENT,
      ...(announcement && { announcement }),
      ...(yours && { yours }),
    });
  });

  async function greet(peer: PeerId): Promise<void> {
    const request = encodeHelloRequest({ task: taskId, agent: AGENT });
    const answer = decodeHelloAnswer(
      await transport.request(peer, HELLO_PROTOCOL, request, { signal: context.signal }),
    );
    if (!equalBytes(answer.task, taskId)) {
      refuse(peer, answer.task);
      transport.block(peer);
      return;
    }
    answered(peer, answer.yours);
    if (answer.announcement !== undefined) receive(peer, answer.announcement);
  }

  const greetOrLeave = (peer: PeerId) => {
    greet(peer).catch((error: unknown) => {
      // Not a Hearsay peer, or gone already: it takes part in nothing, and costs nothing.
      if (!isHearsayError(error) && !context.signal.aborted) throw error;
    });
  };
  transport.onConnect(greetOrLeave);
  transport.peers().forEach(greetOrLeave); // who connected before the log was open
}
