/**
 * Passing on what is said about releases (release/messages.ts). Whoever has news asks all its neighbours, who see by the question that there is something
 * that they lack, and ask back: so an order crosses the network in the time of a few requests. A neighbour is asked when it comes, too, and one of them
 * every half minute in any case.
 */
import { forgetOldest, type Rate } from "../../base/bounded.ts";
import { Buckets } from "../../base/buckets.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Rng } from "../../base/rng.ts";
import type { Clock, Crypto, PeerId, Transport } from "../../base/seams.ts";
import {
  decodeReleaseAnswer,
  decodeReleaseRequest,
  encodeReleaseAnswer,
  encodeReleaseRequest,
  shortId,
} from "../../release/messages.ts";
import { read, type Statement } from "../../release/statements.ts";
import { paidService } from "../inbound/serve.ts";
import type { Life } from "../life.ts";
import type { Budget } from "../memory/budget.ts";
import type { Reports } from "../reports.ts";
import type { RequestService } from "../services.ts";

export interface Exchange {
  readonly service: RequestService;
  /** A neighbour that may know more, or less. */
  ask(peer: PeerId): void;
  /** Something is new here. */
  tellAll(): void;
}

export interface ExchangeComponents {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "sha256" | "verify">;
  readonly transport: Pick<Transport, "peers" | "request">;
  readonly rng: Rng;
  readonly budget: Budget;
  readonly life: Life;
  readonly reports: Pick<Reports, "count">;
}

export interface ExchangeOptions {
  readonly task: Uint8Array;
  readonly protocol: string;
  /** All that this peer has. */
  has(): readonly Statement[];
  /** Of statements that came, those that were new are kept; whether any was. */
  heard(statements: readonly Statement[]): Promise<boolean>;
}

/** One neighbour is not asked more often, so that nobody can make this peer ask without end. */
const ASK_EVERY_MS = 1_000;
const ASKED_AT_ONCE = 4;
const LOOK_EVERY_MS = 30_000;
/** A look through the book. */
const ANSWER_COST = 1;
/** A signature that is checked for whoever brought it. */
const STATEMENT_COST = 0.2;
const BYTES_PER_UNIT = 131_072;
/** Hints of one neighbour that led to nothing: of an honest one they seldom do. */
const EMPTY_HINTS: Rate = { burst: 10, perSecond: 0.1 };
/** Neighbours of whom this is remembered. */
const MAX_HINTING = 1024;

export function createExchange(components: ExchangeComponents, options: ExchangeOptions): Exchange {
  const { clock, transport, rng, budget, life } = components;
  const { protocol, has } = options;
  const hints = createHints(clock, () => new Set(has().map(shortId)));
  const asking = createAsking(components, async (peer) => {
    if (!hints.isWorth(peer)) return;
    hints.asked(peer, await askOne(components, options, peer));
  });
  const service = paidService(budget, {
    protocol,
    decode: decodeReleaseRequest,
    costOf: () => ANSWER_COST,
    bytesPerUnit: BYTES_PER_UNIT,
    answer(from, named) {
      const own = has();
      const known = new Set(own.map(shortId));
      const unknown = [...named].filter((id) => !known.has(id));
      if (unknown.length > 0 && hints.heard(from, unknown)) asking.ask(from);
      return encodeReleaseAnswer(own.filter((statement) => !named.has(shortId(statement))));
    },
  });
  const look = () => {
    if (life.signal.aborted) return;
    const peers = transport.peers();
    const one = peers.length === 0 ? undefined : peers[rng.below(peers.length)];
    if (one !== undefined) asking.ask(one);
    clock.after(LOOK_EVERY_MS, look);
  };
  clock.after(LOOK_EVERY_MS, look);
  return {
    service,
    ask(peer) {
      hints.forget(peer);
      asking.ask(peer);
    },
    tellAll() {
      for (const peer of transport.peers()) {
        hints.forget(peer);
        asking.ask(peer);
      }
    },
  };
}

/** Asks one neighbour, and takes what it tells. @throws HearsayError where it does not answer, or answers nonsense. */
async function askOne(
  { crypto, transport, budget, life, reports }: ExchangeComponents,
  { task, protocol, has, heard }: ExchangeOptions,
  peer: PeerId,
): Promise<boolean> {
  const answer = await transport.request(peer, protocol, encodeReleaseRequest(has()), { signal: life.signal });
  const statements: Statement[] = [];
  for (const sealed of decodeReleaseAnswer(answer)) {
    if (!budget.pay(peer, STATEMENT_COST)) break; // the rest in a later answer
    try {
      statements.push(read(sealed, task, crypto));
    } catch (error) {
      if (!isHearsayError(error)) throw error;
      reports.count(error.code);
    }
  }
  return heard(statements);
}

/** What neighbours have shown that they know: whether it is worth asking them, when their turn comes. */
interface Hints {
  /** A neighbour has named these; false where too many of its hints led to nothing. */
  heard(from: PeerId, unknown: readonly string[]): boolean;
  /** False where all that it had named has come from others meanwhile. */
  isWorth(peer: PeerId): boolean;
  asked(peer: PeerId, isNews: boolean): void;
  /** It is asked whatever it has named. */
  forget(peer: PeerId): void;
}

function createHints(clock: Pick<Clock, "monotonicMs">, known: () => ReadonlySet<string>): Hints {
  const named = new Map<PeerId, readonly string[]>();
  const allowances = new Buckets(EMPTY_HINTS, MAX_HINTING);
  return {
    heard(from, unknown) {
      if (allowances.at(from, clock.monotonicMs()).tokens < 1) return false;
      named.set(from, unknown);
      forgetOldest(named, MAX_HINTING);
      return true;
    },
    isWorth(peer) {
      const [unknown, own] = [named.get(peer), known()];
      return unknown === undefined || unknown.some((id) => !own.has(id));
    },
    asked(peer, isNews) {
      if (!named.delete(peer) || isNews) return;
      allowances.take(peer, clock.monotonicMs());
    },
    forget: (peer) => void named.delete(peer),
  };
}

/** Whom to ask, and when. */
function createAsking(
  { clock, transport, life }: Pick<ExchangeComponents, "clock" | "transport" | "life">,
  askFor: (peer: PeerId) => Promise<void>,
): Pick<Exchange, "ask"> {
  const waiting = new Set<PeerId>();
  const resting = new Set<PeerId>();
  let busy = 0;

  function next(): void {
    const here = new Set(transport.peers());
    for (const peer of waiting) {
      if (busy >= ASKED_AT_ONCE || life.signal.aborted) return;
      if (resting.has(peer)) continue;
      waiting.delete(peer);
      if (!here.has(peer)) continue; // it is asked when it comes again
      busy++;
      resting.add(peer);
      clock.after(ASK_EVERY_MS, () => {
        resting.delete(peer);
        next();
      });
      const asked = askFor(peer).finally(() => {
        busy--;
        next();
      });
      life.aside(asked);
    }
  }

  return {
    ask(peer) {
      waiting.add(peer);
      next();
    },
  };
}
