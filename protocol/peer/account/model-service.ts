/** Answers pulls of a model of which this peer told by a brief (wire/model-messages.ts). */
import { forgetOldest } from "../../base/bounded.ts";
import { equalBytes } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Identity, PeerId, Reply } from "../../base/seams.ts";
import { type Announcement, decodeAnnouncement, encodeAnnouncement, NO_NOTE } from "../../wire/announcement.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import {
  decodeModelRequest,
  encodeModelAnswer,
  type Made,
  type ModelAnswer,
  type ModelRequest,
} from "../../wire/model-messages.ts";
import { paidService } from "../inbound/serve.ts";
import type { RequestService } from "../services.ts";
import { COST, type PullServiceComponents, SENT_BYTES_PER_UNIT } from "./pull-service.ts";

export interface ModelServiceComponents extends PullServiceComponents {
  readonly identity: Identity;
}

export interface ModelService {
  readonly service: RequestService;
  /** An announcement of this peer, sealed, of which it may have told by a brief. */
  published(sealed: Uint8Array): void;
}

/** Announcements of this run that can be asked for: as many as model bodies are served. */
const PUBLICATIONS_AT_HAND = 3;
const NOTHING = new Uint8Array(0);

interface Desk extends ModelServiceComponents {
  /** As the task says. */
  readonly own: Made;
  /** By generation and number. */
  readonly published: Map<string, Publication>;
}

/** What this peer has announced. */
interface Publication {
  readonly announcement: Announcement;
  /** The signature of it without its note; made when it is first asked for. */
  seal: Uint8Array | undefined;
}

/** @param options.own how the task says that models are made. */
export function createModelService(
  components: ModelServiceComponents,
  { protocol, own }: { readonly protocol: string; readonly own: Made },
): ModelService {
  const published = new Map<string, Publication>();
  const desk: Desk = { ...components, own, published };
  const service = paidService(components.budget, {
    protocol,
    decode: decodeModelRequest,
    costOf: () => COST,
    bytesPerUnit: SENT_BYTES_PER_UNIT,
    answer: (from, request) => answer(desk, from, request),
  });
  return {
    service,
    published(sealed) {
      const announcement = decodeAnnouncement(sealed);
      published.set(nameOf(announcement), { announcement, seal: undefined });
      forgetOldest(published, PUBLICATIONS_AT_HAND);
    },
  };
}

async function answer(desk: Desk, from: PeerId, request: ModelRequest): Promise<Reply> {
  const { log, logService, cosigning, shelf, own, published } = desk;
  const { seq, old } = request;
  const publication = published.get(nameOf(request));
  if (publication === undefined || request.generation !== log.generation) throw notFound();
  const [{ prev, type, body: said }, growth] = await Promise.all([logService.entryAt(seq), log.growthProof(old, seq)]);
  if (type !== "publish" || said.trained === undefined) throw notFound();
  const { model, trained, mechanism = "", shared = NOTHING, cohort } = said;
  const { total, chunk: body } = await shelf.part(from, { hash: model, offset: 0, maxBytes: LIMITS.maxChunkBytes });
  if (body.length < total) throw notFound();
  const wanted = cosigning.wants(seq + 1, from); // of a checkpoint that its author has signed
  return encodeModelAnswer({
    ...signatures(desk, publication, wanted || request.wantsNote),
    prev,
    trained,
    growth,
    wanted,
    body,
    ...((mechanism !== own.mechanism || !equalBytes(shared, own.shared)) && { made: { mechanism, shared } }),
    ...(cohort && { cohort }),
  });
}

function signatures(
  { identity }: Desk,
  publication: Publication,
  withNote: boolean,
): Pick<ModelAnswer, "seal" | "note"> {
  const { announcement } = publication;
  const { sealed, note } = announcement;
  if (withNote) return { seal: sealed.subarray(0, SIGNATURE_BYTES), note };
  publication.seal ??= encodeAnnouncement({ ...announcement, note: NO_NOTE }, identity).slice(0, SIGNATURE_BYTES);
  return { seal: publication.seal };
}

function nameOf({ generation, seq }: Pick<Announcement, "generation" | "seq">): string {
  return `${generation}/${seq}`;
}

function notFound(): HearsayError {
  return new HearsayError("ERR_NOT_FOUND", "this peer has told of no such model (any more)");
}
