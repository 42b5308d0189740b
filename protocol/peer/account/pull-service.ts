/** Answers pulls of a model with its proof (wire/pull-messages.ts). */
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Log } from "../../log/stored/chain.ts";
import { decodePullRequest, encodePullAnswer, type PullRequest } from "../../wire/pull-messages.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import { paidService } from "../inbound/serve.ts";
import type { Budget } from "../memory/budget.ts";
import type { RequestService } from "../services.ts";
import type { Cosigning } from "./cosigning.ts";
import type { LogService } from "./log-service.ts";

export interface PullServiceComponents {
  readonly log: Log;
  readonly logService: Pick<LogService, "entryAt">;
  readonly cosigning: Pick<Cosigning, "wants">;
  readonly shelf: Pick<BlobShelf, "part">;
  readonly budget: Budget;
}

/** To read tiles, and a chunk, in units of peer/memory/budget.ts; and bytes that are copied, encrypted and sent for 1. */
export const COST = 1.2;
export const SENT_BYTES_PER_UNIT = 131_072;

const NOTHING = new Uint8Array(0);

/** @param protocol its name. */
export function createPullService(components: PullServiceComponents, protocol: string): RequestService {
  return paidService(components.budget, {
    protocol,
    decode: decodePullRequest,
    costOf: () => COST,
    bytesPerUnit: SENT_BYTES_PER_UNIT,
    answer: (from, request) => answer(components, from, request),
  });
}

async function answer(
  { log, logService, cosigning, shelf }: PullServiceComponents,
  from: PeerId,
  { generation, seq, old }: PullRequest,
): Promise<Uint8Array> {
  if (generation !== log.generation || seq >= log.head().size) throw notFound();
  const [{ prev, type, body }, growth] = await Promise.all([logService.entryAt(seq), log.growthProof(old, seq)]);
  if (type !== "publish" || body.trained === undefined) throw notFound();
  const { model, trained, mechanism = "", shared = NOTHING, cohort } = body;
  const part = await shelf.part(from, { hash: model, offset: 0, maxBytes: LIMITS.maxChunkBytes });
  const wanted = cosigning.wants(seq + 1, from);
  return encodePullAnswer({ prev, trained, mechanism, shared, growth, wanted, ...part, ...(cohort && { cohort }) });
}

function notFound(): HearsayError {
  return new HearsayError("ERR_NOT_FOUND", "this peer has no such publication (any more)");
}
