/** Stages Fetched and Candidate: a body is pulled with the proof that its author's log names it, and looked into. Where they do not come together, the body is pulled by its hash. */

import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Clock, Crypto, PeerId, Transport } from "../../base/seams.ts";
import { untilAborted } from "../../base/until-aborted.ts";
import type { BodyCodec } from "../../codec/codec.ts";
import type { Announcement } from "../../wire/announcement.ts";
import {
  decodePullAnswer,
  encodePullRequest,
  type PullAnswer,
  type PullProof,
  type PullRequest,
} from "../../wire/pull-messages.ts";
import { type Announced, type Candidate, candidate, type Fetched, fetched } from "../stages.ts";
import { type BriefProofs, fetchBrief } from "./fetch-brief.ts";
import { pullBlob } from "./pull-blob.ts";
import { validateBody } from "./validate.ts";

export interface FetchComponents {
  readonly transport: Transport;
  readonly crypto: Crypto;
  readonly clock: Clock;
}

/** How authors answer for their logs. */
export interface Proofs extends BriefProofs {
  /** @throws HearsayError where the author's log does not prove the model. */
  prove(announced: Announcement): Promise<void>;
  /** How the proof may come with the body; undefined where it has to be asked for. @throws HearsayError */
  pulled(announced: Announcement): PulledProof | undefined;
}

/** A proof that comes with its body. */
export interface PulledProof {
  readonly request: PullRequest;
  /** @throws HearsayError ERR_LOG_PROOF, ERR_DECODE, or what a request throws. */
  settle(proof: PullProof): Promise<void>;
}

export interface FetchOptions {
  /** Names of the protocols by which bodies are pulled, alone and with their proofs. */
  readonly names: { readonly blob: string; readonly pull: string; readonly model: string };
  /** Whether an author serves bodies with their proofs. */
  servesPulls(author: PeerId): boolean;
  /** Longest body. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Left out where authors do not answer for their logs. */
  readonly proofs?: Proofs;
  /** As of fetch-brief.ts. */
  show(brief: Announced, announcement: Announcement): Announced;
}

/** @throws HearsayError of `pullBlob`, of `Proofs`, ERR_BANNED, or the signal's reason. */
export function fetchBody(components: FetchComponents, announced: Announced, options: FetchOptions): Promise<Fetched> {
  const { proofs } = options;
  if (proofs !== undefined) return fetchProved(components, announced, options, proofs);
  return bodyOf(components, announced, options).then((body) => fetched(announced, body));
}

async function fetchProved(
  components: FetchComponents,
  announced: Announced,
  options: FetchOptions,
  proofs: Proofs,
): Promise<Fetched> {
  const { signal, servesPulls, names, show } = options;
  if (announced.isBrief) return fetchBrief(components, announced, { protocol: names.model, signal, proofs, show });
  const proof = servesPulls(announced.author) ? proofs.pulled(announced) : undefined;
  const answer = proof && (await pulledWith(components, announced, options, proof));
  const pulled = bodyOf(components, announced, options, answer);
  const proving = proof && answer ? pulled.then(() => proof.settle(answer)) : proofs.prove(announced); // in the answer, or asked for beside the pull
  return fetched(announced, await proved(announced, pulled, proving, signal, proofs));
}

/** @param begun its first chunk, where that is here. */
function bodyOf(
  components: FetchComponents,
  { author, model, bytes }: Announced,
  { names, maxBytes, signal }: FetchOptions,
  begun?: PullAnswer,
): Promise<Uint8Array> {
  const options = { hash: model, maxBytes, expectedBytes: bytes, signal };
  return pullBlob(components, author, names.blob, { ...options, ...(begun && { begun }) });
}

/** What may be other where body and proof are asked for apart: a connection that is back, a body that is archived. */
const WORTH_TWO_REQUESTS = ["ERR_UNREACHABLE", "ERR_NOT_FOUND", "ERR_RATE"];

/** Body and proof in one answer; undefined where they have to be asked for apart. */
async function pulledWith(
  { transport }: FetchComponents,
  { author }: Announced,
  { names, signal }: FetchOptions,
  { request }: PulledProof,
): Promise<PullAnswer | undefined> {
  try {
    return decodePullAnswer(await transport.request(author, names.pull, encodePullRequest(request), { signal }));
  } catch (error) {
    if (!isHearsayError(error) || !WORTH_TWO_REQUESTS.includes(error.code) || signal.aborted) throw error;
    return undefined;
  }
}

/** The body, when the model is proved as well. What is wrong with the body itself counts first. */
async function proved(
  announced: Announced,
  pulled: Promise<Uint8Array>,
  proving: Promise<void>,
  signal: AbortSignal,
  { isBanned }: Proofs,
): Promise<Uint8Array> {
  const [body, proof] = await Promise.allSettled([pulled, untilAborted(proving, signal)]);
  if (body.status === "rejected") throw body.reason;
  if (proof.status === "rejected") throw proof.reason;
  if (isBanned(announced.author)) throw new HearsayError("ERR_BANNED", "its author was banned meanwhile");
  return body.value;
}

/**
 * @param maxNorm largest Euclidean norm that is let in.
 * @param keepBody whether the body will be asked for, by an archive: it may be as large as the model.
 * @throws HearsayError of `validateBody`.
 */
export function lookInto(fetched: Fetched, codec: BodyCodec, maxNorm: number, keepBody: boolean): Candidate {
  const { body } = fetched;
  return candidate(fetched, validateBody(body, codec, maxNorm), keepBody ? body : undefined);
}

/** Both stages: what the inbound half does with an announcement. @param maxNorm when the body is here. @throws HearsayError of both. */
export type Fetch = (announced: Announced, signal: AbortSignal, maxNorm: () => number) => Promise<Candidate>;

export function createFetch(
  components: FetchComponents,
  {
    codec,
    keepBodies,
    ...options
  }: Omit<FetchOptions, "signal" | "maxBytes"> & { readonly codec: BodyCodec; readonly keepBodies: boolean },
): Fetch {
  return (announced, signal, maxNorm) => {
    const body = fetchBody(components, announced, { ...options, maxBytes: codec.maxBytes, signal });
    return body.then((fetched) => lookInto(fetched, codec, maxNorm(), keepBodies));
  };
}
