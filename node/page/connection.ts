/**
 * The stream from the peer: fetch with the key in a header, since an EventSource cannot send one; asked for again when it breaks. The key comes in the fragment of the
 * address, which no server sees. It is taken out of the address at once, and kept in memory only.
 */
import { eventReader } from "./events.ts";
import type { Connection } from "./state.ts";

/** The peer tells something every second. */
const SILENT_MS = 8_000;
const FIRST_AGAIN_MS = 1_000;
const LAST_AGAIN_MS = 30_000;
const UNAUTHORIZED = 401;
const TOO_MANY = 503;

/** The key in the address, which then has none any more; undefined where there is none. */
export function takeKey(): string | undefined {
  const key = window.location.hash.slice(1);
  if (key === "") return undefined;
  window.history.replaceState(null, "", window.location.pathname);
  return key;
}

/** How a ticket begins, which is exchanged for a key once (api/tickets.ts). */
const TICKET = /^once\./;

async function keyFor(ticket: string): Promise<string | undefined> {
  const response = await fetch("/page/key", { method: "POST", headers: { Authorization: `Bearer ${ticket}` } });
  return response.ok ? ((await response.json()) as { key: string }).key : undefined;
}

/** What becomes of what is heard. */
export interface Follower {
  hear(name: string, data: unknown): void;
  /** The connection is another one than live now. */
  become(connection: Connection): void;
}

/** Follows a stream until its end, or until there is nothing to ask with. */
export async function follow(given: string | undefined, { hear, become }: Follower): Promise<void> {
  if (given === undefined) return become("no-key");
  const key = TICKET.test(given) ? await keyFor(given).catch(() => undefined) : given;
  if (key === undefined) return become("wrong-key");
  let [waitMs, isOver] = [FIRST_AGAIN_MS, false];
  const tell = (name: string, data: unknown) => {
    hear(name, data);
    waitMs = FIRST_AGAIN_MS;
    isOver ||= name === "ended";
  };
  for (;;) {
    const against = await listen(key, tell).catch(() => undefined);
    if (isOver) return;
    become(against ?? "lost");
    if (against === "wrong-key") return;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = Math.min(2 * waitMs, LAST_AGAIN_MS);
  }
}

/** Resolves when the stream ends, with what the peer said against it. */
async function listen(key: string, tell: (name: string, data: unknown) => void): Promise<Connection | undefined> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const headers = { Authorization: `Bearer ${key}` };
    const response = await fetch("/page/events", { headers, signal: silence.signal, cache: "no-store" });
    if (response.status === UNAUTHORIZED) return "wrong-key";
    if (response.status === TOO_MANY) return "full";
    if (!response.ok || response.body === null) return undefined;
    const read = eventReader();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      for (const { name, data } of read(value)) tell(name, JSON.parse(data));
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}
