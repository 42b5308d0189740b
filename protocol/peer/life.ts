/** How a peer ends: by `stop`, or by a permanent failure outside its cycle. */
import { HearsayError, isHearsayError } from "../base/errors.ts";

export interface Life {
  /** Aborts when the peer ends. */
  readonly signal: AbortSignal;
  /** Rejects with what failed. */
  readonly failed: Promise<never>;
  /** Ends the peer: `failed` rejects with the cause. */
  fail(cause: unknown): void;
  /** Ends the peer after the step in progress. */
  stop(): void;
  /** Watches work for which nothing waits, such as questions to other peers. A HearsayError is ignored: the other refused, or did not answer. Any other error ends the peer. */
  aside(work: Promise<unknown>): void;
}

export function createLife(): Life {
  const ending = new AbortController();
  const failing = Promise.withResolvers<never>();
  failing.promise.catch(() => {}); // `Peer.run` reports it
  const fail = (cause: unknown) => {
    if (ending.signal.aborted) return;
    failing.reject(cause);
    ending.abort(cause);
  };
  return {
    signal: ending.signal,
    failed: failing.promise,
    fail,
    stop: () => ending.abort(new HearsayError("ERR_UNREACHABLE", "this peer is stopping")),
    aside(work) {
      work.catch((error: unknown) => {
        if (!isHearsayError(error)) fail(error);
      });
    },
  };
}
