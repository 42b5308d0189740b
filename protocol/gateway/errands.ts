/**
 * What a gateway asks of those outside, for itself and for its members:
 *
 *     errand  [2, peer id, protocol, request]  ->  the answer
 *
 * Equal questions are asked once while the answer is remembered. Questions about a model are: a body under its hash never changes.
 */
import { forgetOldest } from "../base/bounded.ts";
import { keyOf } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { PeerId, Transport } from "../base/seams.ts";
import { encodeCanonical } from "../wire/canonical.ts";
import { binary, fields, PROTOCOL_VERSION, text } from "../wire/fields.ts";

export interface Errand {
  readonly peer: PeerId;
  readonly protocol: string;
  readonly body: Uint8Array;
}

const MAX_NAME = 128;

export function encodeErrand({ peer, protocol, body }: Errand): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, peer, protocol, body]);
}

/** @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_VERSION. */
export function decodeErrand(bytes: Uint8Array): Errand {
  const [, peer, protocol, body] = fields(bytes, 4);
  return { peer: text(peer, MAX_NAME), protocol: text(protocol, MAX_NAME), body: binary(body) };
}

export interface Errands {
  /** As `Transport.request`; the answer is shared, and nobody may change it. */
  ask(peer: PeerId, protocol: string, body: Uint8Array, signals?: { signal?: AbortSignal }): Promise<Uint8Array>;
}

/** @param remembered protocols whose answers are remembered: the newest `LIMITS.maxErrandAnswers`. */
export function createErrands(transport: Pick<Transport, "request">, remembered: readonly string[]): Errands {
  const answers = new Map<string, Promise<Uint8Array>>();
  return {
    ask(peer, protocol, body, signals) {
      if (!remembered.includes(protocol)) return transport.request(peer, protocol, body, signals);
      const key = `${peer} ${protocol} ${keyOf(body)}`;
      const known = answers.get(key);
      if (known !== undefined) return known;
      const answer = transport.request(peer, protocol, body); // others may wait for it too, so one that gives up does not end it
      answers.set(key, answer);
      forgetOldest(answers, LIMITS.maxErrandAnswers);
      answer.catch(() => answers.delete(key));
      return answer;
    },
  };
}
