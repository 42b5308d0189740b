/**
 * What connections of TCP have inside (@libp2p/tcp 11.0, @libp2p/utils 7.4, Node 22 to 26), and is needed to hold them back. `test/node/net/metering.test.ts` fails
 * where a new version changes it.
 */
import type { Socket } from "node:net";
import type { MultiaddrConnection } from "@libp2p/interface";

export interface ConnectionInside extends Omit<MultiaddrConnection, "safeDispatchEvent"> {
  readonly socket: Socket;
  readonly readStatus: string;
  /** Hands over to the socket; what it leaves stays in the connection until `drain`. */
  sendData(data: Outgoing): Sent;
  onData(data: Uint8Array): void;
  sendPause(): void;
  sendResume(): void;
  safeDispatchEvent(type: "drain"): boolean;
}

export interface Outgoing extends Iterable<Uint8Array> {
  readonly byteLength: number;
  subarray(from: number, to: number): Uint8Array;
}

export interface Sent {
  readonly sentBytes: number;
  readonly canSendMore: boolean;
}

export function insideOf(connection: MultiaddrConnection): ConnectionInside {
  return connection as unknown as ConnectionInside;
}

/** Some bytes as what `sendData` takes: one piece is one write, and one write a packet. */
export function onePiece(piece: Uint8Array): Outgoing {
  return {
    byteLength: piece.length,
    subarray: (from, to) => piece.subarray(from, to),
    [Symbol.iterator]: () => [piece].values(),
  };
}

interface SocketInside {
  readonly _readableState: { highWaterMark: number };
  readonly _handle: { reading: boolean; readStop(): void } | null;
}

/** Else a socket that is paused goes on reading until its buffer is full. */
export function readNothingAhead(socket: Socket): void {
  (socket as unknown as SocketInside)._readableState.highWaterMark = 0;
}

/** `pause()` alone takes one read more from the kernel, and gives it out at the next `resume()`. */
export function stopReading(socket: Socket): void {
  socket.pause();
  const { _handle: handle } = socket as unknown as SocketInside;
  if (handle === null || !handle.reading) return;
  handle.reading = false;
  handle.readStop();
}
