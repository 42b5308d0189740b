/**
 * What a peer knows of releases: the statements of the task's release keys, and the votes of peers. It is bounded, and does not depend on the order
 * in which statements come, but for votes beyond their bound.
 *
 * An order stands once `threshold` keys have signed the same one. The threshold is more than half of the keys (task/release-checks.ts), so
 * two orders with one serial can stand only where a key has signed both.
 */
import { equalBytes, keyOf } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { Says, Statement } from "./statements.ts";

/** What release keys may do, from the task. */
export interface Authority {
  /** Raw public keys. */
  readonly keys: readonly Uint8Array[];
  readonly threshold: number;
}

/** An order, and who has signed it. */
export interface Proposal {
  readonly order: Says["order"];
  readonly signers: readonly Statement<"order">[];
}

export interface ReleaseBook {
  /** Keeps a statement where it says something new; whether it did. `dropped` are those that it keeps no longer. */
  take(statement: Statement): { readonly isNew: boolean; readonly dropped: readonly Statement[] };
  all(): Statement[];
  tag(release: Uint8Array): Statement<"tag"> | undefined;
  /** Newest last. */
  tags(): Statement<"tag">[];
  gates(): Statement<"gate">[];
  votes(gate: Uint8Array): Statement<"vote">[];
  /** The order that holds. */
  standing(): Proposal | undefined;
  /** Newer ones that too few keys have signed so far. */
  proposals(): Proposal[];
}

/** What the functions below share. */
interface Shelves {
  readonly tags: Map<string, Statement<"tag">>;
  readonly gates: Map<string, Statement<"gate">>;
  /** By gate and signer. */
  readonly votes: Map<string, Map<string, Statement<"vote">>>;
  /** The newest few of each signer, the newest first. */
  readonly recent: Map<string, readonly Statement<"order">[]>;
  /** Its signatures stay, whatever their signers say afterwards. */
  standing: Proposal | undefined;
}

/** @param isKnown whether a peer has delivered models: votes of others have few places. */
export function createReleaseBook(
  { keys, threshold }: Authority,
  isKnown: (publicKey: Uint8Array) => boolean,
): ReleaseBook {
  const shelves: Shelves = {
    tags: new Map(),
    gates: new Map(),
    votes: new Map(),
    recent: new Map(),
    standing: undefined,
  };
  const authorities = new Set(keys.map(keyOf));
  const take = (statement: Statement): boolean => {
    if (statement.kind === "vote") return takeVote(shelves, statement, isKnown);
    if (!authorities.has(keyOf(statement.signer))) return false;
    if (statement.kind === "order") return takeOrder(shelves, statement, threshold);
    if (statement.kind === "tag") return takeTag(shelves, statement);
    return takeGate(shelves, statement);
  };
  const all = () => allOf(shelves);
  return {
    take(statement) {
      const before = all();
      if (!take(statement)) return { isNew: false, dropped: [] };
      forget(shelves);
      const kept = new Set(all().map(({ id }) => keyOf(id)));
      return { isNew: kept.has(keyOf(statement.id)), dropped: before.filter(({ id }) => !kept.has(keyOf(id))) };
    },
    all,
    tag: (release) => shelves.tags.get(keyOf(release)),
    tags: () => [...shelves.tags.values()].sort(byTime),
    gates: () => [...shelves.gates.values()],
    votes: (gate) => [...(shelves.votes.get(keyOf(gate))?.values() ?? [])],
    standing: () => shelves.standing,
    proposals: () => proposalsOf(shelves),
  };
}

function takeTag({ tags }: Shelves, tag: Statement<"tag">): boolean {
  const name = keyOf(tag.id);
  if (tags.has(name)) return false;
  tags.set(name, tag);
  return true;
}

function takeGate({ gates }: Shelves, gate: Statement<"gate">): boolean {
  const name = keyOf(gate.id);
  if (gates.has(name)) return false;
  gates.set(name, gate);
  return true;
}

/** The first of a peer counts. */
function takeVote(
  { gates, votes }: Shelves,
  vote: Statement<"vote">,
  isKnown: (publicKey: Uint8Array) => boolean,
): boolean {
  const gate = keyOf(vote.gate);
  const cast = votes.get(gate) ?? new Map<string, Statement<"vote">>();
  const signer = keyOf(vote.signer);
  if (!gates.has(gate) || cast.has(signer) || cast.size >= LIMITS.maxReleaseVotes) return false;
  const strangers = [...cast.values()].filter((other) => !isKnown(other.signer)).length;
  if (!isKnown(vote.signer) && strangers >= LIMITS.maxReleaseVotesOfStrangers) return false;
  votes.set(gate, cast.set(signer, vote));
  return true;
}

function takeOrder(shelves: Shelves, order: Statement<"order">, threshold: number): boolean {
  const { recent, standing } = shelves;
  const signer = keyOf(order.signer);
  const before = recent.get(signer) ?? [];
  const joins = standing !== undefined && same(standing.order, order);
  const known = [...before, ...(standing?.signers ?? [])];
  if (known.some(({ id }) => equalBytes(id, order.id))) return false;
  const after = [...before, order].sort((a, b) => (isAfter(a, b) ? -1 : 1)).slice(0, LIMITS.maxReleaseOrders);
  if (!joins && !after.includes(order)) return false;
  recent.set(signer, after);
  const alike = new Set([...[...recent.values()].flat(), ...(joins ? [...standing.signers, order] : [])]);
  const signers = [...alike].filter((other) => same(other, order));
  if (signers.length >= threshold && (standing === undefined || joins || isAfter(order, standing.order)))
    shelves.standing = { order: saysOf(order), signers };
  return true;
}

/** By serial; of two with one serial, which nobody should have signed, the one that sorts first comes last. */
function isAfter(order: Says["order"], other: Says["order"]): boolean {
  if (order.serial !== other.serial) return order.serial > other.serial;
  return describe(order) < describe(other);
}

function same(order: Says["order"], other: Says["order"]): boolean {
  return describe(order) === describe(other);
}

function describe({ serial, target, permille, base }: Says["order"]): string {
  return [serial, keyOf(target), permille, base === null ? "" : keyOf(base)].join("/");
}

function saysOf({ serial, target, permille, base }: Says["order"]): Says["order"] {
  return { serial, target, permille, base };
}

function proposalsOf({ recent, standing }: Shelves): Proposal[] {
  const open = [...recent.values()].flat().filter((order) => standing === undefined || isAfter(order, standing.order));
  const groups = new Map<string, Statement<"order">[]>();
  for (const order of open) groups.set(describe(order), [...(groups.get(describe(order)) ?? []), order]);
  return [...groups.values()].map((signers) => ({ order: saysOf(signers[0] as Statement<"order">), signers }));
}

/** In an order in which another book takes them: gates before votes, and the order that holds before those that would displace its signatures. */
function allOf({ tags, gates, votes, recent, standing }: Shelves): Statement[] {
  const orders = new Set([...(standing?.signers ?? []), ...[...recent.values()].flat()]);
  const cast = [...votes.values()].flatMap((of) => [...of.values()]);
  return [...tags.values(), ...orders, ...gates.values(), ...cast];
}

/** The oldest tags beyond the bound, but none that an order names; then gates of tags that are gone, the oldest gates, and votes of gates that are gone. */
function forget(shelves: Shelves): void {
  const { tags, gates, votes, recent, standing } = shelves;
  const orders = [...[...recent.values()].flat(), ...(standing === undefined ? [] : [standing.order])];
  const named = new Set(orders.flatMap(({ target, base }) => [keyOf(target), base === null ? "" : keyOf(base)]));
  const spare = [...tags.values()].sort(byTime).filter(({ id }) => !named.has(keyOf(id)));
  for (const { id } of spare.slice(0, Math.max(0, tags.size - LIMITS.maxReleases))) tags.delete(keyOf(id));
  const rank = (gate: Statement<"gate">) => tags.get(keyOf(gate.release))?.tsMs ?? Number.MAX_SAFE_INTEGER;
  const order = (a: Statement<"gate">, b: Statement<"gate">) =>
    rank(a) - rank(b) || (keyOf(a.id) < keyOf(b.id) ? -1 : 1);
  const sorted = [...gates.values()].sort(order);
  for (const { id } of sorted.slice(0, Math.max(0, gates.size - LIMITS.maxReleaseGates))) gates.delete(keyOf(id));
  for (const gate of votes.keys()) if (!gates.has(gate)) votes.delete(gate);
}

function byTime(a: Statement<"tag">, b: Statement<"tag">): number {
  return a.tsMs - b.tsMs || (keyOf(a.id) < keyOf(b.id) ? -1 : 1);
}
