/**
 * The peer's local interface: HTTP on 127.0.0.1, a random port, and a token that only the owner of the state directory can read
 * (`api.json`, mode 0600). `hearsay status`, `hearsay why` and `hearsay log` ask it while the peer holds the database.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import fastify from "fastify";
import { fromHex } from "../protocol/bytes.ts";
import { ERROR_CODES, HearsayError } from "../protocol/errors.ts";
import type { RememberedMerge } from "../protocol/peer/history.ts";
import type { PeerStatus } from "../protocol/peer/peer.ts";
import type { Metrics } from "../protocol/seams.ts";
import type { ArchiveSummary } from "./archive.ts";
import type { RemoteLogs } from "./remote-log.ts";

/** What `hearsay status` shows. */
export interface StatusReport extends PeerStatus {
  readonly addresses: readonly string[];
  readonly invite: string;
  /** The last entry of the log; `id` in hexadecimal. */
  readonly head: { readonly seq: number; readonly id: string };
  readonly uptimeSeconds: number;
  /** What is kept for audits. */
  readonly archive: ArchiveSummary | null;
  /** Of the serving model on the hold-out, a moment ago; null without a hold-out, and before the first figures. */
  readonly holdout: Metrics | null;
}

export interface ApiSource {
  status(): Promise<StatusReport>;
  /** What `hearsay why` tells of, oldest first. */
  merges(): Promise<readonly RememberedMerge[]>;
  /** The log of a generation, of the current one unless told, as JSONL in pieces. @throws HearsayError ERR_STATE where there is none. */
  log(generation?: number): Promise<AsyncIterable<string>>;
  /** Of which the database holds a log, ascending. */
  generations(): Promise<readonly number[]>;
  /** What others are asked for in an audit. */
  readonly remote: RemoteLogs;
}

export interface Api {
  close(): Promise<void>;
}

interface ApiFile {
  readonly url: string;
  readonly token: string;
}

const FILE = "api.json";
const ANSWER_WITHIN_MS = 10_000;

export async function serveApi(stateDir: string, source: ApiSource): Promise<Api> {
  const token = randomBytes(24).toString("base64url");
  const expected = Buffer.from(`Bearer ${token}`);
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.addHook("onRequest", async (request, reply) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    const known = given.length === expected.length && timingSafeEqual(given, expected);
    if (!known) await reply.code(401).send({ error: `send the token of ${FILE} as: Authorization: Bearer <token>` });
  });
  server.get("/status", () => source.status());
  server.get("/merges", () => source.merges());
  server.get<{ Querystring: { generation?: string } }>("/log", async ({ query: { generation } }, reply) => {
    const pieces = await source.log(generation === undefined ? undefined : Number(generation));
    return reply.type("application/jsonl").send(Readable.from(pieces));
  });
  server.get("/generations", () => source.generations());
  server.get<{ Params: { peer: string }; Querystring: { generation?: string } }>(
    "/peers/:peer/log",
    async ({ params: { peer }, query: { generation } }, reply) => {
      const pieces = await source.remote.log(peer, generation === undefined ? undefined : Number(generation));
      return reply.type("application/jsonl").send(Readable.from(pieces));
    },
  );
  server.get<{ Params: { peer: string } }>("/peers/:peer/generations", ({ params: { peer } }) =>
    source.remote.generations(peer),
  );
  server.get<{ Params: { hash: string }; Querystring: { from?: string } }>(
    "/blobs/:hash",
    async ({ params: { hash }, query: { from = "" } }, reply) => {
      const wanted = fromHex(hash);
      const blob = wanted && (await source.remote.blob(wanted, from.split(",")));
      if (blob === undefined) throw new HearsayError("ERR_NOT_FOUND", `nobody of those has ${hash}`);
      return reply.type("application/octet-stream").send(Buffer.from(blob.buffer, blob.byteOffset, blob.length));
    },
  );
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const path = join(stateDir, FILE);
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o600);
  await file.writeFile(JSON.stringify({ url, token } satisfies ApiFile));
  await file.close();
  return {
    async close() {
      await rm(path, { force: true });
      await server.close();
    },
  };
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
  let address: ApiFile;
  try {
    address = JSON.parse(await readFile(join(stateDir, FILE), "utf8")) as ApiFile;
  } catch {
    return undefined;
  }
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), withinMs); // of the head: a log may take its time
  const request = { headers: { authorization: `Bearer ${address.token}` }, signal: silence.signal };
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
