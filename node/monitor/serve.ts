/**
 * The port of the monitor: plain HTTP, read only, without a token. It tells numbers, and nothing that is secret; still, who may connect to it is the
 * owner's choice of an address.
 *
 *     GET /metrics   what there is to scrape, for Prometheus (table.ts)
 *     GET /healthz   200 while the process answers
 *     GET /readyz    200, or 503 with the reasons: JSON with each check (health.ts)
 *
 * Bounds: so many connections, of which each must send its request and take its answer in time. An answer is made once a second at most (monitor.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HearsayError } from "../../protocol/base/errors.ts";
import { createClosing } from "../closing.ts";
import type { Monitor } from "./monitor.ts";

export interface MonitorServer {
  /** Where it listens: `127.0.0.1:9464`. */
  readonly address: string;
  close(): Promise<void>;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 is any that is free. */
  readonly port: number;
}

export const MAX_CONNECTIONS = 16;
const WITHIN_MS = 10_000;
const MAX_HEADER_BYTES = 8_192;
const JSON_TYPE = "application/json; charset=utf-8";
const TEXT_TYPE = "text/plain; charset=utf-8";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Route = (monitor: Monitored) => Promise<Answer>;

const ROUTES: Readonly<Record<string, Route>> = {
  "/metrics": async (monitor) => ({ status: 200, type: monitor.contentType, body: await monitor.metrics() }),
  "/healthz": async () => ({ status: 200, type: JSON_TYPE, body: '{"alive":true}\n' }),
  "/readyz": async (monitor) => {
    const health = await monitor.health();
    return { status: health.ready ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify(health)}\n` };
  },
};

/** What a monitor is asked for. */
export type Monitored = Pick<Monitor, "contentType" | "metrics" | "health">;

/**
 * @param withinMs for a request to come, and for its answer to be taken.
 * @throws HearsayError ERR_CONFIG where it cannot listen there.
 */
export async function serveMonitor(
  monitor: Monitored,
  { host, port }: ListenAddress,
  withinMs: number = WITHIN_MS,
): Promise<MonitorServer> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: withinMs,
      requestTimeout: withinMs,
      headersTimeout: withinMs,
      keepAliveTimeout: withinMs,
    },
    (request, response) => void answer(monitor, request, response, withinMs),
  );
  server.setTimeout(withinMs); // of connections on which nothing moves
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, { host, port });
  const bound = server.address() as AddressInfo;
  const closing = createClosing();
  closing.add("the port of the metrics", () => closeAll(server));
  return {
    address: `${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close: closing.close,
  };
}

async function answer(
  monitor: Monitored,
  request: IncomingMessage,
  response: ServerResponse,
  withinMs: number,
): Promise<void> {
  const late = setTimeout(() => request.socket.destroy(), withinMs); // a reader that takes it drop by drop
  response.once("close", () => clearTimeout(late)).on("error", () => {});
  request.resume(); // a body is nothing that is read
  const { status, type, body } = await answerTo(monitor, request);
  if (response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(request.method === "HEAD" ? "" : body);
}

async function answerTo(monitor: Monitored, { method, url = "" }: IncomingMessage): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, type: TEXT_TYPE, body: "GET alone is answered\n" };
  const path = url.split("?")[0] as string;
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (route === undefined) return { status: 404, type: TEXT_TYPE, body: `${Object.keys(ROUTES).join("\n")}\n` };
  try {
    return await route(monitor);
  } catch {
    return { status: 503, type: TEXT_TYPE, body: "the peer could not be asked: it ends\n" };
  }
}

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
      const message = `cannot serve metrics at ${host}:${port}: ${why}; give another address or port (--metrics), or 0 for any that is free`;
      reject(new HearsayError("ERR_CONFIG", message, { host, port }, error));
    });
    server.listen({ host, port }, resolve);
  });
}

function closeAll(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
