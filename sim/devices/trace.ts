/**
 * Presence as it was recorded: sessions of single peers, or contacts of pairs. Rows come in any order and may overlap or touch: of
 * one peer (one pair) they are merged into spans with a gap between any two, so that nobody comes who is there already.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { ContactChange, Presence, SessionChange } from "./presence.ts";
import type { Contact, Session } from "./schema.ts";

/** Sessions: a peer that no row names is never there, and after its last row a peer stays away. */
export function sessionPresence(sessions: readonly Session[], peers: number): Presence {
  requirePeers("churn.sessions", sessions, peers);
  const merged = mergeSpans(sessions);
  const atStart = new Set(merged.filter(([on]) => on === 0).map(([, , peer]) => peer));

  function* changes(): Generator<SessionChange> {
    for (const [atSeconds, begins, [, , peer]] of inOrder(merged))
      if (!begins || atSeconds > 0) yield { atMs: atSeconds * 1000, kind: begins ? "on" : "off", peer };
  }
  return { links: "topology", startsOn: (peer) => atStart.has(peer), changes: changes() };
}

/** Contacts: everybody is there always, linked to whom it meets. */
export function contactPresence(contacts: readonly Contact[], peers: number): Presence {
  requirePeers("churn.contacts", contacts, peers);
  const merged = mergeSpans(
    contacts.map(([start, end, a, b]): Contact => [start, end, Math.min(a, b), Math.max(a, b)]),
  );

  function* changes(): Generator<ContactChange> {
    for (const [atSeconds, begins, [, , a, b]] of inOrder(merged))
      yield { atMs: atSeconds * 1000, kind: begins ? "link" : "unlink", a, b };
  }
  return { links: "contacts", startsOn: () => true, changes: changes() };
}

/** Spans of the same subject (what follows the two times) that overlap or touch become one; sorted by subject, then time. */
function mergeSpans<Row extends Session | Contact>(rows: readonly Row[]): Row[] {
  const sorted = [...rows].sort((x, y) => bySubject(x, y) || x[0] - y[0]);
  const merged: Row[] = [];
  for (const row of sorted) {
    const last = merged.at(-1);
    if (last === undefined || bySubject(last, row) !== 0 || row[0] > last[1]) merged.push(row);
    else if (row[1] > last[1]) merged[merged.length - 1] = last.with(1, row[1]) as unknown as Row;
  }
  return merged;
}

function bySubject(x: Session | Contact, y: Session | Contact): number {
  return x[2] - y[2] || (x[3] ?? 0) - (y[3] ?? 0);
}

/** Beginnings and ends of all spans in order of time; ends first where they fall together, then by subject. */
function* inOrder<Row extends Session | Contact>(
  spans: readonly Row[],
): Generator<[seconds: number, begins: boolean, span: Row]> {
  const order = (time: 0 | 1) =>
    Uint32Array.from(spans, (_, i) => i).sort((i, j) => (spans[i] as Row)[time] - (spans[j] as Row)[time] || i - j);
  const [starts, ends] = [order(0), order(1)];
  let started = 0;
  for (const end of ends) {
    const ended = spans[end] as Row;
    for (; started < starts.length; started++) {
      const next = spans[starts[started] as number] as Row;
      if (next[0] >= ended[1]) break;
      yield [next[0], true, next];
    }
    yield [ended[1], false, ended];
  }
}

function requirePeers(path: string, rows: readonly (Session | Contact)[], peers: number): void {
  const highest = ([, , a, b]: Session | Contact) => Math.max(a, b ?? 0);
  const first = rows.findIndex((row) => highest(row) >= peers);
  if (first === -1) return;
  const needed = rows.reduce((most, row) => Math.max(most, highest(row)), 0) + 1;
  const message = `row ${first + 1} names peer ${highest(rows[first] as Session | Contact)}, but there are ${peers}, from 0; set peers: ${needed} or leave such rows out`;
  throw new HearsayError("ERR_CONFIG", `${path}: ${message}`, { faults: [{ path: `${path}.${first}`, message }] });
}
