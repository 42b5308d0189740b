/** Requests of the network in memory: one question to a neighbour, one answer, and how each ends. */
import { utf8 } from "../../protocol/base/bytes.ts";
import { type ErrorCode, HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import { deliver, type Node, type Nodes } from "./nodes.ts";

/** What a node asks. */
export interface Question {
  readonly peer: PeerId;
  readonly protocol: string;
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

/** What came of a request: the bytes, or the code of the error that the asker gets. */
type Answer = Uint8Array | ErrorCode;

/** The ways in which a request ends: the first that is called counts. */
interface Ends {
  done(reply: Uint8Array): void;
  fail(code: ErrorCode, why: string): void;
  broken(): void;
}

/** As `Transport.request`. */
export function ask(nodes: Nodes, from: Node, question: Question): Promise<Uint8Array> {
  const { peer, body, signal } = question;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      cancel();
      from.waiting.delete(ends.broken);
      signal?.removeEventListener("abort", aborted);
      act();
    };
    const aborted = () => settle(() => reject(signal?.reason));
    const ends: Ends = {
      done: (reply) => settle(() => resolve(reply)),
      fail: (code, why) => settle(() => reject(refusal(code, question, why))),
      broken: () => ends.fail("ERR_UNREACHABLE", "no connection"),
    };
    const cancel = nodes.clock.after(LIMITS.requestTimeoutMs, () => ends.fail("ERR_TIMEOUT", "no answer in time"));
    if (signal?.aborted) return aborted();
    if (body.length > LIMITS.maxRequestBytes) return ends.fail("ERR_TOO_LARGE", `a request of ${body.length} bytes`);
    if (!from.links.has(peer)) return ends.broken();
    signal?.addEventListener("abort", aborted, { once: true });
    from.waiting.set(ends.broken, peer);
    send(nodes, from, question, ends);
  });
}

function refusal(code: ErrorCode, { peer, protocol }: Question, why: string): HearsayError {
  return new HearsayError(code, `${peer} could not be asked ${protocol}: ${why}`);
}

function send(nodes: Nodes, from: Node, { peer, protocol, body }: Question, ends: Ends): void {
  const asked = nodes.own(body);
  const arrive = async (node: Node) => {
    const reply = await answerOf(node, from.peer, protocol, asked);
    if (typeof reply === "string")
      return deliver(nodes, node, from.peer, utf8(reply), () => ends.fail(reply, "it refused"), ends.broken);
    const whole = nodes.own(reply);
    deliver(nodes, node, from.peer, whole, () => ends.done(whole), ends.broken);
  };
  deliver(nodes, from, peer, body, arrive, ends.broken);
}

async function answerOf(node: Node, from: PeerId, protocol: string, body: Uint8Array): Promise<Answer> {
  try {
    const reply = await node.handlers.get(protocol)?.(from, body);
    if (reply === undefined) return "ERR_UNREACHABLE"; // not served
    return reply.length > LIMITS.maxFrameBytes ? "ERR_TOO_LARGE" : reply;
  } catch (error) {
    return isHearsayError(error) ? error.code : "ERR_UNREACHABLE"; // a fault of the handler is its own affair
  }
}
