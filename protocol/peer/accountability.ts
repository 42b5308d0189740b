/**
 * Authors answer for their logs, and so does this peer: heads that are remembered (heads.ts), models taken with proof only (proofs.ts), the log
 * served to whoever asks (log-service.ts), evidence and bans (bans.ts). Wiring only. Simulations without signatures run without all this.
 */
import { isHearsayError } from "../errors.ts";
import type { Entry } from "../log/entry.ts";
import { forkBetween, type SignedStatement } from "../log/evidence.ts";
import type { PeerId, StoreChange } from "../seams.ts";
import { openBans } from "./bans.ts";
import type { PeerContext } from "./context.ts";
import { openHeadMemory } from "./heads.ts";
import type { Accountable } from "./inbound.ts";
import { cosignersAmong, serveLog } from "./log-service.ts";
import { createProver } from "./proofs.ts";

export interface Accountability extends Accountable {
  /** See `LogService.published`. */
  published(entry: Entry): void;
  /** What was remembered of other logs and is not on disk yet. */
  takeChanges(): StoreChange[];
  /** A peer of this task was met, at a new connection: it is asked for the evidence that it holds. */
  met(peer: PeerId): void;
  status(): AccountabilityStatus;
}

export interface AccountabilityStatus {
  /** Keys against which there is evidence. */
  readonly banned: number;
  /** The newest checkpoint of the own log that others cosigned: its size, and how many of them are peers that this one has pulled from. */
  readonly cosigned?: { readonly size: number; readonly cosigners: number; readonly known: number };
}

/** Neighbours that are asked for evidence at a time: who comes new to many hears from the first few what the others know too. */
const ASKED_AT_ONCE = 3;

/** @throws HearsayError ERR_BANNED where there is evidence against this peer's own key; ERR_STATE where what is stored is damaged. */
export async function openAccountability(context: PeerContext): Promise<Accountability> {
  const { crypto, taskId, log } = context;
  const heads = await openHeadMemory(context.store, context.clock);
  for (const author of heads.authors()) context.standing.delivered(author);
  const bans = await openBans(context);
  const { prove, doubt } = createProver(context, { heads, onFork: bans.found });
  const { published } = serveLog(context, { evidence: bans.heldBeside });
  const toAsk = new Set<PeerId>();
  let asked = 0;

  function askNext(): void {
    const [peer] = toAsk;
    if (peer === undefined || asked >= ASKED_AT_ONCE || context.signal.aborted) return;
    toAsk.delete(peer);
    asked++;
    bans
      .askFor(peer)
      .catch((error: unknown) => {
        if (!isHearsayError(error)) context.fail(error); // else it is gone or says nonsense: others may tell
      })
      .finally(() => {
        asked--;
        askNext();
      });
  }

  return {
    prove,
    published,
    isBanned: bans.has,
    proved: heads.get,
    takeChanges: heads.takeChanges,
    onFork({ publicKey, generation, sealed }, other) {
      const [first, second] = [announced(sealed), announced(other.sealed)];
      const fork = forkBetween({ publicKey, task: taskId, generation }, [first, second], crypto);
      if (fork !== undefined) bans.found(fork);
    },
    onOld: doubt,
    met(peer) {
      toAsk.add(peer);
      askNext();
    },
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
