/** One connection under a budget: what it sends and reads waits while its line has too little left. */
import type { Meter } from "../../protocol/traffic/meter.ts";
import { wallClock } from "../clock.ts";
import { type ConnectionInside, onePiece, readNothingAhead, stopReading } from "./connection-internals.ts";

/** What a segment of TCP carries over Ethernet, with timestamps. */
const SEGMENT_BYTES = 1448;
/** Headers of IP and TCP, and of an acknowledgement. */
const HEADERS_IP4_BYTES = 104;
const HEADERS_IP6_BYTES = 144;
/** TCP opens and closes a connection in seven packets. */
const OPENING_BYTES = 7 * 60;
/** What Node reads from a socket at once, at most. */
const READ_BYTES = 65_536;

/** What bytes of a connection take of its line. */
function lineBytes(bytes: number, headers: number = HEADERS_IP6_BYTES): number {
  return bytes + headers * Math.ceil(bytes / SEGMENT_BYTES);
}

/** Must be left for anything to be read. */
const READ_RESERVE_BYTES: number = lineBytes(READ_BYTES);
/** Must be left for anything to go on: a read, and a packet that is sent. */
export const RESERVE_BYTES: number = READ_RESERVE_BYTES + lineBytes(SEGMENT_BYTES);

/** A meter, and the connections that go by it. */
export interface Line {
  readonly kind: string;
  readonly meter: Meter;
  readonly gates: Set<Gate>;
  /** Nothing passes. */
  isDry: boolean;
  cancel: () => void;
}

interface Gate {
  shut(): void;
  open(): void;
}

export function lineOf(kind: string, meter: Meter): Line {
  return { kind, meter, gates: new Set(), isDry: false, cancel: () => {} };
}

/** Looks whether there is enough for the next read and packet; shuts all gates of the line where there is not, until there is. */
export function isOpen(line: Line): boolean {
  if (line.isDry) return false;
  if (line.meter.has(RESERVE_BYTES)) return true;
  line.isDry = true;
  for (const gate of line.gates) gate.shut();
  lookAgain(line);
  return false;
}

function lookAgain(line: Line): void {
  const { meter, gates } = line;
  line.cancel = wallClock.after(Math.max(1, meter.msUntil(RESERVE_BYTES)), () => {
    if (!meter.has(RESERVE_BYTES)) return lookAgain(line);
    line.isDry = false;
    for (const gate of gates) gate.open();
  });
}

/** Lets through what the line has left, from now on. */
export function attach(line: Line, connection: ConnectionInside): void {
  const { meter } = line;
  const headers = connection.socket.remoteFamily === "IPv6" ? HEADERS_IP6_BYTES : HEADERS_IP4_BYTES;
  const count = (bytes: number) => meter.take(lineBytes(bytes, headers));
  const gates = [gateSending(line, connection, count), gateReading(line, connection, count)];
  for (const gate of gates) line.gates.add(gate);
  connection.addEventListener("close", () => gates.forEach((gate) => void line.gates.delete(gate)), { once: true });
  meter.take(OPENING_BYTES);
  count(connection.readBufferLength); // came before this
  if (!isOpen(line)) connection.abort(new Error("the budget of its link holds no more connections for now"));
}

/** What does not pass stays in the connection's own buffer, as where the socket is full. */
function gateSending(line: Line, connection: ConnectionInside, count: (bytes: number) => void): Gate {
  const send = connection.sendData.bind(connection);
  let isWaiting = false;
  connection.sendData = (data) => {
    let sentBytes = 0;
    while (sentBytes < data.byteLength) {
      const room = isOpen(line) ? roomFor(line.meter, data.byteLength - sentBytes) : 0;
      if (room === 0) {
        isWaiting = true;
        return { sentBytes, canSendMore: false };
      }
      const piece = data.subarray(sentBytes, sentBytes + room); // in one: each write is a packet
      count(room);
      sentBytes += room;
      if (!send(onePiece(piece)).canSendMore) return { sentBytes, canSendMore: false };
    }
    return { sentBytes, canSendMore: true };
  };
  return {
    shut() {},
    open() {
      if (!isWaiting) return;
      isWaiting = false;
      connection.safeDispatchEvent("drain");
    },
  };
}

/** Bytes that may be sent now: at least a packet while the line is open. */
function roomFor(meter: Meter, bytes: number): number {
  const most = Math.min(bytes, READ_BYTES);
  return meter.has(READ_RESERVE_BYTES + lineBytes(most)) ? most : Math.min(bytes, SEGMENT_BYTES);
}

/** The muxer pauses connections too: the socket is read while neither wants it to wait. */
function gateReading(line: Line, connection: ConnectionInside, count: (bytes: number) => void): Gate {
  const { socket } = connection;
  readNothingAhead(socket);
  const take = connection.onData.bind(connection);
  let isPaused = connection.readStatus === "paused";
  connection.onData = (data) => {
    count(data.byteLength);
    isOpen(line);
    take(data);
  };
  connection.sendPause = () => {
    isPaused = true;
    socket.pause();
  };
  connection.sendResume = () => {
    isPaused = false;
    if (!line.isDry) socket.resume();
  };
  return {
    shut: () => stopReading(socket),
    open() {
      if (!isPaused) socket.resume();
    },
  };
}
