/**
 * The peer's local interface: HTTP on 127.0.0.1, a random port, and a token that only the owner of the state directory can read
 * (`api.json`, mode 0600). `hearsay status`, `hearsay why` and `hearsay log` ask it while the peer holds the database.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import fastify from "fastify";
import { HearsayError } from "../protocol/errors.ts";
import type { RememberedMerge } from "../protocol/peer/history.ts";
import type { PeerStatus } from "../protocol/peer/peer.ts";
import type { Metrics } from "../protocol/seams.ts";

/** What `hearsay status` shows. */
export interface StatusReport extends PeerStatus {
  readonly addresses: readonly string[];
  readonly invite: string;
  readonly uptimeSeconds: number;
  /** Of the serving model on the hold-out, a moment ago; null without a hold-out, and before the first figures. */
  readonly holdout: Metrics | null;
}

export interface ApiSource {
  status(): Promise<StatusReport>;
  /** What `hearsay why` tells of, oldest first. */
  merges(): Promise<readonly RememberedMerge[]>;
  /** The log as JSONL. */
  logLines(): AsyncIterable<string>;
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
  server.get("/log", (_request, reply) => {
    return reply.type("application/jsonl").send(Readable.from(withNewlines(source.logLines())));
  });
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
 * @throws HearsayError ERR_TIMEOUT where it is silent. @throws Error where it answers with another status than 200.
 */
export async function askApi(stateDir: string, path: string): Promise<Response | undefined> {
  let address: ApiFile;
  try {
    address = JSON.parse(await readFile(join(stateDir, FILE), "utf8")) as ApiFile;
  } catch {
    return undefined;
  }
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), ANSWER_WITHIN_MS); // of the head: a log may take its time
  const request = { headers: { authorization: `Bearer ${address.token}` }, signal: silence.signal };
  let response: Response;
  try {
    response = await fetch(new URL(path, address.url), request);
  } catch (cause) {
    if (!silence.signal.aborted) return undefined; // a file left behind by a peer that was killed
    const seconds = ANSWER_WITHIN_MS / 1000;
    throw new HearsayError("ERR_TIMEOUT", `the peer on ${stateDir} did not answer in ${seconds} s`, {}, cause);
  } finally {
    clearTimeout(timer);
  }
  if (response.status === 401) return undefined; // left behind too, and another peer has that port by now
  if (!response.ok) throw new Error(`the peer answered ${response.status} to ${path}`);
  return response;
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}
