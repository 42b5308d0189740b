/**
 * Dials of a network in memory. A dial is one message there and one back, each under the conditions of the network; the connection opens when the second
 * arrives. A node that is not there, or that blocks the caller, refuses when the call arrives, as a machine does whose process has ended. A call that is lost,
 * or that a partition or an address translator keeps away, is answered by nobody: it is sent again after 1, 3 and 7 s, as TCP does (RFC 6298, 5.7), and given up
 * after LIMITS.dialTimeoutMs.
 */
import { type ErrorCode, HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Dialled, DialOptions, PeerId } from "../../protocol/base/seams.ts";
import { peerAt } from "./addresses.ts";
import { connect, type Node, type Nodes, nodeOf } from "./nodes.ts";

/** What TCP, Noise, yamux and identify send in each direction, about. */
const HANDSHAKE_BYTES = 1000;

/** Doubled each time. */
const CALL_AGAIN_MS = 1000;

/** As `Transport.dial`. */
export function dial(nodes: Nodes, from: Node, address: string, options: DialOptions = {}): Promise<Dialled> {
  const { peer, probe = false, signal } = options;
  return new Promise((resolve, reject) => {
    let isOver = false;
    const settle = (act: () => void) => {
      isOver = true;
      cancel();
      signal?.removeEventListener("abort", aborted);
      act();
    };
    const fail = (code: ErrorCode, why: string) =>
      settle(() => reject(new HearsayError(code, `${address} could not be dialled: ${why}`)));
    const found = (at: PeerId, isThere: boolean) => settle(() => resolve({ peer: at, isThere }));
    const aborted = () => settle(() => reject(signal?.reason));
    const clock = nodes.clock.of(from.host.number);
    const cancel = clock.after(LIMITS.dialTimeoutMs, () => fail("ERR_TIMEOUT", "nobody answered in time"));
    if (signal?.aborted) return aborted();
    const to = peerAt(address);
    if (to === from.peer && peer === undefined) return found(to, true);
    if (to === undefined || !nodes.byName.has(to) || to === from.peer || from.blocked?.has(to) || (peer ?? to) !== to)
      return fail("ERR_UNREACHABLE", "no such peer is there");
    if (!probe && from.links.has(to)) return found(to, false);
    signal?.addEventListener("abort", aborted, { once: true });
    const isWaiting = () => !isOver && from.host.node === from;
    const call = (againMs: number) => {
      if (!isWaiting()) return;
      clock.after(againMs, () => call(2 * againMs));
      carry(nodes, from, to, () => {
        const there = nodeOf(nodes, to);
        if (there === undefined || there.blocked?.has(from.peer)) return fail("ERR_UNREACHABLE", "it refused");
        carry(nodes, there, from.peer, () => {
          if (!isWaiting()) return;
          if (probe || open(nodes, from, to)) found(to, true);
          else fail("ERR_UNREACHABLE", "it is left alone");
        });
      });
    };
    call(CALL_AGAIN_MS);
  });
}

/** One half of a handshake; between the same two nodes as when it was sent, or it does not arrive. */
function carry({ clock, conditions, byName }: Nodes, from: Node, to: PeerId, arrive: () => void): void {
  from.bytesOut += HANDSHAKE_BYTES;
  const transitMs = conditions.transitMs(from.peer, to, HANDSHAKE_BYTES);
  const receiver = byName.get(to);
  if (transitMs === undefined || receiver === undefined) return;
  const { host } = from;
  const place = { atMs: clock.monotonicMs() + transitMs, to: receiver.number, from: host.number, number: host.sent++ };
  clock.at(place, () => {
    if (host.node !== from || !conditions.allows(from.peer, to)) return;
    const { node } = receiver;
    if (node !== undefined) node.bytesIn += HANDSHAKE_BYTES;
    arrive();
  });
}

/** False where an end has blocked the other meanwhile. */
function open(nodes: Nodes, from: Node, to: PeerId): boolean {
  if (from.links.has(to)) return true; // the other end dialled too, and was first
  from.dialled ??= new Set();
  from.dialled.add(to);
  connect(nodes, from.peer, to);
  if (!from.links.has(to)) from.dialled.delete(to);
  return from.links.has(to);
}
