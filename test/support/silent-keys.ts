/**
 * Honest peers that know each other, and strangers that announce models and never answer: what becomes of the merges of the honest.
 * For the test of it, and for the table of `bench/hostile.ts`.
 */
import { nodeCrypto } from "../../node/crypto.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { blobTask } from "./blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member } from "./crowd.ts";
import { createHostile, type Hostile, type Offer } from "./hostile.ts";
import { silent } from "./transports.ts";

export interface SilentKeys {
  readonly honest: number;
  /** New keys that come together. */
  readonly keys: number;
  /** How often; never again where left out. */
  readonly everyMs?: number;
  /** Whether the keys that came announce once a second for ever. */
  readonly goOn?: boolean;
  readonly forMs: number;
  /** k and the quorum; those of blobTask where left out. */
  readonly models?: number;
  /** Whether they are there from the beginning, and deliver until the honest know each other. */
  readonly delivered?: boolean;
  /** Whether they answer that they have no such model, at once, in place of never. */
  readonly refuse?: boolean;
  /** Address prefix of a peer; its peer id where left out. */
  readonly prefixOf?: (peer: string) => string;
}

export interface Outcome {
  /** Mean number of candidates that one cycle of the first honest peer merged. */
  readonly candidates: number;
  /** Cycles of it that merged, of all. */
  readonly merged: number;
}

/** Cycles in which the honest get to know each other. */
const BEFORE_MS = 10_000;

/** @param attacked false: the same without the strangers. */
export async function underSilentKeys(options: SilentKeys, attacked: boolean): Promise<Outcome> {
  const { honest, keys, everyMs = Number.POSITIVE_INFINITY, goOn = false, forMs, prefixOf, models } = options;
  const aggregation = models === undefined ? {} : { inboxSize: models, quorum: models };
  const task = blobTask({ training: { steps: 1, batch: 4 }, aggregation });
  const crowd = createCrowd({ task, proofs: false, ...(prefixOf && { prefixOf }) });
  for (let i = 0; i <= honest; i++) await crowd.join(i, { trainMs: 300 + 13 * i });
  const [reader] = crowd.members as [Member];
  const strangers = options.delivered ? await delivering(crowd, options, attacked) : [];
  if (strangers.length === 0) await crowd.run(BEFORE_MS);
  const before = reader.events.length;
  for (let ms = 0; ms < forMs; ms += 1000) {
    const come = attacked && options.delivered !== true && (ms === 0 || ms % everyMs === 0);
    const fresh = come
      ? Array.from({ length: keys }, (_, i) => stranger(crowd, 1000 + strangers.length + i, options.refuse === true))
      : [];
    strangers.push(...fresh);
    for (const one of goOn ? strangers : fresh) await one.offer({ age: reader.peer.status().age });
    await crowd.run(1000);
  }
  const merges = reader.events.slice(before).filter((event) => event.kind === "merged");
  const sum = merges.reduce((total, event) => total + (event.kind === "merged" ? event.candidates : 0), 0);
  const cycles = reader.events.slice(before).filter(({ kind }) => kind === "merged" || kind === "alone").length;
  return { candidates: sum / cycles, merged: merges.length / cycles };
}

/** Keys that offer a model each second, and serve it; of what they offer later they serve nothing. */
async function delivering(crowd: Crowd, { keys }: SilentKeys, attacked: boolean): Promise<Hostile[]> {
  let isSilent = false;
  const hostiles = Array.from({ length: attacked ? keys : 0 }, (_, i) => {
    const identity = identityOf(1000 + i);
    const transport = crowd.joinTransport(identity.peerId);
    const hostile = createHostile({ identity, crypto: nodeCrypto, task: crowd.task, transport });
    const never = () => new Promise<never>(() => {});
    return { ...hostile, offer: (offer?: Offer) => hostile.offer({ ...offer, ...(isSilent && { answer: never }) }) };
  });
  const [reader] = crowd.members as [Member];
  for (let ms = 0; hostiles.length > 0 && ms < BEFORE_MS; ms += 1000) {
    for (const hostile of hostiles) await hostile.offer({ age: reader.peer.status().age });
    await crowd.run(1000);
  }
  isSilent = true;
  return hostiles;
}

function stranger(crowd: Crowd, number: number, refuses: boolean): Hostile {
  const identity = identityOf(number);
  const joined = crowd.joinTransport(identity.peerId);
  const one = { identity, crypto: nodeCrypto, task: crowd.task };
  if (!refuses) return createHostile({ ...one, transport: silent(joined) });
  const hostile = createHostile({ ...one, transport: joined });
  const answer = () => {
    throw new HearsayError("ERR_NOT_FOUND", "not on offer");
  };
  return { ...hostile, offer: (offer) => hostile.offer({ ...offer, answer }) };
}
