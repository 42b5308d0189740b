/**
 * The peer's local interface: HTTP on 127.0.0.1, a random port, and a token that only the owner of the state directory can read
 * (`api.json`, mode 0600). `hearsay status`, `hearsay why` and `hearsay log` ask it while the peer holds the database.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { fromHex } from "../../protocol/base/bytes.ts";
import { ERROR_CODES, HearsayError } from "../../protocol/base/errors.ts";
import type { Metrics } from "../../protocol/base/learning-seams.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { StreamStatus } from "../../protocol/learn/stream/stream.ts";
import type { RememberedMerge } from "../../protocol/peer/memory/history.ts";
import type { PeerStatus } from "../../protocol/peer/status.ts";
import { createClosing } from "../closing.ts";
import type { ArchiveSummary } from "../disk/archive.ts";
import { writeWhole } from "../disk/whole-file.ts";
import type { Silence } from "../net/company.ts";
import type { LinkReport } from "../net/metering.ts";
import { createTurns, inTurns, type Turn, type Turns } from "../net/turns.ts";
import type { Effort } from "./effort.ts";
import { createServer, newToken } from "./guard.ts";
import { addLeafRoute, type TakesFrame } from "./leaf-route.ts";
import type { PartAt } from "./my-part.ts";
import { type PageSource, PEER_PAGE, servePage } from "./page.ts";
import type { PeerList } from "./peer-list.ts";
import { addReleaseRoutes, type ReleaseSource } from "./release-routes.ts";
import type { RemoteLogs } from "./remote-log.ts";
import { type PageAddresses, serveTickets } from "./tickets.ts";

/** What `hearsay status` shows. */
export interface StatusReport extends PeerStatus {
  readonly addresses: readonly string[];
  readonly invite: string;
  /** The last entry of the log; `id` in hexadecimal. */
  readonly head: { readonly seq: number; readonly id: string };
  readonly uptimeSeconds: number;
  /** What a cycle costs this machine. */
  readonly effort: Effort;
  /** What is kept for audits. */
  readonly archive: ArchiveSummary | null;
  /** What is left of each budget; empty where nothing is limited. */
  readonly budget: readonly LinkReport[];
  /** Of the serving model on the hold-out, a moment ago; null without a hold-out, and before the first figures. */
  readonly holdout: Metrics | null;
  /** Of rows that go on coming; left out where they do not. */
  readonly stream?: StreamStatus;
  /** Known peers that do not take part, and for how long. */
  readonly silence: Silence;
}

/** With what the serving model can be compared on the hold-out. */
export interface Comparison {
  /** The figure that is compared. */
  readonly metric: {
    readonly name: string;
    readonly label: string;
    readonly lowerIsBetter: boolean;
    readonly isShare: boolean;
  };
  /** Of the commonest class, or of the mean, of the own rows; null where nobody knows. */
  readonly naive: number | null;
  /** The best so far of a model that was trained on the own rows alone (observe/alone.ts), and how many steps it took; null where there is none. */
  readonly alone: { readonly figure: number | null; readonly steps: number } | null;
  /** Why there is none. */
  readonly noAlone?: string;
}

export interface ApiSource {
  status(): Promise<StatusReport>;
  /** What `hearsay why` tells of, oldest first. */
  merges(): Promise<readonly RememberedMerge[]>;
  /** What others made of this peer's models, as their logs say. */
  parts(): Promise<readonly PartAt[]>;
  /** Null where nobody looks on: without a page, and without a hold-out. */
  compared(): Comparison | null;
  /** What `hearsay peers` shows. */
  peers(): Promise<PeerList>;
  /** The log of a generation, of the current one unless told, as JSONL in pieces. @throws HearsayError ERR_STATE where there is none. */
  log(generation?: number): Promise<AsyncIterable<string>>;
  /** Of which the database holds a log, ascending. */
  generations(): Promise<readonly number[]>;
  /** What others are asked for in an audit. */
  readonly remote: RemoteLogs;
  /** Takes a frame of a leaf; resolves to what is to be sent back. Left out where no leaf is enrolled. */
  readonly leafFrame?: TakesFrame;
  /** Left out where the task has no release keys. */
  readonly releases?: ReleaseSource;
  /** What the page shows; left out where none is served. */
  readonly page?: PageSource;
}

export interface Api {
  /** Of the page, with its key in the fragment, which a browser sends to nobody; undefined where none is served. */
  readonly pageAddress?: string;
  close(): Promise<void>;
}

interface ApiFile {
  readonly url: string;
  readonly token: string;
}

const FILE = "api.json";
const PAGE_PATH = "/page/address";
const OCTETS = "application/octet-stream";
const ANSWER_WITHIN_MS = 10_000;
/** Logs and bodies may have to wait for those of others. */
export const TURN_WITHIN_MS: number = 300_000;
/** Of the own log one export at a time: it takes the event loop's time, and a second one would take that of the peer. */
const OWN_LOGS = { atOnce: 1, maxWaiting: 64, idleMs: 2_000 };
/** Other peers may be slow, and each body may have half a gigabyte. */
const OF_OTHERS = { atOnce: 2, maxWaiting: 16, idleMs: 2_000 };

export async function serveApi(stateDir: string, source: ApiSource): Promise<Api> {
  const token = newToken();
  const pageToken = newToken();
  const server = createServer({ owner: token, page: pageToken });
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
  const path = join(stateDir, FILE);
  const closing = createClosing();
  closing.add("the file of the local interface", () => rm(path, { force: true }));
  closing.add("the local interface", () => server.close());
  const { page } = source;
  const addressesAt = page && serveTickets(server, pageToken);
  if (page !== undefined) servePage(server, page, PEER_PAGE);
  let url = "";
  server.get(PAGE_PATH, () => addressesAt?.(url) ?? {});
  try {
    url = await server.listen({ host: "127.0.0.1", port: 0 });
    await writeWhole(path, JSON.stringify({ url, token } satisfies ApiFile), { mode: 0o600, sync: false });
  } catch (error) {
    await closing.close().catch(() => {}); // the first error says more
    throw error;
  }
  return { ...closing, ...(addressesAt && { pageAddress: addressesAt(url).address }) };
}

/** Where the page of the peer on a state directory is; undefined where no peer runs there, null where it serves none. */
export async function pageAddressesOf(stateDir: string): Promise<PageAddresses | null | undefined> {
  const response = await askApi(stateDir, PAGE_PATH);
  if (response === undefined) return undefined;
  const { address, once } = (await response.json()) as Partial<PageAddresses>;
  return address === undefined || once === undefined ? null : { address, once };
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

/**
 * Asks the peer that runs on a state directory; undefined where none does.
 * @param withinMs until an answer begins; by default 10 s.
 * @throws HearsayError ERR_TIMEOUT where it is silent, or the code that it answers. @throws Error where it answers with another status than 200.
 */
export async function askApi(
  stateDir: string,
  path: string,
  withinMs: number = ANSWER_WITHIN_MS,
): Promise<Response | undefined> {
  return requestOf(stateDir, path, {}, withinMs);
}

/** Gives bytes to the peer that runs on a state directory; otherwise as `askApi`. */
export async function tellApi(stateDir: string, path: string, body: Uint8Array): Promise<Response | undefined> {
  return requestOf(stateDir, path, { method: "POST", body: Uint8Array.from(body) }, ANSWER_WITHIN_MS);
}

async function requestOf(
  stateDir: string,
  path: string,
  what: Pick<RequestInit, "method" | "body">,
  withinMs: number,
): Promise<Response | undefined> {
  let address: ApiFile;
  try {
    address = JSON.parse(await readFile(join(stateDir, FILE), "utf8")) as ApiFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") return undefined;
    const message = `${stateDir} is of another account: run this as that account, or as root`;
    throw new HearsayError("ERR_STATE", message, { stateDir }, error);
  }
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), withinMs); // of the head: a log may take its time
  const headers = { authorization: `Bearer ${address.token}`, ...(what.body && { "content-type": OCTETS }) };
  const request = { ...what, headers, signal: silence.signal };
  let response: Response;
  try {
    response = await fetch(new URL(path, address.url), request);
  } catch (cause) {
    if (!silence.signal.aborted) return undefined; // a file left behind by a peer that was killed
    const seconds = withinMs / 1000;
    throw new HearsayError("ERR_TIMEOUT", `the peer on ${stateDir} did not answer in ${seconds} s`, {}, cause);
  } finally {
    clearTimeout(timer);
  }
  if (response.status === 401) return undefined; // left behind too, and another peer has that port by now
  if (!response.ok) throw await errorIn(response, path);
  return response;
}

/** The error that a route ended with, as fastify tells it. */
async function errorIn(response: Response, path: string): Promise<Error> {
  const { code, message } = (await response.json().catch(() => ({}))) as { code?: unknown; message?: unknown };
  const known = ERROR_CODES.find((one) => one === code);
  if (known !== undefined) return new HearsayError(known, String(message));
  return new Error(`the peer answered ${response.status} to ${path}`);
}
