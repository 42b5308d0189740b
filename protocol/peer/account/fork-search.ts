/**
 * Two states of one log, both signed by its author, do not belong together. Only this peer can see that. To convince others it needs two statements about one
 * place (log/entry/evidence.ts). A liar with two heads avoids those: one head announces some places, the other head announces others.
 *
 * But the author serves entries, and signs each of them. So it is asked for its entries from the older state to the newer one, page by page. Each page begins
 * with the last two entries of the page before. The first entries contradict the older statement or go on with it. The last entries contradict the newer
 * statement or lead up to it. If the author has two heads, the entries cannot do both. So somewhere on the way two entries contradict each other, whichever head
 * each page was answered from. A liar can only refuse to answer, and then nobody takes its models.
 */
import { equalBytes } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Crypto, Transport } from "../../base/seams.ts";
import { logIdOf, readEntry } from "../../log/entry/entry.ts";
import { forkBetween, type SignedStatement } from "../../log/entry/evidence.ts";
import { decodeEntriesAnswer, encodeLogRequest, LOG_PROTOCOL } from "../../wire/log-messages.ts";
import type { SignedState } from "./signed-state.ts";

export interface SearchContext {
  readonly crypto: Crypto;
  readonly transport: Pick<Transport, "request">;
  readonly signal: AbortSignal;
}

/** What a statement says is the entry at a place. */
interface Word {
  readonly at: number;
  readonly id: Uint8Array;
  readonly statement: SignedStatement;
}

/** Entries by which a page overlaps the one before: either could be too long for evidence, and its neighbour vouches for it. */
const OVERLAP = 2;
const ENTRIES_ASKED = 1024;
/** Contradictions that turn out to be no evidence, e.g. since nobody signed them, before a search is given up. */
const MAX_FAILED = 16;

/**
 * Evidence that the author has two heads, or undefined where it shows none.
 * @throws HearsayError for whatever its answers lack.
 */
export async function findFork(
  context: SearchContext,
  older: SignedState,
  newer: SignedState,
): Promise<Uint8Array | undefined> {
  const direct = forkBetween(older, [older.statement, newer.statement], context.crypto);
  if (direct !== undefined) return direct;
  const words = createWords(context, older);
  for (const { size, entry, statement } of [older, newer])
    if (entry !== undefined) words.add({ at: size - 1, id: entry, statement });
  let from = older.size - 1;
  for (let answers = 0; answers < LIMITS.maxSearchedAnswers && from < newer.size; answers++) {
    const page = await entriesFrom(context, older, from);
    const fork = readPage(context, words, from, page);
    if (fork !== undefined || words.failed() > MAX_FAILED) return fork;
    if (page.length <= OVERLAP) return undefined;
    from += page.length - OVERLAP;
  }
  return undefined;
}

/** Evidence against the author of a state in its own entries at that place, of which it is asked for no more than two. */
export async function findForkAt(context: SearchContext, state: SignedState): Promise<Uint8Array | undefined> {
  const words = createWords(context, state);
  const { size, entry, statement } = state;
  if (entry !== undefined) words.add({ at: size - 1, id: entry, statement });
  return readPage(context, words, size - 1, await entriesFrom(context, state, size - 1, 2));
}

async function entriesFrom(
  { transport, crypto, signal }: SearchContext,
  { author, publicKey, task, generation }: SignedState,
  from: number,
  limit: number = ENTRIES_ASKED,
): Promise<readonly Uint8Array[]> {
  const logId = logIdOf(publicKey, task, crypto, generation);
  const request = encodeLogRequest({ what: "entries", logId, from, limit });
  const answer = await transport.request(author, LOG_PROTOCOL, request, { signal });
  return decodeEntriesAnswer(answer).entries.slice(0, limit);
}

/** The first contradiction in a page that is evidence. Entries that stand in another place than they should say nothing. */
function readPage(
  { crypto }: SearchContext,
  words: Words,
  from: number,
  page: readonly Uint8Array[],
): Uint8Array | undefined {
  for (const [i, bytes] of page.entries()) {
    const { seq, id, prev } = readEntry(bytes, crypto);
    if (seq !== from + i) return undefined;
    const statement = { what: "entry", bytes } as const;
    const fork = words.add({ at: seq, id, statement }) ?? (seq > 0 && words.add({ at: seq - 1, id: prev, statement }));
    if (fork) return fork;
    if (words.failed() > MAX_FAILED) return undefined;
  }
  return undefined;
}

interface Words {
  /** Remembers it; evidence, where it contradicts one that is remembered. */
  add(word: Word): Uint8Array | undefined;
  /** Contradictions so far that were no evidence. */
  failed(): number;
}

function createWords({ crypto }: SearchContext, log: SignedState): Words {
  const places = new Map<number, Word[]>();
  let failed = 0;
  return {
    add(word) {
      const others = places.get(word.at) ?? [];
      for (const other of others) {
        if (equalBytes(other.id, word.id)) continue;
        const fork = forkBetween(log, [other.statement, word.statement], crypto);
        if (fork !== undefined) return fork;
        failed++;
      }
      places.set(word.at, [...others, word]);
      return undefined;
    },
    failed: () => failed,
  };
}
