/** What the local interface answers to what. Loaded with the first question: a peer that nobody asks does without these and the packages behind them. */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { fromHex } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { ApiSource } from "./api.ts";
import { OCTETS, PAGE_PATH } from "./ask.ts";
import { createServer } from "./guard.ts";
import { addLeafRoute } from "./leaf-route.ts";
import { PEER_PAGE, servePage } from "./page.ts";
import { addReleaseRoutes } from "./release-routes.ts";
import { serveTickets } from "./tickets.ts";
import { createTurns, inTurns, type Turn, type Turns } from "./turns.ts";

/** Of the own log one export at a time: it takes the event loop's time, and a second one would take that of the peer. */
const OWN_LOGS = { atOnce: 1, maxWaiting: 64, idleMs: 2_000 };
/** Other peers may be slow, and each body may have half a gigabyte. */
const OF_OTHERS = { atOnce: 2, maxWaiting: 16, idleMs: 2_000 };

/** Where the server is, and what opens it. */
interface Door {
  readonly url: string;
  readonly tokens: { readonly owner: string; readonly page: string };
}

export function openRoutes(source: ApiSource, { url, tokens }: Door): FastifyInstance {
  const server = createServer(tokens);
  const own = createTurns(OWN_LOGS);
  const others = createTurns(OF_OTHERS);
  server.get("/status", () => source.status());
  server.get("/merges", () => source.merges());
  serveCompany(server, source, others);
  server.get<{ Querystring: { generation?: string } }>("/log", ({ query }, reply) => {
    return sendLog(reply, own, () => source.log(generationOf(query)));
  });
  server.get("/generations", () => source.generations());
  server.get<{ Params: { peer: string }; Querystring: { generation?: string } }>(
    "/peers/:peer/log",
    ({ params, query }, reply) => sendLog(reply, others, () => source.remote.log(params.peer, generationOf(query))),
  );
  server.get<{ Params: { peer: string } }>("/peers/:peer/generations", ({ params: { peer } }) =>
    source.remote.generations(peer),
  );
  server.get<{ Params: { peer: string }; Querystring: { generation?: string } }>(
    "/peers/:peer/heads",
    async ({ params, query }) => source.remote.heads(params.peer, generationOf(query) ?? 0),
  );
  server.get<{ Params: { hash: string }; Querystring: { from?: string } }>(
    "/blobs/:hash",
    async ({ params: { hash }, query: { from = "" } }, reply) => {
      const wanted = fromHex(hash);
      await turnFor(reply, others); // a body may have half a gigabyte
      const blob = wanted && (await source.remote.blob(wanted, from.split(",")));
      if (blob === undefined) throw new HearsayError("ERR_NOT_FOUND", `nobody of those has ${hash}`);
      return reply.type(OCTETS).send(Buffer.from(blob.buffer, blob.byteOffset, blob.length));
    },
  );
  // The length is all that is asked here: what the bytes prove the peer finds out, as of gossip.
  const wholeBody = { parseAs: "buffer", bodyLimit: LIMITS.maxEvidenceBytes } as const;
  server.addContentTypeParser(OCTETS, wholeBody, async (_request: unknown, body: Buffer) => body);
  server.post<{ Body: Buffer }>("/evidence", ({ body }) => Promise.resolve(source.remote.found(Uint8Array.from(body))));
  addReleaseRoutes(server, OCTETS, source.releases);
  addLeafRoute(server, OCTETS, source.leafFrame);
  const { page } = source;
  const addressesAt = page && serveTickets(server, tokens.page);
  if (page !== undefined) servePage(server, page, PEER_PAGE);
  server.get(PAGE_PATH, () => addressesAt?.(url) ?? {});
  return server;
}

/** Who else is there; what they made of this peer's models takes a turn, since others are asked. */
function serveCompany(
  server: FastifyInstance,
  source: Pick<ApiSource, "peers" | "parts" | "compared">,
  others: Turns,
): void {
  server.get("/compared", async () => ({ comparison: source.compared() }));
  server.get("/peers", () => source.peers());
  server.get("/parts", async (_request, reply) => {
    await turnFor(reply, others);
    return source.parts();
  });
}

/** Waits for a turn, which ends with the answer. @throws HearsayError ERR_RATE */
async function turnFor(reply: FastifyReply, turns: Turns): Promise<Turn> {
  const turn = await turns.take();
  if (reply.raw.closed) turn.end();
  else reply.raw.once("close", () => turn.end()); // also where its asker went away before the first byte
  return turn;
}

async function sendLog(
  reply: FastifyReply,
  turns: Turns,
  open: () => Promise<AsyncIterable<string>>,
): Promise<FastifyReply> {
  const turn = await turnFor(reply, turns);
  return reply.type("application/jsonl").send(Readable.from(inTurns(turns, turn, await open())));
}

function generationOf({ generation }: { readonly generation?: string }): number | undefined {
  return generation === undefined ? undefined : Number(generation);
}
