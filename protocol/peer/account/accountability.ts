/**
 * Authors answer for their logs, and so does this peer: heads that are remembered (heads.ts), models taken with proof only (proofs.ts), the log
 * served to whoever asks (log-service.ts), evidence and bans (bans.ts). Wiring only. Simulations without signatures run without all this.
 */
import { equalBytes } from "../../base/bytes.ts";
import type { PeerId, StoreChange } from "../../base/seams.ts";
import type { Entry } from "../../log/entry/entry.ts";
import { forkBetween, type SignedStatement } from "../../log/entry/evidence.ts";
import type { PeerContext } from "../context.ts";
import { heardIn } from "../inbound/announcements.ts";
import type { Accountable } from "../inbound/inbound-state.ts";
import type { Service } from "../services.ts";
import { openBans } from "./bans.ts";
import { cosignersAmong } from "./cosigning.ts";
import { openHeadMemory } from "./heads.ts";
import { createLogService } from "./log-service.ts";
import { createOtherLogs, type OtherLogs } from "./log-watch.ts";
import { createProver } from "./proofs.ts";
import { announcedState } from "./signed-state.ts";

export interface Accountability extends Accountable {
  /** The log, and evidence. */
  readonly services: readonly Service[];
  /** See `LogService.published`. */
  published(entry: Entry): void;
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

/** @throws HearsayError ERR_BANNED where there is evidence against this peer's own key; ERR_STATE where what is stored is damaged. */
export async function openAccountability(context: PeerContext): Promise<Accountability> {
  const { crypto, taskId, log } = context;
  const heads = await openHeadMemory(context);
  const bans = await openBans(context);
  const { prove, doubt } = createProver(context, { heads, onFork: bans.found });
  const { service, published } = createLogService(context, { evidence: bans.heldBeside });

  return {
    services: [bans.service, service],
    prove,
    published,
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
      ...{ taskId, crypto, doubt, onFork: bans.found },
      announcedBy(author) {
        const proved = heads.get(author);
        const heard = heardIn(context.identities.get(author)?.slot);
        return proved === undefined || heard.some(({ sealed }) => equalBytes(sealed, proved.sealed))
          ? heard
          : [...heard, proved];
      },
    }),
    status() {
      const cosigned = log.cosigned();
      const banned = bans.size;
      if (cosigned === undefined) return { banned };
      const known = cosignersAmong(cosigned, (peer) => heads.get(peer) !== undefined, crypto).length;
      return { banned, cosigned: { size: cosigned.size, cosigners: cosigned.signatures.length - 1, known } };
    },
  };
}

function announced(bytes: Uint8Array): SignedStatement {
  return { what: "announcement", bytes };
}
