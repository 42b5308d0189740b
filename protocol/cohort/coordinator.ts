/**
 * The coordinator's side of a session: it asks, and goes on with those that answered. It is a member like any other and asks itself alike; all that it adds is the order.
 * A member that does not answer, or answers anything else than it should, falls out. The session ends where too few are left.
 *
 * Each member has its own time for each step, which `ask` and `obtain` keep: the caller decides how long that is.
 */
import { equalBytes } from "../base/bytes.ts";
import { isHearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto, Identity, Secrecy } from "../base/seams.ts";
import { encodeCertificate, holdsFor, type Signature } from "./certificate.ts";
import type { Offer } from "./offers.ts";
import { fewest, placeOf, type Roster } from "./roster.ts";
import { gather } from "./secrets.ts";
import { readAs, type Says, type Statement, type StatementKind, say, setOf } from "./statements.ts";
import { ageOf, unmaskedMean } from "./sum.ts";

export interface CoordinatorParts {
  readonly crypto: Pick<Crypto, "sha256" | "verify">;
  readonly secrecy: Secrecy;
  readonly identity: Identity;
}

/** The mean's body as it is served. */
export interface Mean {
  readonly params: Float32Array;
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
}

export interface CoordinatorOptions {
  readonly task: Uint8Array;
  readonly minimum: number;
  /** Bytes of a masked vector. */
  readonly vectorBytes: number;
  /**
   * Brings a sealed request to a member, itself too; undefined where it refused or took too long.
   * @param vectors that it has to make or pull before it can answer.
   */
  ask(member: Offer, sealed: Uint8Array, vectors: number): Promise<Uint8Array | undefined>;
  /** Pulls a masked vector from a member; undefined where it cannot be had in time. */
  obtain(member: Offer, hash: Uint8Array, length: number): Promise<Uint8Array | undefined>;
  /** Serves what the others will pull. */
  serve(hash: Uint8Array, bytes: Uint8Array): void;
  encode(params: Float32Array): Mean;
}

/** What came of a session. */
export type Outcome =
  | {
      readonly kind: "released";
      readonly mean: Mean;
      readonly age: number;
      /** How many members vouch for it. */
      readonly mass: number;
      readonly certificate: Uint8Array;
    }
  /** Nothing is known of anybody's vector but to itself. */
  | { readonly kind: "failed"; readonly step: StatementKind; readonly members: number; readonly because: string };

interface State extends CoordinatorParts, CoordinatorOptions {
  readonly roster: Roster;
}

/** Runs a session with these members to its end. */
export async function convene(parts: CoordinatorParts, roster: Roster, options: CoordinatorOptions): Promise<Outcome> {
  const state: State = { ...parts, ...options, roster };
  const own = placeOf(roster, parts.identity.publicKey);
  const all = [...roster.offers.keys()];
  const joined = await askAll(state, all, "join", { offers: roster.offers.map(({ sealed }) => sealed) }, "joined");
  const members = setOf(joined.keys());
  const least = fewest(members, options.minimum);
  const enough = (answers: ReadonlyMap<number, unknown>) => answers.size >= least && answers.has(own); // only a member can publish
  if (!enough(joined)) return tooFew("join", joined.size);
  const shares = await askAll(state, joined.keys(), "share", { roster: members }, "shares");
  if (!enough(shares)) return tooFew("share", shares.size);
  const masked = await askAll(state, shares.keys(), "mask", { shares: bytesOf(shares) }, "masked");
  const vectors = await fetchAll(state, masked);
  if (!enough(vectors)) return tooFew("mask", vectors.size);
  const sent = new Map([...masked].filter(([place]) => vectors.has(place)));
  const survivors = setOf(sent.keys());
  const told = await askAll(state, sent.keys(), "survive", { survivors, masked: bytesOf(sent) }, "survivors");
  if (!enough(told)) return tooFew("survive", told.size);
  const asked = { seeds: survivors, keys: setOf(shares.keys()) & ~survivors, survivors: bytesOf(told) };
  const unmasked = await askAll(state, told.keys(), "unmask", asked, "unmasked");
  if (!enough(unmasked)) return tooFew("unmask", unmasked.size);
  const known = { members, masked: setOf(shares.keys()), survivors, shares, vectors, unmasked };
  return release(state, sent, known);
}

function bytesOf(statements: ReadonlyMap<number, Statement>): Uint8Array[] {
  return [...statements.values()].map(({ sealed }) => sealed);
}

function tooFew(step: StatementKind, members: number): Outcome {
  return { kind: "failed", step, members, because: `${members} members went through "${step}": too few` };
}

/** Vectors that a member has made or pulled when it answers. */
const VECTORS: Partial<Record<StatementKind, number>> = { masked: 1, vouched: LIMITS.maxCohort };

/** The answers of those that answered as they should, by place, ascending. */
async function askAll<K extends StatementKind, A extends StatementKind>(
  state: State,
  places: Iterable<number>,
  kind: K,
  says: Says[K],
  answer: A,
): Promise<Map<number, Statement<A>>> {
  const sealed = say(kind, state.roster.session, says, state.identity);
  const asking = [...places].map(async (place) => [place, await askOne(state, place, sealed, answer)] as const);
  const answers = await Promise.all(asking);
  return new Map(answers.filter((one): one is readonly [number, Statement<A>] => one[1] !== undefined));
}

async function askOne<A extends StatementKind>(
  { roster, crypto, ask }: State,
  place: number,
  sealed: Uint8Array,
  kind: A,
): Promise<Statement<A> | undefined> {
  const member = roster.offers[place] as Offer;
  const bytes = await ask(member, sealed, VECTORS[kind] ?? 0);
  if (bytes === undefined) return undefined;
  try {
    const statement = readAs(kind, bytes, crypto);
    const isOfIt = equalBytes(statement.session, roster.session) && equalBytes(statement.publicKey, member.publicKey);
    return isOfIt ? statement : undefined;
  } catch (error) {
    if (isHearsayError(error)) return undefined; // garbage: the member falls out
    throw error;
  }
}

/** The masked vectors that came whole; each is served to the other members from now on. */
async function fetchAll(
  { roster, obtain, serve, vectorBytes }: State,
  masked: ReadonlyMap<number, Statement<"masked">>,
): Promise<Map<number, Uint8Array>> {
  const fetching = [...masked].map(async ([place, { hash }]) => {
    const vector = await obtain(roster.offers[place] as Offer, hash, vectorBytes);
    if (vector?.length !== vectorBytes) return [];
    serve(hash, vector);
    return [[place, vector] as const];
  });
  return new Map((await Promise.all(fetching)).flat());
}

interface Known {
  readonly members: number;
  readonly masked: number;
  readonly survivors: number;
  readonly shares: ReadonlyMap<number, Statement<"shares">>;
  readonly vectors: ReadonlyMap<number, Uint8Array>;
  readonly unmasked: ReadonlyMap<number, Statement<"unmasked">>;
}

/** The mean, and the word of the members for it. */
async function release(
  state: State,
  sent: ReadonlyMap<number, Statement<"masked">>,
  { members, masked, survivors, shares, vectors, unmasked }: Known,
): Promise<Outcome> {
  const { roster, crypto, task, minimum, encode } = state;
  const all = [...unmasked.values()];
  const unmasking = {
    roster: members,
    masked,
    survivors,
    commitments: new Map([...shares].map(([place, { commitment }]) => [place, commitment])),
    seeds: gather(all.flatMap(({ seeds }) => seeds)),
    keys: gather(all.flatMap(({ keys }) => keys)),
  };
  const params = await unmaskedMean(state, roster, [...vectors.values()], unmasking);
  if (params === undefined)
    return { kind: "failed", step: "unmask", members: unmasked.size, because: "too many parts are missing or false" };
  const mean = encode(params);
  const age = ageOf([...sent.values()].map(({ age: one }) => one));
  const says = { model: mean.hash, age, unmasked: bytesOf(unmasked) };
  const vouched = await askAll(state, sent.keys(), "vouch", says, "vouched");
  const result = { task, session: roster.session, model: mean.hash, age, survivors: sent.size };
  const signatures = [...vouched.values()].filter((one: Signature) => holdsFor(result, one, crypto));
  const isOwn = ({ publicKey }: Signature) => equalBytes(publicKey, state.identity.publicKey);
  if (signatures.length < minimum || !signatures.some(isOwn)) return tooFew("vouch", signatures.length);
  const certificate = encodeCertificate(roster.session, sent.size, signatures);
  return { kind: "released", mean, age, mass: signatures.length, certificate };
}
