/** What answers for logs, put together of the parts of a peer: the own log, those of others, evidence and bans. Nothing is decided here. */
import type { PeerId } from "../base/seams.ts";
import { cohortOf } from "../base/task.ts";
import { COHORT } from "../cohort/certificate.ts";
import { createClaims } from "../gateway/claims.ts";
import { mechanismOf } from "../privacy/registry.ts";
import type { Announcement } from "../wire/announcement.ts";
import { type Accountability, createAccountability } from "./account/accountability.ts";
import { type Bans, createBans, loadEvidence } from "./account/bans.ts";
import { createCosigning } from "./account/cosigning.ts";
import { createCourt } from "./account/court.ts";
import { createDoubts } from "./account/doubts.ts";
import { createAsking } from "./account/evidence-asking.ts";
import { createEvidenceBook } from "./account/evidence-book.ts";
import { createEvidenceGossip } from "./account/evidence-gossip.ts";
import { createQuestions } from "./account/evidence-questions.ts";
import { openHeadMemory } from "./account/heads.ts";
import { createLogService } from "./account/log-service.ts";
import { createModelService } from "./account/model-service.ts";
import { createNewGeneration } from "./account/new-generation.ts";
import { ownAnnouncement } from "./account/own-announcement.ts";
import { createPast, type Past } from "./account/past.ts";
import { createProver } from "./account/proofs.ts";
import { createPullService } from "./account/pull-service.ts";
import { createSentences } from "./account/sentences.ts";
import { createWitness } from "./account/witness.ts";
import { heardIn } from "./inbound/announcement-order.ts";
import type { BlobShelf } from "./inbound/blobs.ts";
import type { Ledger } from "./loop/ledger.ts";
import type { TopicService } from "./services.ts";
import type { Parts } from "./wiring.ts";

/** Answering for logs. @throws HearsayError ERR_BANNED, ERR_STATE. */
export async function openAccount(parts: Parts, shelf: BlobShelf): Promise<Accountability> {
  const { clock, crypto, identity, transport, store, log, budget, identities, life, subject, gateway } = parts;
  const { taskId, task, names } = subject;
  const heads = await openHeadMemory({ store, clock, identities });
  const { bans, gossip } = await openBans(parts);
  const cosigning = createCosigning({ log, crypto, identity, clock, identities });
  const logService = createLogService(
    { log, store, crypto, cosigning, budget },
    { taskId, publicKey: identity.publicKey, evidence: bans.heldBeside },
  );
  const pulls = createPullService({ log, logService, cosigning, shelf, budget }, names.pull);
  const own = { mechanism: cohortOf(task) ? COHORT : mechanismOf(task).name, shared: subject.shared };
  const models = createModelService(
    { log, logService, cosigning, shelf, budget, identity },
    { protocol: names.model, own },
  );
  const doubts = createDoubts(identities);
  const onWanted = createWitness({ heads, transport, clock, identity, crypto }, life.signal);
  const prover = createProver(
    { crypto, transport, heads, doubts, life },
    {
      taskId,
      own,
      codec: task.codec,
      leastVouching: cohortOf(task)?.minimum,
      onFork: bans.found,
      onWanted,
      ...(task.aggregation.gateways && { claims: createClaims() }),
      ...(gateway && { isGuest: gateway.border.isGuest, isShared: gateway.border.isShared }),
    },
  );
  const heardOf = (author: PeerId) => heardIn(identities.get(author)?.slot);
  return createAccountability(
    { log, heads, bans, prover, logService, pulls, models },
    { taskId, crypto, gossip, heardOf },
  );
}

async function openBans(parts: Parts): Promise<{ readonly bans: Bans; readonly gossip: TopicService }> {
  const { clock, crypto, identity, transport, store, budget, identities, life, reports, subject } = parts;
  const { taskId, names } = subject;
  const self = identity.peerId;
  const tell = (evidence: Uint8Array) => void transport.announce(names.evidence, evidence).catch(() => {}); // a peer that is not reached may ask for it
  const book = createEvidenceBook(identities, crypto);
  const sentences = createSentences({ store, transport, book, life, reports }, self);
  const court = createCourt({ crypto, identities, transport, book, sentences }, { taskId, self });
  const questions = createQuestions({ transport, budget, book, court }, { taskId, tell });
  const asking = createAsking({ clock, transport, identities, life }, questions);
  const gossip = createEvidenceGossip({ court, asking, budget, clock, reports }, names.evidence);
  await loadEvidence({ store, crypto, transport, identities, book }, self);
  return { bans: createBans({ book, court, sentences, asking }, tell), gossip };
}

/** Whether others know more of the own log. @param hasPast whether they could. */
export function joinPast(parts: Parts, hasPast: boolean, ledger: Ledger | undefined): Past {
  const { log, clock, transport, identities, reports, crypto, rng, identity, place, life, subject } = parts;
  const beginLog = createNewGeneration({ log, clock, crypto, rng, reports });
  const begin = async (told: Announcement | undefined, isTwin: boolean) => {
    ledger?.begunAnew(place?.moved, told !== undefined);
    const unasked = place?.moved === true ? "moved" : "unconfirmed";
    await beginLog(told, isTwin ? "twin" : told !== undefined ? "told" : unasked);
  };
  const own = (sealed: Uint8Array) => {
    const announcement = ownAnnouncement(identity, subject.taskId, crypto, sealed);
    if (announcement !== undefined) ledger?.heard(announcement);
    return announcement;
  };
  const options = { hasPast, moved: place?.moved, signal: life.signal, own, begin };
  return createPast({ log, clock, transport, identities, reports }, options);
}
