/** The other process of `pull.ts`: serves bodies of each size, as a peer does and as a plain stream. */
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { Stream } from "@libp2p/interface";
import { nodeCrypto } from "../../node/crypto.ts";
import { startLibp2p } from "../../node/net/libp2p.ts";
import { createTransport } from "../../node/net/transport.ts";
import { createBlobShelf } from "../../protocol/peer/inbound/blobs.ts";

export const BLOB_PROTOCOL = "/hearsay-bench/blob/1";
/** Followed by the number of bytes. */
export const PLAIN_PROTOCOL = "/hearsay-bench/plain/1";

/** Bytes of a body: a small model, a middling one, and sixteen million. */
export const SIZES: readonly number[] = [100_000, 1_000_000, 16_000_000];

export interface ServerMessage {
  readonly address: string;
}

const PIECE_BYTES = 65_536;

/** The body of a size, the same in both processes. */
export function bodyOf(bytes: number): Uint8Array {
  return new Uint8Array(bytes).map((_, i) => (i * 2_654_435_761) >>> 24);
}

async function serve(): Promise<void> {
  const { node, traffic } = await startLibp2p({
    privateKey: await generateKeyPair("Ed25519"),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    mdns: false,
    serviceTag: "",
  });
  const transport = createTransport(node, traffic);
  const shelf = createBlobShelf({ budget: { pay: () => true, charge() {} } }, BLOB_PROTOCOL);
  transport.onRequest(BLOB_PROTOCOL, shelf.service.handle);
  for (const bytes of SIZES) {
    const body = bodyOf(bytes);
    shelf.keep(nodeCrypto.sha256(body), body);
    await node.handle(`${PLAIN_PROTOCOL}/${bytes}`, (stream) => write(stream, body));
  }
  process.on("disconnect", () => process.exit(0)); // the benchmark is over
  process.send?.({ address: String(node.getMultiaddrs()[0]) } satisfies ServerMessage);
}

async function write(stream: Stream, body: Uint8Array): Promise<void> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    const more = stream.send(body.subarray(at, at + PIECE_BYTES));
    if (!more) await new Promise((resolve) => stream.addEventListener("drain", resolve, { once: true }));
  }
  await stream.close();
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) await serve();
