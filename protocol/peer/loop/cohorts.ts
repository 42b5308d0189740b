/** The cohorts of a peer, on what it has: its neighbours, its blobs, how long their models take, and whom it listens to no more. */
import { forgetOldest } from "../../base/bounded.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, Crypto, Identity, PeerId, Secrecy, Transport } from "../../base/seams.ts";
import { numParams } from "../../base/task.ts";
import type { CohortSize } from "../../cohort/draw.ts";
import { createMeeting, type MeetingStatus } from "../../cohort/meeting.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import { decodeCohortMessage, encodeCohortMessage } from "../../wire/messages.ts";
import type { Acquaintance } from "../inbound/acquaintance.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import type { Places } from "../inbound/places.ts";
import { pullBlob } from "../inbound/pull-blob.ts";
import { paidService } from "../inbound/serve.ts";
import type { Budget } from "../memory/budget.ts";
import type { Reports } from "../reports.ts";
import type { RequestService } from "../services.ts";
import type { Subject } from "../subject.ts";
import type { CohortQueue, Release } from "./cohort-out.ts";

export interface CohortsComponents {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly secrecy: Secrecy;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly acquaintance: Pick<Acquaintance, "neighbours">;
  readonly shelf: Pick<BlobShelf, "lend">;
  readonly places: Pick<Places, "slowMs">;
  readonly budget: Budget;
  readonly reports: Pick<Reports, "refused">;
  readonly subject: Subject;
}

export interface CohortsOptions {
  readonly cohort: CohortSize;
  readonly signal: AbortSignal;
  isBanned(peer: PeerId): boolean;
}

export interface Cohorts extends CohortQueue {
  readonly service: RequestService;
  status(): MeetingStatus;
}

/** A few signatures and key agreements, in units of peer/memory/budget.ts, and bytes that are sent for 1. */
const COST = 3;
const BYTES_PER_UNIT = 8192;
const WORD_BYTES = 4;

export function createCohorts(components: CohortsComponents, options: CohortsOptions): Cohorts {
  const { clock, crypto, secrecy, identity, transport, acquaintance, shelf, places, budget, reports, subject } =
    components;
  const { names, task, taskId, codec } = subject;
  const { cohort, signal } = options;
  const vectorBytes = WORD_BYTES * numParams(task);
  const liars = new Set<PeerId>();
  const releases: Release[] = [];
  const meeting = createMeeting(
    { clock, crypto, secrecy, identity },
    {
      task: taskId,
      cohort,
      vectorBytes,
      signal,
      neighbours: () => acquaintance.neighbours(),
      isBanned: (peer) => liars.has(peer) || options.isBanned(peer),
      async request(peer, sealed) {
        const answer = await transport.request(peer, names.cohort, encodeCohortMessage(sealed), { signal });
        return decodeCohortMessage(answer);
      },
      pull: (peer, hash, length) =>
        pullBlob({ transport, crypto, clock }, peer, names.blob, {
          hash,
          maxBytes: length,
          expectedBytes: length,
          signal,
        }),
      lend: (hash, bytes) => shelf.lend(hash, bytes),
      patienceMs: (peer, vectors) => places.slowMs(peer) * (1 + vectors * Math.max(1, vectorBytes / codec.minBytes)),
      encode(params) {
        const body = codec.encode(params);
        return { params, body, hash: crypto.sha256(body) };
      },
      released: (release) => void releases.push(release),
      onMisdeed({ publicKey, reason }) {
        const liar = peerIdFromPublicKey(publicKey);
        liars.add(liar);
        forgetOldest(liars, LIMITS.maxIdentities.near);
        reports.refused(liar, "ERR_COHORT", reason);
      },
    },
  );
  const service = paidService(budget, {
    protocol: names.cohort,
    decode: decodeCohortMessage,
    costOf: () => COST,
    bytesPerUnit: BYTES_PER_UNIT,
    answer: async (from, sealed) => encodeCohortMessage(await meeting.handle(from, sealed)),
  });
  return { service, offer: meeting.offer, status: meeting.status, takeReleases: () => releases.splice(0) };
}
