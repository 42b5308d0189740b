/** A party's place in the network: the peer's key and transport, and no gossip. Others connect to the label holder; members of a session stay connected. */
import type { PrivateKey } from "@libp2p/interface";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import { createMailbox, type Mailbox, type MailboxParts } from "../../protocol/vertical/mailbox.ts";
import { wallClock } from "../clock.ts";
import { startLibp2p } from "../net/libp2p.ts";
import { createTransport } from "../net/transport.ts";

export interface VerticalNetwork {
  readonly transport: Transport;
  /** Multiaddrs with peer id. */
  addresses(): string[];
  /** A mailbox of a session, of which there is one. */
  mailbox(session: Uint8Array, options: MailboxOptions): Mailbox;
  close(): Promise<void>;
}

export interface MailboxOptions extends Pick<MailboxParts, "mayFetch" | "onAsk" | "stepMs" | "silenceMs"> {
  /** Where a party is dialled that cannot be reached; nobody is, where left out. */
  readonly addresses?: readonly string[];
}

/**
 * @param wrapTransport a test looks at what is sent.
 * @throws HearsayError ERR_CONFIG where it cannot listen there.
 */
export async function openVerticalNetwork(
  privateKey: PrivateKey,
  listen: readonly string[],
  wrapTransport = (transport: Transport): Transport => transport,
): Promise<VerticalNetwork> {
  const { node, traffic } = await startLibp2p({
    privateKey,
    listen: [...listen],
    mdns: false,
    serviceTag: "",
    topics: [],
  });
  const transport = wrapTransport(createTransport(node, traffic));
  return {
    transport,
    addresses: () => node.getMultiaddrs().map(String),
    mailbox(session, { addresses = [], onAsk, ...options }) {
      const reconnect = async (peer: PeerId) => {
        for (const address of addresses) {
          await transport.dial(address.split("/p2p/", 1)[0] as string, { peer }).then(
            () => transport.keep(peer),
            () => {}, // it is asked again
          );
          if (transport.peers().includes(peer)) return;
        }
      };
      return createMailbox({
        transport,
        clock: wallClock,
        session,
        reconnect,
        ...options,
        onAsk(peer, step) {
          transport.keep(peer); // it knows the session
          onAsk?.(peer, step);
        },
      });
    },
    close: async () => node.stop(),
  };
}
