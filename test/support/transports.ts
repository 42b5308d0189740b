/** Wrappers of a Transport that make an otherwise honest peer misbehave, or tell a test what passed. */
import { joined } from "../../protocol/base/bytes.ts";
import type { Identity, Transport } from "../../protocol/base/seams.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../protocol/wire/announcement.ts";
import { decodeHelloAnswer, encodeHelloAnswer, HELLO_PROTOCOL } from "../../protocol/wire/messages.ts";

/** Announces and asks like everybody, and never answers. */
export function silent(transport: Transport): Transport {
  return { ...transport, onRequest: (protocol) => transport.onRequest(protocol, () => new Promise<never>(() => {})) };
}

/** Signs another age into every announcement that it makes. */
export function lyingAboutAge(identity: Identity, lie: (age: number) => number): (transport: Transport) => Transport {
  const resign = (sealed: Uint8Array) => {
    const honest = decodeAnnouncement(sealed);
    return encodeAnnouncement({ ...honest, age: lie(honest.age) }, identity);
  };
  return (transport) => ({
    ...transport,
    announce: (topic, sealed) => transport.announce(topic, resign(sealed)),
    onRequest(protocol, handler) {
      if (protocol !== HELLO_PROTOCOL) return transport.onRequest(protocol, handler);
      transport.onRequest(protocol, async (from, body) => {
        const { announcement, ...answer } = decodeHelloAnswer(joined(await handler(from, body)));
        return encodeHelloAnswer({ ...answer, ...(announcement && { announcement: resign(announcement) }) });
      });
    },
  });
}

export interface Passed {
  readonly direction: "announced" | "asked" | "answered";
  /** Topic or protocol. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Shows every message that the peer sends, before it is sent. */
export function observed(transport: Transport, see: (passed: Passed) => void): Transport {
  return {
    ...transport,
    announce(name, bytes) {
      see({ direction: "announced", name, bytes });
      return transport.announce(name, bytes);
    },
    request(peer, name, bytes, options) {
      see({ direction: "asked", name, bytes });
      return transport.request(peer, name, bytes, options);
    },
    onRequest(name, handler) {
      transport.onRequest(name, async (from, body) => {
        const bytes = joined(await handler(from, body));
        see({ direction: "answered", name, bytes });
        return bytes;
      });
    },
  };
}
