/**
 * What addresses mean on the network of a Transport. To membership an address is a text; whether it is a multiaddr of TCP or the name of a simulated host,
 * where it leads and who may tell of it is said here. `node/net/` and `sim/network/` each have these rules for theirs.
 */
import type { PeerId } from "../base/seams.ts";

/** Where an address leads. */
export interface Place {
  readonly host: string;
  /** What costs money to have many of. */
  readonly prefix: string;
  /** On this machine, or in the local network. */
  readonly isLocal: boolean;
}

export interface AddressRules {
  placeOf(address: string): Place;
  /**
   * An address as the book keeps it, if a peer that is connected from these addresses may tell of it, and be told of it: `peer` is said to be
   * there. Undefined where it may not, or where the text is no address.
   */
  tellable(address: string, peer: PeerId, from: readonly string[]): string | undefined;
  /**
   * Where an address that others told leads now: itself, or what its name stands for. Only places to which strangers may send this peer.
   * Nothing where it leads nowhere; a rejection means the same.
   */
  resolve(address: string): Promise<readonly string[]>;
}
