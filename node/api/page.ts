/**
 * The page of a peer over its local interface: files that hold no secret, for anybody on this machine, and a stream of events for whoever has the key of the page.
 * That key opens the stream and nothing else.
 *
 * The policy of the page lets it load and ask this peer only, and run no text as a script: names and messages of other peers stay text.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { HearsayError } from "../../protocol/base/errors.ts";
import { packageRoot } from "../disk/package-root.ts";

/** Tells a page what happens; the returned function ends that. */
export interface PageSource {
  /** Its files; those of the package where left out. */
  readonly folder?: string;
  open(tell: (event: string, data: unknown) => void): Promise<() => void>;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** Of every answer of the page. */
const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

/** Path to file. */
export type PageFiles = Readonly<Record<string, string>>;

const SHARED = { "/page.css": "page.css", "/icon.svg": "icon.svg" };
/** The page of a peer. */
export const PEER_PAGE: PageFiles = { "/": "index.html", "/page.js": "page.js", ...SHARED };
/** The page of the demo. */
export const DEMO_PAGE: PageFiles = { "/": "demo.html", "/demo.js": "demo.js", ...SHARED };

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** A page that takes nothing is let go, and connects again. */
const MOST_WAITING_BYTES = 8 * 2 ** 20;

/** Where `npm run build` puts the files of the page. */
export function pageFolder(): string {
  return join(packageRoot(), "dist/cli/page");
}

/** Adds the routes of the page. */
export function servePage(server: FastifyInstance, source: PageSource, files: PageFiles): void {
  const { folder = pageFolder() } = source;
  for (const [path, file] of Object.entries(files))
    server.get(path, { config: { access: "anybody" } }, async (_request, reply) => {
      const at = join(folder, file);
      if (!existsSync(at)) throw new HearsayError("ERR_STATE", `there is no ${at}: make it with npm run build`);
      return reply
        .headers(HEADERS)
        .type(TYPES[extname(file)] ?? "")
        .send(await readFile(at));
    });
  server.get("/page/events", { config: { access: "page" } }, (_request, reply) => stream(reply, source));
}

/** The last event of a stream. */
const LAST = "ended";

/** Server-sent events (HTML, 9.2): a name and a line of JSON each. */
async function stream(reply: FastifyReply, source: PageSource): Promise<FastifyReply> {
  const { raw } = reply;
  const early: string[] = [];
  let write = (text: string): void => void early.push(text);
  const close = await source.open((event, data) => {
    write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (event === LAST) raw.end(); // whole, where closing the server would break it off
  });
  reply.hijack();
  raw.once("close", close);
  raw.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream" });
  write = (text) => {
    raw.write(text);
    if (raw.writableLength > MOST_WAITING_BYTES) raw.destroy();
  };
  for (const text of early) write(text);
  if (raw.destroyed) close();
  return reply;
}
