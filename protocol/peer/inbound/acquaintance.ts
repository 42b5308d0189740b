/** What is known of the peers that are connected: which of them have answered the greeting, are being asked, or were refused. */
import type { HearsayError } from "../../base/errors.ts";
import type { PeerId, Transport } from "../../base/seams.ts";
import type { Reports } from "../reports.ts";

export interface Acquaintance {
  /** A new connection: it has to answer anew. */
  connected(peer: PeerId): void;
  hasAnswered(peer: PeerId): boolean;
  answered(peer: PeerId, told: SelfDescription): void;
  servesPulls(peer: PeerId): boolean;
  /** Whether it may be told by briefs. */
  hearsBriefs(peer: PeerId): boolean;
  /** What its owner calls it, where it has said so at its last connection. Nobody checks it. */
  nameOf(peer: PeerId): string | undefined;
  /** Asks it, unless that is being done already. */
  ask(peer: PeerId, greet: () => Promise<void>): void;
  /** Counted and told once a connection, though both ends greet. */
  refuse(peer: PeerId, error: HearsayError): void;
  /** Why it was refused at its last connection; undefined where it was not. */
  refusalOf(peer: PeerId): Refusal | undefined;
  /** Connected peers that have answered on this task, sorted. */
  neighbours(): PeerId[];
}

/** Why a peer takes no part: it is of another task or another version. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What a peer says of itself. */
export interface SelfDescription {
  /** Whether it serves models with their proofs. */
  readonly servesPulls?: boolean;
  readonly name?: string;
  /** Whether it hears briefs, and pulls the models of these. */
  readonly hearsBriefs?: boolean;
}

/** Greetings that are remembered, before those of peers that are gone are forgotten. */
const MAX_REMEMBERED = 1024;

export function createAcquaintance(
  transport: Pick<Transport, "peers">,
  reports: Pick<Reports, "refused">,
): Acquaintance {
  return new Acquaintances(transport, reports);
}

/** Most sets stay empty for most peers: each is made for its first member. */
class Acquaintances implements Acquaintance {
  readonly #transport: Pick<Transport, "peers">;
  readonly #reports: Pick<Reports, "refused">;
  readonly #answered = new Set<PeerId>();
  #asking: Set<PeerId> | undefined;
  #refused: Map<PeerId, Refusal> | undefined;
  #serving: Set<PeerId> | undefined;
  #hearing: Set<PeerId> | undefined;
  #names: Map<PeerId, string> | undefined;

  constructor(transport: Pick<Transport, "peers">, reports: Pick<Reports, "refused">) {
    this.#transport = transport;
    this.#reports = reports;
  }

  connected(peer: PeerId): void {
    for (const set of [this.#answered, this.#refused, this.#serving, this.#hearing, this.#names]) {
      set?.delete(peer);
      if (set !== undefined && set.size > MAX_REMEMBERED) forgetAbsent(set, this.#transport.peers());
    }
  }

  hasAnswered(peer: PeerId): boolean {
    return this.#answered.has(peer);
  }

  answered(peer: PeerId, { servesPulls = false, hearsBriefs = false, name }: SelfDescription): void {
    this.#answered.add(peer);
    if (servesPulls) this.#serving = (this.#serving ?? new Set()).add(peer);
    if (hearsBriefs) this.#hearing = (this.#hearing ?? new Set()).add(peer);
    if (name !== undefined) this.#names = (this.#names ?? new Map()).set(peer, name);
  }

  servesPulls(peer: PeerId): boolean {
    return this.#serving?.has(peer) === true;
  }

  hearsBriefs(peer: PeerId): boolean {
    return this.#hearing?.has(peer) === true;
  }

  nameOf(peer: PeerId): string | undefined {
    return this.#names?.get(peer);
  }

  ask(peer: PeerId, greet: () => Promise<void>): void {
    if (this.#asking?.has(peer)) return;
    const asking = (this.#asking ?? new Set()).add(peer);
    this.#asking = asking;
    greet().finally(() => asking.delete(peer));
  }

  refuse(peer: PeerId, { code, message }: HearsayError): void {
    if (this.#refused?.has(peer)) return;
    this.#refused = (this.#refused ?? new Map()).set(peer, { code, message });
    this.#reports.refused(peer, code, message);
  }

  refusalOf(peer: PeerId): Refusal | undefined {
    return this.#refused?.get(peer);
  }

  neighbours(): PeerId[] {
    return this.#transport.peers().filter((peer) => this.#answered.has(peer));
  }
}

/** Deletes what is remembered of peers that are not connected. */
export function forgetAbsent(
  peers: { keys(): Iterable<PeerId>; delete(peer: PeerId): boolean },
  connected: readonly PeerId[],
): void {
  const here = new Set(connected);
  for (const peer of peers.keys()) if (!here.has(peer)) peers.delete(peer);
}
