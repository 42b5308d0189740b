/** What of releases lies on the disk: statements, bodies, and which releases this peer served last. */
import { toHex } from "../../base/bytes.ts";
import type { Crypto, Store, StoreChange } from "../../base/seams.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import { read, type Statement } from "../../release/statements.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isBytes32 } from "../../wire/values.ts";
import type { LaterOrders } from "./later.ts";

export interface Library {
  /** Statements in an order in which a book takes them. */
  load(): Promise<{ readonly statements: readonly Statement[]; readonly served: readonly Uint8Array[] }>;
  /** On disk when it resolves. */
  keep(statement: Statement, dropped: readonly Statement[]): Promise<void>;
  body(hash: Uint8Array): Promise<Uint8Array | undefined>;
  keepBody(hash: Uint8Array, body: Uint8Array): Promise<void>;
  /** Forgets all bodies but these. */
  keepOnly(hashes: readonly Uint8Array[]): Promise<void>;
  /** Ids of releases, the one that is served now first. */
  keepServed(releases: readonly Uint8Array[]): Promise<void>;
  /** Orders for later rings. */
  later(): Promise<LaterOrders | undefined>;
  keepLater(held: LaterOrders): Promise<void>;
}

const STATEMENT = `${STORE.release}statement/`;
const BODY = `${STORE.release}body/`;
const SERVED = "release/served";
const LATER = "release/later";

export function createLibrary(
  store: Pick<Store, "get" | "write" | "range">,
  crypto: Pick<Crypto, "sha256" | "verify">,
  task: Uint8Array,
): Library {
  const keyOf = (statement: Statement) => `${STATEMENT}${toHex(statement.id)}`;
  return {
    async load() {
      const statements: Statement[] = [];
      for await (const [, sealed] of store.range(STATEMENT)) statements.push(read(sealed, task, crypto));
      const saved = decodeRecord(await store.get(SERVED), RECORDS[SERVED]);
      const [served] = saved ?? [];
      const ids = Array.isArray(served) ? served.filter(isBytes32) : [];
      return { statements: statements.sort((a, b) => turnOf(a) - turnOf(b)), served: ids };
    },
    keep(statement, dropped) {
      const gone = dropped.map((one): StoreChange => ({ key: keyOf(one) }));
      return store.write([...gone, { key: keyOf(statement), value: statement.sealed }]);
    },
    body: (hash) => store.get(`${BODY}${toHex(hash)}`),
    keepBody: (hash, body) => store.write([{ key: `${BODY}${toHex(hash)}`, value: body }]),
    async keepOnly(hashes) {
      const kept = new Set(hashes.map((hash) => `${BODY}${toHex(hash)}`));
      const gone: StoreChange[] = [];
      for await (const [key] of store.range(BODY)) if (!kept.has(key)) gone.push({ key });
      if (gone.length > 0) await store.write(gone);
    },
    keepServed: (releases) => store.write([{ key: SERVED, value: encodeRecord(RECORDS[SERVED], [...releases]) }]),
    async later() {
      const [everyMs, sinceMs, orders] = decodeRecord(await store.get(LATER), RECORDS[LATER]) ?? [];
      if (!isTime(everyMs) || (sinceMs !== null && !isTime(sinceMs)) || !Array.isArray(orders)) return undefined;
      const known = orders.map((sealed) => read(sealed, task, crypto)).filter((one) => one.kind === "order");
      return { everyMs, sinceMs, orders: known };
    },
    keepLater({ everyMs, sinceMs, orders }) {
      const sealed = orders.map((order) => order.sealed);
      const value = encodeRecord(RECORDS[LATER], everyMs, sinceMs, sealed);
      return store.write([orders.length === 0 ? { key: LATER } : { key: LATER, value }]);
    },
  };
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Gates before their votes; of orders the older ones first, as they came. */
function turnOf(statement: Statement): number {
  if (statement.kind === "order") return statement.serial;
  return { tag: 0, gate: Number.MAX_SAFE_INTEGER, vote: Number.POSITIVE_INFINITY }[statement.kind];
}
