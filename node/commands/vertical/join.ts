/** `hearsay vertical join`: shows what is offered and what others will learn, asks, and finds which ids all parties have. */
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { visible } from "../../../protocol/base/visible.ts";
import { checkRoles, fetchOffer, takePlace } from "../../../protocol/vertical/joining.ts";
import { matchAsMember } from "../../../protocol/vertical/match-session.ts";
import { checkShape } from "../../../protocol/vertical/member.ts";
import type { Offer } from "../../../protocol/vertical/messages.ts";
import { beginAsMember } from "../../../protocol/vertical/party.ts";
import { peerIdFromPublicKey } from "../../../protocol/wire/identity.ts";
import { nodeCrypto } from "../../crypto.ts";
import { refuseVertical } from "../../policy/vertical.ts";
import { confirm, somebodyIsThere } from "../../terminal/confirm.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { saveSession } from "../../vertical/state.ts";
import { readVerticalTable } from "../../vertical/table.ts";
import { parseVerticalInvite } from "./invite.ts";
import { tellMatched } from "./matched.ts";
import type { TableOptions } from "./offer.ts";
import { asParty, partsOf } from "./party.ts";

/** Others may take a day to join. */
const PATIENCE_MS = 86_400_000;

interface JoinOptions extends TableOptions {
  readonly yes?: boolean;
}

export async function run(text: string, options: JoinOptions): Promise<void> {
  const { session: id, addresses, holder } = parseVerticalInvite(text);
  const { data, columns, drop, json, yes } = options;
  if (yes !== true && (json === true || !somebodyIsThere()))
    throw new HearsayError(
      "ERR_CONFIG",
      "join shows what others will learn and asks, and there is no terminal to ask at: give --yes",
    );
  await refuseVertical(options.state);
  const table = await readVerticalTable({ path: data, idColumn: options.id, columns, drop });
  await asParty(
    options,
    () => [],
    async (present) => {
      const { identity, network } = present;
      const mailbox = network.mailbox(id, { addresses, stepMs: PATIENCE_MS, mayFetch: (peer) => peer === holder });
      const offer = await fetchOffer(mailbox, holder, id, nodeCrypto);
      checkRoles(offer, identity.publicKey, table.names);
      checkShape(table.ids.length, table.names.length); // shared rows are fewer still
      if (!json) print(`${facts(offerRows(offer, holder, table.names.length))}\n`);
      if (yes !== true && !(await confirm("Join?")))
        throw new HearsayError("ERR_CONFIG", "nothing was sent but this peer's name");
      const card = { numIds: table.ids.length, numColumns: table.names.length };
      const session = await takePlace(mailbox, { id, offer, card, identity });
      if (!json) print(`${session.parties.length} parties: ${session.parties.map(peerIdFromPublicKey).join(", ")}\n`);
      const parts = partsOf(present, session, mailbox);
      const rows = await matchAsMember(parts, await beginAsMember(parts, "match"), table.ids);
      checkShape(rows.length, table.names.length);
      const path = await saveSession(
        options.state,
        {
          session,
          table: data,
          idColumn: options.id,
          columns: table.names,
          classes: [],
          addresses,
          ids: rows.map((row) => table.ids[row] as string),
        },
        identity,
      );
      tellMatched({ json, path, session: id, shared: rows.length, own: table.ids.length });
      if (json) printJson({ parties: session.parties.map(peerIdFromPublicKey) });
    },
  );
}

function offerRows(offer: Offer, holder: PeerId, numColumns: number): [string, string][] {
  const { purpose, kind, target, idColumn, parties, epochs } = offer;
  const two = parties === 2;
  const scores = two
    ? "the part of every score that your columns make, after every epoch"
    : "the sum of the parts of every score that the other parties' columns make";
  return [
    ["by", holder],
    ["purpose", visible(purpose) || "(not said)"],
    ["learns", `${visible(target)}, by ${kind} regression, from the columns of ${parties} parties`],
    ["ids", `column ${visible(idColumn)} there`],
    [
      "they learn",
      `how many ids you have, and which of its own the label holder finds among them; that you have ${counted(numColumns, "column")}`,
    ],
    ["", `in training, of at most ${epochs} epochs: ${scores}`],
    ["you learn", "which of your ids all parties have; one number a column and epoch"],
    ["", "the whole table of what each learns: protocol/vertical/README.md"],
  ];
}
