/** Bodies of releases: from the disk, else from a neighbour, by hash. Those used last are offered to others, as blobs. */
import { forgetOldest } from "../../base/bounded.ts";
import { keyOf } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, Crypto, Transport } from "../../base/seams.ts";
import type { Statement } from "../../release/statements.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import { pullBlob } from "../inbound/pull-blob.ts";
import type { Life } from "../life.ts";
import type { Library } from "./library.ts";

export interface ReleaseBodies {
  /** Undefined where nobody has it now: then `retry` is called some time later. */
  bodyOf(tag: Statement<"tag">): Promise<Uint8Array | undefined>;
  /** A body that was made here; on disk when it resolves. */
  add(hash: Uint8Array, body: Uint8Array): Promise<void>;
}

export interface BodyComponents {
  readonly clock: Pick<Clock, "after">;
  readonly crypto: Pick<Crypto, "sha256" | "sha256InParts">;
  readonly transport: Pick<Transport, "peers" | "request">;
  readonly shelf: Pick<BlobShelf, "lend">;
  readonly library: Library;
  readonly life: Pick<Life, "signal">;
}

export interface BodyOptions {
  readonly protocol: string;
  /** Of a model of the task. */
  readonly bodyBytes: number;
  retry(): void;
}

/** Neighbours that are asked for one body in a row. */
const ASKED_IN_A_ROW = 8;
const RETRY_MS = 5_000;

export function createReleaseBodies(components: BodyComponents, options: BodyOptions): ReleaseBodies {
  const { clock, shelf, library, life } = components;
  const lent = new Map<string, () => void>();
  let waits = false;

  function offer(hash: Uint8Array, body: Uint8Array): void {
    lent.get(keyOf(hash))?.();
    lent.delete(keyOf(hash));
    lent.set(keyOf(hash), shelf.lend(hash, body));
    const [oldest] = lent;
    if (lent.size > LIMITS.maxReleaseBodies) oldest?.[1]();
    forgetOldest(lent, LIMITS.maxReleaseBodies);
  }

  function retryLater(): void {
    if (waits || life.signal.aborted) return;
    waits = true;
    clock.after(RETRY_MS, () => {
      waits = false;
      options.retry();
    });
  }

  return {
    async bodyOf({ model, bytes }) {
      if (bytes !== options.bodyBytes) return undefined; // of no model of this task
      const kept = await library.body(model);
      const body = kept ?? (await pullFromAny(components, options, model));
      if (body === undefined) retryLater();
      else {
        if (kept === undefined) await library.keepBody(model, body);
        offer(model, body);
      }
      return body;
    },
    async add(hash, body) {
      await library.keepBody(hash, body);
      offer(hash, body);
    },
  };
}

async function pullFromAny(
  { clock, crypto, transport, life }: BodyComponents,
  { protocol, bodyBytes }: BodyOptions,
  hash: Uint8Array,
): Promise<Uint8Array | undefined> {
  for (const peer of transport.peers().slice(0, ASKED_IN_A_ROW)) {
    const pull = { hash, maxBytes: bodyBytes, expectedBytes: bodyBytes, signal: life.signal };
    try {
      return await pullBlob({ clock, crypto, transport }, peer, protocol, pull);
    } catch (error) {
      if (!isHearsayError(error)) throw error;
    }
  }
  return undefined;
}
