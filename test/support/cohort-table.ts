/** Members of a cohort around one table, in virtual time: each may be silent, slow or lie at any step. */
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { nodeSecrecy } from "../../node/secrecy.ts";
import { bytesOf, keyOf } from "../../protocol/base/bytes.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Identity, Secrecy } from "../../protocol/base/seams.ts";
import { type CoordinatorOptions, convene, type Outcome } from "../../protocol/cohort/coordinator.ts";
import type { Misdeed } from "../../protocol/cohort/evidence.ts";
import { createMember, type Member } from "../../protocol/cohort/member.ts";
import type { OfferedModel } from "../../protocol/cohort/member-state.ts";
import { makeOffer, type Offer } from "../../protocol/cohort/offers.ts";
import { placeOf, type Roster, rosterOf } from "../../protocol/cohort/roster.ts";
import { read, type StatementKind } from "../../protocol/cohort/statements.ts";
import { createVirtualClock, type VirtualClock } from "../../sim/seams/clock.ts";

export const TASK: Uint8Array = nodeCrypto.sha256(Uint8Array.of(7));

/** What the coordinator waits for one answer, and what an honest one takes. */
export const BUDGET_MS = 1000;
const ANSWER_MS = 20;

/** What a member does in place of its honest answer; undefined: nothing ever comes. */
export type Lie = (honest: Uint8Array, request: Uint8Array) => Uint8Array | undefined;

export interface Seated {
  readonly identity: Identity;
  readonly member: Member;
  readonly offered: OfferedModel;
  /** By the kind of the request. */
  readonly lies: Partial<Record<StatementKind, Lie>>;
  /** Masked vectors that it serves, by hash. */
  readonly served: Map<string, Uint8Array>;
  readonly misdeeds: Misdeed[];
  /** Requests as they came, with the answers that left. */
  readonly heard: { readonly request: Uint8Array; readonly answer: Uint8Array | undefined }[];
}

export interface Table {
  readonly clock: VirtualClock;
  readonly roster: Roster;
  /** In the order of their places; the coordinator is the first. */
  readonly seats: readonly Seated[];
  readonly options: CoordinatorOptions;
  /** Codes of refusals, with who refused. */
  readonly refusals: { readonly place: number; readonly kind: StatementKind; readonly code: string }[];
  /** Runs the session to its end. */
  run(): Promise<{ readonly outcome: Outcome; readonly tookMs: number }>;
}

export interface TableOptions {
  readonly members: number;
  readonly minimum?: number;
  /** Of each member; 1, 2, 3, ... in every coordinate where left out. */
  readonly params?: (place: number) => Float32Array;
  readonly age?: (place: number) => number;
  readonly secrecy?: Secrecy;
}

const LENGTH = 40;

export function createTable(options: TableOptions): Table {
  const { members, minimum = 3, params = filled, age = (place) => 10 * place, secrecy = nodeSecrecy } = options;
  const clock = createVirtualClock();
  const identities = Array.from({ length: members }, (_, i) => identityFromSeed(new Uint8Array(32).fill(i + 1)));
  const own = identities.map((identity) =>
    makeOffer({ identity, secrecy }, { task: TASK, epoch: 3, link: nodeCrypto.sha256(identity.publicKey) }),
  );
  const roster = rosterOf(own, nodeCrypto);
  const refusals: Table["refusals"] = [];
  const seats: Seated[] = roster.offers.map((offer, place) => {
    const identity = identities[own.indexOf(offer as (typeof own)[number])] as Identity;
    const offered = { offer: offer as OfferedModel["offer"], params: params(place), age: age(place) };
    return seat({ identity, offered, minimum, secrecy }, (from) => seats[placeOf(roster, from.publicKey)] as Seated);
  });
  const coordinator: CoordinatorOptions = {
    task: TASK,
    minimum,
    vectorBytes: 4 * params(0).length,
    ask: (member, sealed) => ask({ clock, roster, seats, refusals }, member, sealed),
    async obtain(member, hash) {
      return (seats[placeOf(roster, member.publicKey)] as Seated).served.get(keyOf(hash));
    },
    serve: (hash, bytes) => void seats[0]?.served.set(keyOf(hash), bytes),
    encode: encodeMean,
  };
  const { identity } = seats[0] as Seated;
  return {
    ...{ clock, roster, seats, refusals, options: coordinator },
    async run() {
      let ended: { outcome: Outcome; tookMs: number } | undefined;
      void convene({ crypto: nodeCrypto, secrecy, identity }, roster, coordinator).then((outcome) => {
        ended = { outcome, tookMs: clock.now() - startMs };
      });
      const startMs = clock.now();
      await clock.run(startMs + 20 * BUDGET_MS);
      if (ended === undefined) throw new Error("the session has not ended");
      return ended;
    },
  };
}

function filled(place: number): Float32Array {
  return new Float32Array(LENGTH).fill(place + 1);
}

export function encodeMean(params: Float32Array) {
  const body = bytesOf(params);
  return { params, body, hash: nodeCrypto.sha256(body) };
}

interface Seating {
  readonly identity: Identity;
  readonly offered: OfferedModel;
  readonly minimum: number;
  readonly secrecy: Secrecy;
}

function seat({ identity, offered, minimum, secrecy }: Seating, of: (offer: Offer) => Seated): Seated {
  const [served, misdeeds] = [new Map<string, Uint8Array>(), [] as Misdeed[]];
  let isFree = true;
  const member = createMember(
    { crypto: nodeCrypto, secrecy, identity },
    {
      task: TASK,
      minimum,
      take(sealed) {
        if (!isFree || keyOf(sealed) !== keyOf(offered.offer.sealed)) return undefined;
        isFree = false;
        return offered;
      },
      isDrawn: () => true,
      serve: (hash, bytes) => void served.set(keyOf(hash), bytes),
      obtain: async (coordinator, hash) => of(coordinator).served.get(keyOf(hash)),
      hashOf: (mean) => encodeMean(mean).hash,
      onMisdeed: (misdeed) => void misdeeds.push(misdeed),
    },
  );
  return { identity, member, offered, lies: {}, served, misdeeds, heard: [] };
}

async function ask(
  { clock, roster, seats, refusals }: Pick<Table, "clock" | "roster" | "seats" | "refusals">,
  to: Offer,
  request: Uint8Array,
): Promise<Uint8Array | undefined> {
  const place = placeOf(roster, to.publicKey);
  const { member, lies, heard } = seats[place] as Seated;
  const { kind } = read(request, nodeCrypto);
  let answer: Uint8Array | undefined;
  try {
    const honest = await member.handle(request);
    const lie = lies[kind];
    answer = lie === undefined ? honest : lie(honest, request);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    refusals.push({ place, kind, code: error.code });
  }
  heard.push({ request, answer });
  await new Promise<void>((resolve) => void clock.after(answer === undefined ? BUDGET_MS : ANSWER_MS, resolve));
  return answer;
}
