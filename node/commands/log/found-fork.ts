/** A fork that `hearsay log verify` or `log audit` found in files: evidence is made of it, and given to the peer of the state directory. */
import type { ExportedLog } from "../../../protocol/log/export/exported.ts";
import { readExport } from "../../../protocol/log/export/verify-export.ts";
import { forkInCopies } from "../../../protocol/peer/account/fork-in-copies.ts";
import type { Announcement } from "../../../protocol/wire/announcement.ts";
import { type HandedOver, handOver } from "../../api/hand-over.ts";
import { nodeCrypto } from "../../crypto.ts";

export interface FoundFork {
  readonly stateDir: string;
  /** Each reads a copy of the log from its beginning. */
  readonly copies: readonly (() => AsyncIterable<Uint8Array>)[];
  /** What the writer announced to the peer of the state directory. */
  readonly announced: readonly Announcement[];
  /** Other notes about the log. */
  readonly notes: readonly string[];
  /** The first entry in which two copies differ. */
  readonly parted?: number | undefined;
}

/** `none`: no two statements at hand contradict each other by themselves and are short enough to be told. */
export type Passed = HandedOver | "none";

/** Makes evidence of a fork that was found, and hands it over. */
export async function passOn({ stateDir, copies, ...known }: FoundFork): Promise<Passed> {
  const open = copies.map((read) => (): Promise<ExportedLog> => readExport(read(), nodeCrypto));
  const evidence = await forkInCopies({ ...known, copies: open }, nodeCrypto);
  return evidence === undefined ? "none" : handOver(stateDir, evidence);
}

export function passedInWords(passed: Passed, stateDir: string): string {
  return WORDS[passed].replace("DIR", stateDir);
}

const WORDS: Readonly<Record<Passed, string>> = {
  told: "the peer on DIR bans this key now, and tells others",
  kept: "kept in DIR: the peer there bans this key from its next start on, and tells others",
  known: "the peer on DIR has evidence against this key already",
  other: "the peer on DIR learns another task: nothing was told to it",
  nobody: "no peer ever ran on DIR, so nobody was told: name its state directory with --state",
  none: "nothing short enough to be told to others: keep the files",
};
