/** Requests of the network in memory: one question to a neighbour, one answer, and how each ends. */
import { joined, lengthOf } from "../../protocol/base/bytes.ts";
import { type ErrorCode, HearsayError, isForOthers, isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId, Reply } from "../../protocol/base/seams.ts";
import type { Answer, Question, Refusal } from "./letters.ts";
import { type Node, type Nodes, send } from "./nodes.ts";

const NOT_SERVED = "ERR_UNREACHABLE";

/** As `Transport.request`. */
export function ask(
  nodes: Nodes,
  from: Node,
  question: { readonly peer: PeerId; readonly protocol: string; readonly body: Uint8Array },
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { peer, protocol, body } = question;
  const id = from.host.asked++;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      cancel();
      from.waiting.delete(id);
      signal?.removeEventListener("abort", aborted);
      act();
    };
    const aborted = () => settle(() => reject(signal?.reason));
    const done = (reply: Uint8Array) => settle(() => resolve(reply));
    const fail = (code: ErrorCode, why: string) =>
      settle(() => reject(new HearsayError(code, `${peer} could not be asked ${protocol}: ${why}`)));
    const cancel = nodes.clock
      .of(from.host.number)
      .after(LIMITS.requestTimeoutMs, () => fail("ERR_TIMEOUT", "no answer in time"));
    if (signal?.aborted) return aborted();
    if (body.length > LIMITS.maxRequestBytes) return fail("ERR_TOO_LARGE", `a request of ${body.length} bytes`);
    if (!from.links.has(peer)) return fail("ERR_UNREACHABLE", "no connection");
    signal?.addEventListener("abort", aborted, { once: true });
    from.waiting.set(id, { peer, done, fail });
    send(nodes, from, peer, { kind: "question", id, protocol, body: nodes.own(body) });
  });
}

/** A question has come. */
export function answer(nodes: Nodes, node: Node, from: PeerId, { id, protocol, body }: Question): void {
  const refuse = (code: ErrorCode) => send(nodes, node, from, { kind: "refusal", id, code });
  const give = (reply: Reply | undefined) => {
    if (reply === undefined) refuse(NOT_SERVED);
    else if (lengthOf(reply) > LIMITS.maxFrameBytes) refuse("ERR_TOO_LARGE");
    else send(nodes, node, from, { kind: "answer", id, body: nodes.own(joined(reply)) });
  };
  const fail = (error: unknown) => refuse(isHearsayError(error) && isForOthers(error.code) ? error.code : NOT_SERVED); // a fault of the handler is its own affair
  try {
    const reply = node.handlers.get(protocol)?.(from, body);
    if (reply instanceof Promise) void reply.then(give, fail);
    else give(reply);
  } catch (error) {
    fail(error);
  }
}

/** What came of a question has come back; nothing where it has ended meanwhile. */
export function settle(node: Node, from: PeerId, reply: Answer | Refusal): void {
  const waiting = node.waiting.get(reply.id);
  if (waiting?.peer !== from) return;
  if (reply.kind === "answer") waiting.done(reply.body);
  else waiting.fail(reply.code, "it refused");
}
