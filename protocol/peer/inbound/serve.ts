/**
 * The one door for requests: whoever asks pays for the answer (peer/memory/budget.ts), before it is made where its cost is known, and by its length
 * afterwards. An asker that cannot pay gets ERR_RATE and costs nothing more; an honest one asks again later.
 */
import { lengthOf } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import type { PeerId, Reply } from "../../base/seams.ts";
import type { Budget } from "../memory/budget.ts";
import type { RequestService } from "../services.ts";

/** What a request protocol of this peer takes. Costs are in units of peer/memory/budget.ts: 1 is about 1 ms of one core. */
export interface Paid<Request> {
  readonly protocol: string;
  /** @throws HearsayError for what is no request. */
  decode(body: Uint8Array, from: PeerId): Request;
  /** What it takes to find the answer, its length aside. */
  costOf(request: Request): number;
  /** Bytes of an answer that cost 1. */
  readonly bytesPerUnit: number;
  answer(from: PeerId, request: Request): Promise<Reply> | Reply;
}

/** A stream, and the bytes of the request. */
const STREAM_COST = 0.3;
const ASKED_BYTES_PER_UNIT = 8192;

/** A service that answers within what its askers may cost. */
export function paidService<Request>(
  budget: Budget,
  { protocol, decode, costOf, bytesPerUnit, answer }: Paid<Request>,
): RequestService {
  const pay = (from: PeerId, cost: number) => {
    if (!budget.pay(from, cost))
      throw new HearsayError("ERR_RATE", "this neighbour has asked for more than its share; it may ask again later");
  };
  const charged = (from: PeerId, reply: Reply) => {
    budget.charge(from, lengthOf(reply) / bytesPerUnit);
    return reply;
  };
  const handle = (from: PeerId, body: Uint8Array) => {
    pay(from, STREAM_COST + body.length / ASKED_BYTES_PER_UNIT); // reading it costs something too
    const request = decode(body, from);
    pay(from, costOf(request));
    const reply = answer(from, request);
    return reply instanceof Promise ? reply.then((late) => charged(from, late)) : charged(from, reply);
  };
  return { protocol, handle };
}
