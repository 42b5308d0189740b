/** What a peer serves and listens to. All of it is registered here, and withdrawn when the peer stops. */
import type { PeerId, RequestHandler, Transport, Verdict } from "../base/seams.ts";

/** Answers requests of one protocol. */
export interface RequestService {
  readonly protocol: string;
  readonly handle: RequestHandler;
}

/** Hears announcements of one topic; its verdict decides whether they are relayed. */
export interface TopicService {
  readonly topic: string;
  readonly handle: (from: PeerId, body: Uint8Array) => Verdict;
}

/** Hears messages of neighbours over their own connections (seams.ts, Telling). */
export interface ToldService {
  readonly told: string;
  readonly handle: (from: PeerId, numbers: readonly number[]) => Verdict;
}

export type Service = RequestService | TopicService | ToldService;

/** @param signal withdraws all of them when it aborts. */
export function registerServices(
  transport: Pick<Transport, "onAnnounce" | "onRequest" | "withdraw" | "telling">,
  services: readonly Service[],
  signal: AbortSignal,
): void {
  for (const service of services) {
    if ("topic" in service) transport.onAnnounce(service.topic, service.handle);
    else if ("told" in service) transport.telling?.onTold(service.told, service.handle);
    else transport.onRequest(service.protocol, service.handle);
  }
  const withdraw = () => {
    for (const service of services) transport.withdraw(nameOf(service));
  };
  signal.addEventListener("abort", withdraw, { once: true });
}

function nameOf(service: Service): string {
  if ("topic" in service) return service.topic;
  return "told" in service ? service.told : service.protocol;
}
