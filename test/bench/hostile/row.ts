/** A row of the table of hostile peers: what a stranger did, what came of it before, and what comes of it now. */
export interface HostileRow {
  /** As it is named in the findings: H1, M3, ... */
  readonly id: string;
  /** What the stranger does. */
  readonly attack: string;
  /** What was measured before the defence, on 2026-11-28 at commit af1cb87. */
  readonly before: string;
  /** Does it to a peer as it is now, bounded in count and time, in virtual time or on loopback; says what came of it, in the same figures. */
  measure(): Promise<string>;
}
