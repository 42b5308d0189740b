/**
 * Connections that came in and that nobody learned anything from: refused at once, ended before their key was proved (garbage, half a handshake, closed
 * again), or proved and gone without a greeting. None of them has a peer that could be named, so no event of the protocol tells of them. They are counted here
 * by the prefix of their address, in bounded memory; and where there are many in a minute, one sentence says how many and from where.
 *
 * Not counted: what the owner's own budget or quiet hours refuse; what libp2p drops while 100 handshakes are under way.
 */
import type { Multiaddr } from "@multiformats/multiaddr";
import { putNewest } from "../../protocol/base/bounded.ts";
import { counted } from "../../protocol/base/counted.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import { addressPrefix, prefixText } from "./address-prefix.ts";

/** Why nothing came of a connection: `refused` (too many come, or its peer may not be here), `unproved` (no handshake), `ungreeted` (a handshake, and no greeting). */
export const TURNINGS = ["refused", "unproved", "ungreeted"] as const;
export type Turning = (typeof TURNINGS)[number];
export type TurnedAwayCounts = Readonly<Record<Turning, number>>;

export interface TurnedAway {
  count(why: Turning, from: Multiaddr): void;
  /** Since the start. */
  counts(): TurnedAwayCounts;
  /** Says nothing any more. */
  stop(): void;
}

export interface TurnedAwayParts {
  readonly clock: Pick<Clock, "after">;
  /** Sentences for the user: at most one a minute. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** From the first one on that nobody has told of. */
const TELL_AFTER_MS = 60_000;
/** With fewer in a minute nothing is said: a scan of ports, a newcomer that changes its mind. */
const MANY = 20;

type Counts = { -readonly [K in keyof TurnedAwayCounts]: number };
const none = (): Counts => ({ refused: 0, unproved: 0, ungreeted: 0 });

export function createTurnedAway({ clock, warn }: TurnedAwayParts): TurnedAway {
  const all = none();
  let lately = none();
  let ofPrefix = new Map<string, number>();
  let cancel: (() => void) | undefined;
  let isStopped = false;

  function tell(): void {
    if (totalOf(lately) >= MANY) warn?.(sentenceOf(lately, ofPrefix));
    [lately, ofPrefix, cancel] = [none(), new Map(), undefined];
  }

  return {
    count(why, from) {
      all[why]++;
      if (isStopped) return;
      lately[why]++;
      const prefix = addressPrefix(from);
      const before = ofPrefix.get(prefix) ?? 0;
      putNewest(ofPrefix, prefix, before + 1, LIMITS.maxBudgets);
      cancel ??= clock.after(TELL_AFTER_MS, tell);
    },
    counts: () => ({ ...all }),
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}

function totalOf(counts: TurnedAwayCounts): number {
  return TURNINGS.reduce((sum, why) => sum + counts[why], 0);
}

/** For people: `312 connections: 212 refused, 100 ended before their key was proved, 0 did not greet`; undefined where there are none. */
export function turnedAwayText(counts: TurnedAwayCounts): string | undefined {
  const { refused, unproved, ungreeted } = counts;
  if (totalOf(counts) === 0) return undefined;
  return `${counted(totalOf(counts), "connection")}: ${refused} refused, ${unproved} ended before their key was proved, ${ungreeted} did not greet`;
}

function sentenceOf(counts: TurnedAwayCounts, ofPrefix: ReadonlyMap<string, number>): string {
  const [[prefix, most] = ["", 0]] = [...ofPrefix].sort(([, a], [, b]) => b - a);
  const others = ofPrefix.size === 1 ? "" : `, the others from ${counted(ofPrefix.size - 1, "more address range")}`;
  return (
    `nothing came of many connections in the last minute, ${turnedAwayText(counts)}; ${most} are from ${prefixText(prefix)}${others}. ` +
    "Known peers find a place all the same. It may be peers of another version (hearsay peers names them), or those that dialled while this machine slept; " +
    "if it is neither, and goes on, have a firewall keep that range out"
  );
}
