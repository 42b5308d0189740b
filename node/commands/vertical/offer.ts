/** `hearsay vertical offer`: the party with the labels waits for the others, and finds which ids all have. */
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createDoor } from "../../../protocol/vertical/joining.ts";
import type { Mailbox } from "../../../protocol/vertical/mailbox.ts";
import { matchAsHolder } from "../../../protocol/vertical/match-session.ts";
import { encodeOffer, NONCE_BYTES, type Offer } from "../../../protocol/vertical/messages.ts";
import { beginAsHolder, orEnd } from "../../../protocol/vertical/party.ts";
import type { ProblemKind } from "../../../protocol/vertical/problem.ts";
import { nodeCrypto } from "../../crypto.ts";
import { refuseVertical } from "../../policy/vertical.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { saveSession } from "../../vertical/state.ts";
import { readVerticalTable } from "../../vertical/table.ts";
import { formatVerticalInvite } from "./invite.ts";
import { tellMatched } from "./matched.ts";
import { asParty, type PartyOptions, type Present, partsOf } from "./party.ts";

export interface TableOptions extends PartyOptions {
  readonly data: string;
  readonly id: string;
  readonly columns?: string;
  readonly drop?: string;
}

interface OfferOptions extends TableOptions {
  readonly label: string;
  readonly kind: ProblemKind;
  readonly parties: string;
  readonly purpose: string;
  readonly ridge: string;
  readonly epochs: string;
  readonly listen: readonly string[];
}

export async function run(options: OfferOptions): Promise<void> {
  const { data, id, label, kind, columns, drop, json } = options;
  const numbers = numbersOf(options);
  await refuseVertical(options.state);
  const table = await readVerticalTable({ path: data, idColumn: id, columns, drop, label: { column: label, kind } });
  await asParty(
    options,
    () => options.listen,
    async (present) => {
      const offer: Offer = {
        holder: present.identity.publicKey,
        nonce: present.tools.secrecy.random(NONCE_BYTES),
        kind,
        purpose: options.purpose,
        idColumn: id,
        target: label,
        ...numbers,
      };
      const session = nodeCrypto.sha256(encodeOffer(offer));
      const addresses = present.network.addresses();
      const invite = formatVerticalInvite({ session, addresses });
      if (json) printJson({ invite });
      else print(`Give this to the other ${offer.parties - 1 === 1 ? "party" : "parties"}:\n\n  ${invite}\n\n`);
      const { door, mailbox } = openDoor(present, offer, session, json);
      const parts = partsOf(present, await door.complete, mailbox);
      const rows = await orEnd(
        parts,
        beginAsHolder(parts, "match").then((name) => matchAsHolder(parts, name, table.ids)),
      );
      const path = await saveSession(
        options.state,
        {
          session: parts.session,
          table: data,
          idColumn: id,
          columns: table.names,
          classes: table.classes,
          addresses: withPort(options.listen, addresses),
          ids: rows.map((row) => table.ids[row] as string),
        },
        present.identity,
      );
      tellMatched({ json, path, session, shared: rows.length, own: table.ids.length });
    },
  );
}

/** Where it listens in later runs: at the port that it has now. */
function withPort(listen: readonly string[], addresses: readonly string[]): string[] {
  const [port] = addresses.flatMap((address) => /\/tcp\/(\d+)/.exec(address)?.[1] ?? []);
  return listen.map((address) => address.replace(/\/tcp\/0$/, `/tcp/${port}`));
}

function openDoor({ network }: Present, offer: Offer, session: Uint8Array, json: boolean | undefined) {
  let mailbox: Mailbox | undefined;
  const door = createDoor({
    offer,
    crypto: nodeCrypto,
    mailbox: () => mailbox as Mailbox,
    observe(peer, { numIds, numColumns }) {
      if (json) printJson({ joined: peer, ids: numIds, columns: numColumns });
      else print(`${peer} joined, with ${counted(numIds, "id")} and ${counted(numColumns, "column")}\n`);
    },
  });
  mailbox = network.mailbox(session, { mayFetch: door.mayFetch, onAsk: door.onAsk });
  return { door, mailbox };
}

/** @throws HearsayError ERR_CONFIG. */
function numbersOf({ parties, ridge, epochs }: OfferOptions): Pick<Offer, "parties" | "ridge" | "epochs"> {
  const within = (name: string, text: string, least: number, most: number, isWhole: boolean) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
    throw new HearsayError(
      "ERR_CONFIG",
      `--${name} ${text}: give a ${isWhole ? "whole " : ""}number from ${least} to ${most}`,
    );
  };
  return {
    parties: within("parties", parties, 2, LIMITS.maxVerticalParties, true),
    ridge: within("ridge", ridge, 0.0001, 1000, false),
    epochs: within("epochs", epochs, 1, LIMITS.maxVerticalEpochs, true),
  };
}
