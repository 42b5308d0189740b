/** The parts of one run in threads: a channel between each two of them. */
import { MessageChannel, type MessagePort } from "node:worker_threads";

type RunParts = import("../../../sim/run/parts.ts").RunParts;

/** What a thread needs to take part; its ports have to be transferred. */
export interface PartPorts {
  readonly part: number;
  /** To each part; undefined in its own place. */
  readonly ports: readonly (MessagePort | undefined)[];
}

/** The ports of `count` parts. */
export function connectParts(count: number): PartPorts[] {
  const rows = Array.from({ length: count }, () => new Array<MessagePort | undefined>(count).fill(undefined));
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++) {
      const { port1, port2 } = new MessageChannel();
      (rows[a] as (typeof rows)[number])[b] = port1;
      (rows[b] as (typeof rows)[number])[a] = port2;
    }
  return rows.map((ports, part) => ({ part, ports }));
}

/** In the thread of a part. `close` lets the thread go on to other work. */
export function openParts({ part, ports }: PartPorts): RunParts & { close(): void } {
  const inboxes = ports.map((port) => port && inboxOf(port));
  return {
    part,
    parts: ports.length,
    async swap<T>(values: readonly T[], given: (value: T) => readonly ArrayBuffer[] = () => []): Promise<readonly T[]> {
      for (const [to, port] of ports.entries()) port?.postMessage(values[to], given(values[to] as T));
      return Promise.all(values.map((own, from) => (inboxes[from] === undefined ? own : inboxes[from]<T>())));
    },
    close() {
      for (const port of ports) port?.close();
    },
  };
}

/** Gives the messages of a port, one after the other. */
function inboxOf(port: MessagePort): <T>() => Promise<T> {
  const come: unknown[] = [];
  let waiting: ((message: unknown) => void) | undefined;
  port.on("message", (message: unknown) => {
    if (waiting === undefined) come.push(message);
    else waiting(message);
    waiting = undefined;
  });
  return async <T>() =>
    (come.length > 0
      ? come.shift()
      : await new Promise<unknown>((resolve) => {
          waiting = resolve;
        })) as T;
}
