/**
 * A server on loopback, at a random port, whose routes are made with the first request. Fastify and what it brings are half a megabyte of code, which
 * a peer that nobody asks need not hold.
 */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";

export interface LazyServer {
  readonly url: string;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}

/** As fastify sets them: a log may take its time. */
const TIMEOUTS = { requestTimeout: 0, keepAliveTimeout: 72_000 };
const FAILED = 500;

/** @throws what the system says where no port can be had. */
export async function listenLazily(open: (url: string) => Promise<FastifyInstance>): Promise<LazyServer> {
  let opened: Promise<FastifyInstance> | undefined;
  const server = createServer(TIMEOUTS, (request, response) => {
    opened ??= open(url).then(async (routes) => {
      await routes.ready();
      return routes;
    });
    opened.then(
      (routes) => routes.routing(request, response),
      (error: Error) => refuse(response, error),
    );
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async close() {
      await closeServer(server);
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

function refuse(response: ServerResponse, { message }: Error): void {
  response.writeHead(FAILED, { "Content-Type": "application/json" }).end(JSON.stringify({ message }));
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
