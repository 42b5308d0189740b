/** The answering end of a request: one frame in, one frame out (transport.ts). */
import type { Stream } from "@libp2p/interface";
import { concatBytes, lengthOf, partsOf, utf8 } from "../../protocol/base/bytes.ts";
import { type ErrorCode, HearsayError, isForOthers, isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId, Reply, RequestHandler } from "../../protocol/base/seams.ts";
import { wallClock } from "../clock.ts";
import type { Hold } from "./byte-budget.ts";
import { readFrame, writeFrame } from "./frames.ts";
import type { Shares } from "./shares.ts";

/** With the byte in front. */
export const MAX_ANSWER_BYTES: number = 1 + LIMITS.maxFrameBytes;

const OK = new Uint8Array([0]);
const FAILED = new Uint8Array([1]);
/** Codes with which a handler says that a request was none: no honest peer sends such. */
export const MALFORMED: readonly ErrorCode[] = ["ERR_DECODE", "ERR_NOT_CANONICAL"];

/**
 * Reads one request, and answers it. A request has to come whole in a short time, and an answer is made only when there is room for it among the bytes that
 * are held for others; both are held until the connection has taken the answer, or nobody waits for it any more.
 */
export async function serve(shares: Shares, handler: RequestHandler, stream: Stream, from: PeerId): Promise<void> {
  const gone = watch(stream);
  const held = shares.bytes.tryHold(from, 0, "frame");
  let room: Hold | undefined;
  try {
    const reserve = (bytes: number) => held?.resize(bytes) ?? false;
    const request = await readFrame(stream, { maxBytes: LIMITS.maxRequestBytes, reserve }, gone.signal);
    gone.arrived();
    room = await shares.bytes.hold(from, MAX_ANSWER_BYTES, gone.signal);
    const reply = await Promise.race([answer(handler, from, request), gone.promise]);
    if (reply.fault) shares.fault(from);
    room.resize(reply.frame.length);
    await writeFrame(stream, reply.frame, gone.signal);
    await stream.close({ signal: gone.signal });
  } catch (error) {
    // [REJECT] A request longer than LIMITS.maxRequestBytes.
    if (isHearsayError(error, "ERR_TOO_LARGE")) shares.fault(from);
    stream.abort(error instanceof Error ? error : new Error(String(error)));
  } finally {
    gone.stop();
    room?.release();
    held?.release();
  }
}

/** Ends a request where it did not come in time, is not answered in time, or where its stream closes: then nobody waits for it. */
function watch(stream: Stream) {
  const gone = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // not everybody waits for it
  const end = (why: Error) => {
    gone.abort(why);
    reject(why);
  };
  const late = () =>
    end(new HearsayError("ERR_TIMEOUT", "a request that does not come whole, or an answer that nobody takes"));
  const onClose = () => end(new HearsayError("ERR_UNREACHABLE", "the stream closed"));
  const cancels = [
    wallClock.after(LIMITS.requestArrivalMs, late),
    wallClock.after(LIMITS.requestTimeoutMs, late),
  ] as const;
  stream.addEventListener("close", onClose);
  return {
    signal: gone.signal,
    promise,
    arrived: cancels[0],
    stop() {
      for (const cancel of cancels) cancel();
      stream.removeEventListener("close", onClose);
    },
  };
}

/** The answer's frame, and whether the request was none. */
async function answer(
  handler: RequestHandler,
  from: PeerId,
  body: Uint8Array,
): Promise<{ frame: Uint8Array; fault: boolean }> {
  let reply: Reply;
  try {
    reply = await handler(from, body);
  } catch (error) {
    if (!isHearsayError(error) || !isForOthers(error.code)) throw error;
    return { frame: concatBytes(FAILED, utf8(error.code)), fault: MALFORMED.includes(error.code) };
  }
  if (lengthOf(reply) <= LIMITS.maxFrameBytes) return { frame: concatBytes(OK, ...partsOf(reply)), fault: false };
  return { frame: concatBytes(FAILED, utf8("ERR_TOO_LARGE")), fault: false };
}
