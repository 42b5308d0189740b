/**
 * The invite: what a newcomer needs to find a network and to check what it is given there.
 *
 *     hearsay:<task id, 64 hex digits>@<multiaddr>[,<multiaddr>...]
 */
import { fromHex, toHex } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { publicKeyFromPeerId } from "../wire/identity.ts";

const ID_BYTES = 32;
const PEER = "/p2p/";

export interface Invite {
  readonly task: Uint8Array;
  /** Multiaddrs, best with /p2p/<peer id>. */
  readonly addresses: readonly string[];
}

export function formatInvite({ task, addresses }: Invite): string {
  return `hearsay:${toHex(task)}@${addresses.join(",")}`;
}

/**
 * Reads an invite as it comes out of mails and chats. No invite has white space, so what was broken over lines, indented or quoted is put
 * together again; what was cut short is refused, where that can be seen.
 * @param idName what the id before the addresses is, for the error.
 * @throws HearsayError ERR_INVITE that says what is wrong.
 */
export function parseInvite(text: string, idName = "task id"): Invite {
  const whole = unwrapped(text);
  const [, id, list] = /^hearsay:([^@]*)(?:@(.*))?$/i.exec(whole) ?? [];
  if (id === undefined) throw bad(`it has the form hearsay:<${idName}>@<address>,<address>`);
  const task = fromHex(id.toLowerCase());
  if (list === undefined && (task?.length ?? 0) <= ID_BYTES && /^[0-9a-f]*$/i.test(id))
    throw cut(`it ends ${id.length === 2 * ID_BYTES ? "behind" : "within"} the ${idName}, before @<address>`);
  if (task?.length !== ID_BYTES)
    throw bad(`the ${idName} "${id}" is not 64 hexadecimal digits but ${id.length} characters; copy the invite whole`);
  const addresses = (list ?? "").split(",");
  if (addresses.at(-1) === "") throw cut("an address is missing at its end");
  const wrong = addresses.find((address) => !address.startsWith("/"));
  if (wrong !== undefined) throw bad(`"${wrong}" is no multiaddr, such as /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...`);
  for (const address of addresses) refuseCutPeerId(address);
  const [last = "", ...others] = addresses.toReversed();
  if (others.some((address) => address.includes(PEER)) && !last.includes(PEER))
    throw cut(`its last address, ${last}, has no ${PEER}<id> as the others have`);
  return { task, addresses };
}

/** Without white space, invisible characters, marks of quotation and emphasis, the sentence or command around it, and the stop behind it. */
function unwrapped(text: string): string {
  return text
    .replace(/^[ \t]*(?:[>|][ \t]*)+/gm, "") // a mail that was answered
    .replace(/=\r?\n/g, "") // quoted-printable
    .replace(/\s--(?:yes|json|state)\b.*$/s, "")
    .replace(/[\s\p{Cc}\p{Cf}"'`\u2018-\u201f\u00ab\u00bb\u2039\u203a<>*]/gu, "")
    .replace(/^[^@]*?(?=hearsay:)/i, "")
    .replace(/[.;:!?)\]}_|\\]+$/, "");
}

function refuseCutPeerId(address: string): void {
  const parts = address.split("/");
  for (const [i, part] of parts.entries()) {
    if (part !== "p2p") continue;
    const id = parts[i + 1] ?? "";
    if (publicKeyFromPeerId(id) === undefined) throw cut(`"${id}" in ${address} is no whole peer id`);
  }
}

function bad(message: string): HearsayError {
  return new HearsayError("ERR_INVITE", `not an invite: ${message}`);
}

function cut(message: string): HearsayError {
  return new HearsayError("ERR_INVITE", `the invite was cut short or changed on its way: ${message}; copy it whole`);
}
