/** Stages Fetched and Candidate: a body is pulled by its hash, beside the proof that its author's log names it, and looked into. */

import { HearsayError } from "../../base/errors.ts";
import type { Clock, Crypto, PeerId, Transport } from "../../base/seams.ts";
import type { BodyCodec } from "../../codec/codec.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { pullBlob } from "../inbound/pull-blob.ts";
import { validateBody } from "../inbound/validate.ts";
import { type Announced, type Candidate, candidate, type Fetched, fetched } from "../stages.ts";

export interface FetchComponents {
  readonly transport: Transport;
  readonly crypto: Crypto;
  readonly clock: Clock;
}

/** How authors answer for their logs. */
export interface Proofs {
  isBanned(author: PeerId): boolean;
  /** @throws HearsayError where the author's log does not prove the model. */
  prove(announced: Announcement): Promise<void>;
}

export interface FetchOptions {
  /** Name of the protocol by which bodies are pulled. */
  readonly protocol: string;
  /** Longest body. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Left out where authors do not answer for their logs. */
  readonly proofs?: Proofs;
}

/** @throws HearsayError of `pullBlob`, of `Proofs.prove`, ERR_BANNED, or the signal's reason. */
export async function fetchBody(
  components: FetchComponents,
  announced: Announced,
  { protocol, maxBytes, signal, proofs }: FetchOptions,
): Promise<Fetched> {
  const pulled = pullBlob(components, announced.author, protocol, {
    hash: announced.model,
    maxBytes,
    expectedBytes: announced.bytes,
    signal,
  });
  return fetched(announced, proofs === undefined ? await pulled : await proved(announced, pulled, signal, proofs));
}

/** The body, when the model is proved as well. What is wrong with the body itself counts first. */
async function proved(
  announced: Announced,
  pulled: Promise<Uint8Array>,
  signal: AbortSignal,
  { prove, isBanned }: Proofs,
): Promise<Uint8Array> {
  const [body, proof] = await Promise.allSettled([pulled, Promise.race([prove(announced), aborted(signal)])]);
  if (body.status === "rejected") throw body.reason;
  if (proof.status === "rejected") throw proof.reason;
  if (isBanned(announced.author)) throw new HearsayError("ERR_BANNED", "its author was banned meanwhile");
  return body.value;
}

/** Rejects with the signal's reason, and is waited for only in a race. */
function aborted(signal: AbortSignal): Promise<never> {
  const never = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  never.catch(() => {});
  return never;
}

/**
 * @param maxNorm largest Euclidean norm that is let in.
 * @throws HearsayError of `validateBody`.
 */
export function lookInto(fetched: Fetched, codec: BodyCodec, maxNorm: number): Candidate {
  return candidate(fetched, validateBody(fetched.body, codec, maxNorm));
}

/** Both stages: what the inbound half does with an announcement. @param maxNorm when the body is here. @throws HearsayError of both. */
export type Fetch = (announced: Announced, signal: AbortSignal, maxNorm: () => number) => Promise<Candidate>;

export function createFetch(
  components: FetchComponents,
  { codec, ...options }: Omit<FetchOptions, "signal" | "maxBytes"> & { readonly codec: BodyCodec },
): Fetch {
  return async (announced, signal, maxNorm) => {
    const fetched = await fetchBody(components, announced, { ...options, maxBytes: codec.maxBytes, signal });
    return lookInto(fetched, codec, maxNorm());
  };
}
