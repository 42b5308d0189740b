/** How long a lying gateway had its role, by what the honest members of its place said of who speaks for them. */
import type { Seen } from "../outages/orders.ts";

/** Seconds since the first of them named it; null where that never was, or never ended. */
export interface FoundOut {
  /** Until the first of those that named it named another. */
  readonly firstSeconds: number | null;
  /** Until none named it any more. */
  readonly allSeconds: number | null;
}

/** @param members what each honest member said, oldest first. */
export function foundOut(members: readonly (readonly Pick<Seen, "atMs" | "gateway">[])[], liar: string): FoundOut {
  const fooled = members.filter((seen) => seen.some(({ gateway }) => gateway === liar));
  const begunMs = Math.min(...fooled.map((seen) => seen.find(({ gateway }) => gateway === liar)?.atMs ?? 0));
  // From the last time on that it named the liar: who hears of a member late changes to and fro.
  const ends = fooled.map((seen) => seen[1 + seen.findLastIndex(({ gateway }) => gateway === liar)]?.atMs);
  const ended = ends.filter((atMs) => atMs !== undefined);
  const seconds = (atMs: number) => (atMs - begunMs) / 1000;
  return {
    firstSeconds: ended.length === 0 ? null : seconds(Math.min(...ended)),
    allSeconds: ended.length === 0 || ended.length < fooled.length ? null : seconds(Math.max(...ended)),
  };
}
