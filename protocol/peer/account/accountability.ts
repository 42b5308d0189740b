/**
 * Authors answer for their logs, and so does this peer: heads that are remembered (heads.ts), models taken with proof only (proofs.ts), the log
 * served to whoever asks (log-service.ts), evidence and bans (bans.ts). This file joins them. Simulations without signatures run without all this.
 */
import { equalBytes } from "../../base/bytes.ts";
import type { Crypto, PeerId, StoreChange } from "../../base/seams.ts";
import type { Entry } from "../../log/entry/entry.ts";
import { forkBetween, type SignedStatement } from "../../log/entry/evidence.ts";
import type { Log } from "../../log/stored/chain.ts";
import type { Announcement } from "../../wire/announcement.ts";
import type { Accountable } from "../inbound/announcement-book.ts";
import type { Proofs } from "../inbound/fetch.ts";
import type { Service, TopicService } from "../services.ts";
import type { Bans } from "./bans.ts";
import { cosignersAmong } from "./cosigning.ts";
import type { HeadMemory } from "./heads.ts";
import type { LogService } from "./log-service.ts";
import { createOtherLogs, type OtherLogs } from "./log-watch.ts";
import type { ModelService } from "./model-service.ts";
import type { Prover } from "./proofs.ts";
import { announcedState } from "./signed-state.ts";

export interface Accountability extends Accountable, Proofs {
  /** The log, and evidence. */
  readonly services: readonly Service[];
  /** Models of which this peer tells by briefs, where it does. */
  readonly models: Service;
  /** Hears of an own publication, and its sealed announcement. */
  published(entry: Entry, announcement: Uint8Array): void;
  /** What was remembered of other logs and is not on disk yet. */
  takeChanges(): StoreChange[];
  /** A peer of this task was met, at a new connection: it is asked for the evidence that it holds. */
  met(peer: PeerId): void;
  /** Logs of others, as they announced them to this peer. */
  readonly others: OtherLogs;
  status(): AccountabilityStatus;
}

export interface AccountabilityStatus {
  /** Keys against which there is evidence. */
  readonly banned: number;
  /** The newest checkpoint of the own log that others cosigned: its size, and how many of them are peers that this one has pulled from. */
  readonly cosigned?: { readonly size: number; readonly cosigners: number; readonly known: number };
}

export interface AccountabilityComponents {
  readonly log: Log;
  readonly heads: HeadMemory;
  readonly bans: Bans;
  readonly prover: Prover;
  readonly logService: LogService;
  /** Serves models with their proofs. */
  readonly pulls: Service;
  readonly models: ModelService;
}

export interface AccountabilityOptions {
  readonly taskId: Uint8Array;
  readonly crypto: Crypto;
  /** Hears of evidence by gossip. */
  readonly gossip: TopicService;
  /** The announcements of an author that came in this run, the newest first. */
  heardOf(author: PeerId): readonly Announcement[];
}

export function createAccountability(
  components: AccountabilityComponents,
  options: AccountabilityOptions,
): Accountability {
  const { heads, bans, prover, logService, pulls, models } = components;
  const { taskId, crypto, gossip } = options;
  const { prove, pulled, briefed, suspect, doubt } = prover;
  return {
    services: [gossip, logService.service, pulls],
    prove,
    pulled,
    briefed,
    suspect,
    models: models.service,
    published(entry, announcement) {
      logService.published(entry);
      models.published(announcement);
    },
    isBanned: bans.has,
    proved: heads.get,
    takeChanges: () => [...heads.takeChanges(), ...bans.takeChanges()],
    onFork({ publicKey, generation, sealed }, other) {
      const [first, second] = [announced(sealed), announced(other.sealed)];
      const fork = forkBetween({ publicKey, task: taskId, generation }, [first, second], crypto);
      if (fork !== undefined) bans.found(fork);
    },
    onOld: (announced) => doubt(announcedState(announced)),
    met: bans.met,
    others: createOtherLogs({
      taskId,
      crypto,
      doubt,
      onFork: bans.found,
      announcedBy: (author) => announcedBy(components, options, author),
    }),
    status: () => statusOf(components, crypto),
  };
}

/** What it announced in this run, and the newest that it has proved. */
function announcedBy(
  { heads }: AccountabilityComponents,
  { heardOf }: AccountabilityOptions,
  author: PeerId,
): readonly Announcement[] {
  const proved = heads.get(author);
  const heard = heardOf(author);
  if (proved === undefined || heard.some(({ sealed }) => equalBytes(sealed, proved.sealed))) return heard;
  return [...heard, proved];
}

function statusOf({ log, heads, bans }: AccountabilityComponents, crypto: Crypto): AccountabilityStatus {
  const cosigned = log.cosigned();
  const banned = bans.size;
  if (cosigned === undefined) return { banned };
  const known = cosignersAmong(cosigned, (peer) => heads.get(peer) !== undefined, crypto).length;
  return { banned, cosigned: { size: cosigned.size, cosigners: cosigned.signatures.length - 1, known } };
}

function announced(bytes: Uint8Array): SignedStatement {
  return { what: "announcement", bytes };
}
