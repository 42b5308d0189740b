/** The steps of a member in a session, each from a request of the coordinator to an answer; member.ts says which there are. */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { signResult } from "./certificate.ts";
import {
  type Answer,
  answered,
  type MemberState,
  misdeed,
  refusal,
  requireStep,
  type Sitting,
  statementsOf,
} from "./member-state.ts";
import { type Offer, readOffer } from "./offers.ts";
import { fewest, placeOf, rosterOf, thresholdOf } from "./roster.ts";
import { gather, openBox, type SecretParts, splitSecrets } from "./secrets.ts";
import { has, type Piece, placesIn, type Statement, setOf, sizeOf } from "./statements.ts";
import { ageOf, maskedVector, unmaskedMean } from "./sum.ts";

/** Not all of it is here yet. */
export const NOT_YET: Answer = new Uint8Array(0);
const SEED_BYTES = 32;

export function next(state: MemberState, sitting: Sitting, request: Statement): Promise<Answer> | Answer {
  switch (request.kind) {
    case "share":
      return share(state, sitting, request);
    case "mask":
      return mask(state, sitting, request);
    case "survive":
      return survive(state, sitting, request);
    case "unmask":
      return unmask(state, sitting, request);
    case "vouch":
      return vouch(state, sitting, request);
    default:
      throw refusal(`"${request.kind}" is no next step`);
  }
}

export function join(state: MemberState, request: Statement<"join">): Answer {
  const { crypto, identity, secrecy, task, minimum, isDrawn, take } = state;
  const offers = request.offers.map((sealed) => readOffer(sealed, crypto));
  const roster = rosterOf(offers, crypto);
  const [place, coordinator] = [placeOf(roster, identity.publicKey), placeOf(roster, request.publicKey)];
  if (place < 0 || coordinator < 0) throw refusal("its author or this peer is no member");
  if (!equalBytes(roster.session, request.session)) throw refusal("the session is not that of its offers");
  if (offers.length < minimum || offers.length > LIMITS.maxCohort)
    throw refusal(`${offers.length} members; a cohort has ${minimum} to ${LIMITS.maxCohort}`);
  const epoch = offers[0]?.epoch;
  const fits = (offer: Offer, i: number) =>
    offer.epoch === epoch && equalBytes(offer.task, task) && placeOf(roster, offer.publicKey) === i;
  if (!roster.offers.every(fits)) throw refusal("offers of another task, of two epochs, or two of one author");
  if (!isDrawn(roster.offers)) throw refusal("no draw brings these together");
  const offered = take((roster.offers[place] as Offer).sealed);
  if (offered === undefined) throw new HearsayError("ERR_REPLAYED", "that offer does not stand (any more)");
  const sitting: Sitting = {
    roster,
    place,
    coordinator,
    offered,
    offer: offered.offer,
    answered: new Map(),
    seed: secrecy.random(SEED_BYTES),
    members: 0,
    masked: 0,
    survivors: 0,
    parts: new Map(),
    commitments: new Map(),
    ages: new Map(),
    vectors: new Map(),
  };
  state.sitting = sitting;
  const answer = answered(state, sitting, "joined", {});
  sitting.answered.set("join", { request, answer });
  return answer;
}

async function share(state: MemberState, sitting: Sitting, { roster: members }: Statement<"share">): Promise<Answer> {
  const { roster, place, seed } = sitting;
  const everybody = setOf(roster.offers.keys());
  if ((members & ~everybody) !== 0 || !has(members, place) || sizeOf(members) < fewest(members, state.minimum))
    throw refusal("too few, others than were drawn, or not this peer");
  sitting.members = members;
  const { boxes, own } = await splitSecrets(state.secrecy, sitting, seed, members);
  sitting.parts.set(place, own);
  return answered(state, sitting, "shares", { roster: members, commitment: state.crypto.sha256(seed), boxes });
}

function mask(state: MemberState, sitting: Sitting, request: Statement<"mask">): Answer {
  requireStep(sitting, "share");
  const { secrecy, crypto, minimum } = state;
  const { members, place, offered, seed, parts, commitments, vectors } = sitting;
  const shares = statementsOf(state, sitting, "shares", request.shares);
  const masked = setOf(shares.keys());
  if ((masked & ~members) !== 0 || !has(masked, place) || sizeOf(masked) < fewest(members, minimum))
    throw refusal("boxes of too few, of others, or not of this peer");
  if ([...shares.values()].some(({ roster }) => roster !== members))
    throw refusal("members were told of different rosters");
  for (const [other, { boxes, commitment }] of shares) {
    commitments.set(other, commitment);
    const box = boxes.find(([to]) => to === place)?.[1];
    const opened = other === place || box === undefined ? undefined : openBox(secrecy, sitting, other, box);
    if (opened !== undefined) parts.set(other, opened); // who sent none cannot be unmasked by this part: others may have theirs
  }
  const vector = maskedVector(secrecy, sitting, { params: offered.params, seed, members: masked });
  if (vector === undefined) throw refusal("the key of a member is none");
  sitting.masked = masked;
  vectors.set(place, vector);
  const hash = crypto.sha256(vector);
  state.serve(hash, vector);
  return answered(state, sitting, "masked", { hash, age: offered.age });
}

function survive(state: MemberState, sitting: Sitting, request: Statement<"survive">): Answer {
  requireStep(sitting, "mask");
  const { members, masked, place, ages } = sitting;
  const { survivors } = request;
  const statements = statementsOf(state, sitting, "masked", request.masked);
  if (setOf(statements.keys()) !== survivors || (survivors & ~masked) !== 0 || !has(survivors, place))
    throw refusal("survivors that sent nothing, or without this peer");
  if (sizeOf(survivors) < fewest(members, state.minimum)) throw refusal("too few have survived");
  sitting.survivors = survivors;
  for (const [other, { age, hash }] of statements) {
    ages.set(other, age);
    if (other !== place) void fetchVector(state, sitting, other, hash);
  }
  return answered(state, sitting, "survivors", { survivors });
}

/** Beside the session: what is not here in the end cannot be vouched for. */
async function fetchVector({ obtain }: MemberState, sitting: Sitting, other: number, hash: Uint8Array): Promise<void> {
  const { roster, coordinator, vectors, place } = sitting;
  const length = vectors.get(place)?.length as number;
  const vector = await obtain(roster.offers[coordinator] as Offer, hash, length);
  if (vector?.length === length) vectors.set(other, vector);
}

function unmask(state: MemberState, sitting: Sitting, request: Statement<"unmask">): Answer {
  const asked = sitting.answered.get("survive")?.request;
  if (misdeed(state, request) !== undefined) throw refusal("both secrets of one member");
  requireStep(sitting, "survive");
  if (asked !== undefined && misdeed(state, asked, request) !== undefined)
    throw refusal("secrets of other members than it said");
  const { members, masked, survivors, parts } = sitting;
  const { seeds, keys } = request;
  if (keys !== (masked & ~survivors)) throw refusal("keys of others than those that fell out");
  const words = statementsOf(state, sitting, "survivors", request.survivors);
  const agreeing = [...words].filter(([other, word]) => has(survivors, other) && word.survivors === survivors);
  if (agreeing.length !== words.size || agreeing.length < thresholdOf(members))
    throw refusal("too few members know of these survivors");
  const partsOf = (set: number, of: keyof SecretParts): Piece[] =>
    placesIn(set).flatMap((other): Piece[] => {
      const held = parts.get(other);
      return held === undefined ? [] : [[other, held[of]]];
    });
  return answered(state, sitting, "unmasked", { seeds: partsOf(seeds, "seed"), keys: partsOf(keys, "key") });
}

async function vouch(state: MemberState, sitting: Sitting, request: Statement<"vouch">): Promise<Answer> {
  requireStep(sitting, "unmask");
  const { roster, members, masked, survivors, commitments, ages, vectors } = sitting;
  const unmasked = statementsOf(state, sitting, "unmasked", request.unmasked);
  const places = placesIn(survivors);
  const here = places.flatMap((place) => vectors.get(place) ?? []);
  if (here.length < places.length) return NOT_YET;
  const all = [...unmasked.values()];
  const seeds = gather(all.flatMap(({ seeds: pieces }) => pieces));
  const keys = gather(all.flatMap(({ keys: pieces }) => pieces));
  const unmasking = { roster: members, masked, survivors, commitments, seeds, keys };
  const mean = await unmaskedMean(state, roster, here, unmasking);
  const { model, age } = request;
  if (mean === undefined || !equalBytes(state.hashOf(mean), model))
    throw refusal("it is not the mean of what was sent");
  if (age !== ageOf(places.map((place) => ages.get(place) as number))) throw refusal("another age than the members'");
  const result = { task: state.task, session: roster.session, model, age, survivors: places.length };
  return answered(state, sitting, "vouched", { signature: signResult(result, state.identity) });
}
