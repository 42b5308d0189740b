/** What a party hears when ids were matched. */
import { toHex } from "../../../protocol/base/bytes.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

export interface Matched {
  readonly json: boolean | undefined;
  readonly path: string;
  readonly session: Uint8Array;
  readonly shared: number;
  readonly own: number;
}

export function tellMatched({ json, path, session, shared, own }: Matched): void {
  if (json) {
    printJson({ session: toHex(session), shared, own, path });
    return;
  }
  const rows: [string, string][] = [
    ["session", toHex(session)],
    ["shared", `${shared} of your ${own} ids; all parties know which`],
    ["kept in", path],
  ];
  print(`${facts(rows)}\n\nNext, on all sides: hearsay vertical train\n`);
}
