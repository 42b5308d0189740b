/**
 * The invite: what a newcomer needs to find a network and to check what it is given there.
 *
 *     hearsay:<task id, 64 hex digits>@<multiaddr>[,<multiaddr>...]
 */
import { fromHex, toHex } from "./bytes.ts";
import { HearsayError } from "./errors.ts";

export interface Invite {
  readonly task: Uint8Array;
  /** Multiaddrs, best with /p2p/<peer id>. */
  readonly addresses: readonly string[];
}

export function formatInvite({ task, addresses }: Invite): string {
  return `hearsay:${toHex(task)}@${addresses.join(",")}`;
}

/** @throws HearsayError ERR_INVITE that says what is wrong. */
export function parseInvite(text: string): Invite {
  const [, id, list] = /^hearsay:([^@]*)@(.*)$/.exec(text.trim()) ?? [];
  if (id === undefined || list === undefined) throw bad("it has the form hearsay:<task id>@<address>,<address>");
  const task = fromHex(id.toLowerCase());
  if (task?.length !== 32) throw bad(`the task id "${id}" is not 64 hexadecimal digits`);
  const addresses = list.split(",").map((address) => address.trim());
  const wrong = addresses.find((address) => !address.startsWith("/"));
  if (wrong !== undefined) throw bad(`"${wrong}" is no multiaddr, such as /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...`);
  return { task, addresses };
}

function bad(message: string): HearsayError {
  return new HearsayError("ERR_INVITE", `not an invite: ${message}`);
}
