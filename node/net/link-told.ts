/** What this machine knows of the way to a connected peer: the round trip that libp2p measured last, and whether its bytes are paid for. */
import type { Connection } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { LinkTold, PeerId } from "../../protocol/base/seams.ts";
import { kindOfConnection } from "./address-scope.ts";
import { shownConnection } from "./connections.ts";

/** What is asked of a libp2p node. */
interface Connected {
  getConnections(peer: ReturnType<typeof peerIdFromString>): Connection[];
}

/** @param isMetered whether the way to the Internet is paid for now; the local network never is. */
export function createLinkTold(node: Connected, isMetered: () => boolean): (peer: PeerId) => LinkTold | undefined {
  return (peer) => {
    const connection = node.getConnections(peerIdFromString(peer)).findLast(({ status }) => status === "open");
    if (connection === undefined) return undefined;
    const { rtt } = connection;
    const isPaid = kindOfConnection(shownConnection(connection)) === "internet" && isMetered();
    return { isPaid, ...(rtt !== undefined && { roundTripMs: rtt }) };
  };
}
