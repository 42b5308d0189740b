/** What a peer serves and listens to: registered in one place, and withdrawn when it stops. */
import type { PeerId, RequestHandler, Transport, Verdict } from "../base/seams.ts";

/** Answers requests of one protocol. */
export interface RequestService {
  readonly protocol: string;
  readonly handle: RequestHandler;
}

/** Hears what is announced on one topic; its verdict says whether that is relayed. */
export interface TopicService {
  readonly topic: string;
  readonly handle: (from: PeerId, body: Uint8Array) => Verdict;
}

export type Service = RequestService | TopicService;

/** @param signal withdraws all of them when it aborts. */
export function registerServices(
  transport: Pick<Transport, "onAnnounce" | "onRequest" | "withdraw">,
  services: readonly Service[],
  signal: AbortSignal,
): void {
  for (const service of services) {
    if ("topic" in service) transport.onAnnounce(service.topic, service.handle);
    else transport.onRequest(service.protocol, service.handle);
  }
  const withdraw = () => {
    for (const service of services) transport.withdraw("topic" in service ? service.topic : service.protocol);
  };
  signal.addEventListener("abort", withdraw, { once: true });
}
