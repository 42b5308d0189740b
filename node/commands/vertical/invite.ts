/** The invite to a session: `hearsay-vertical:<session, 64 hex digits>@<multiaddr>[,<multiaddr>...]`, each with the peer id of the label holder. */
import { toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { parseInvite } from "../../../protocol/task/invite.ts";

const PREFIX = "hearsay-vertical:";

export interface VerticalInvite {
  readonly session: Uint8Array;
  readonly addresses: readonly string[];
}

export function formatVerticalInvite({ session, addresses }: VerticalInvite): string {
  return `${PREFIX}${toHex(session)}@${addresses.join(",")}`;
}

/** @throws HearsayError ERR_INVITE. */
export function parseVerticalInvite(text: string): VerticalInvite & { readonly holder: PeerId } {
  if (!text.includes(PREFIX))
    throw new HearsayError(
      "ERR_INVITE",
      `it has the form ${PREFIX}<session>@<address>: hearsay vertical offer prints it`,
    );
  const { task, addresses } = parseInvite(text.replace(PREFIX, "hearsay:"), "session id"); // mends what mails do to invites
  const [holder] = addresses.flatMap((address) => address.split("/p2p/").slice(1));
  if (holder === undefined)
    throw new HearsayError("ERR_INVITE", "its addresses do not say who is there: copy it whole");
  return { session: task, addresses, holder };
}
