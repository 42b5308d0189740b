/** Questions to the peer that runs on a state directory, over its local interface (api.ts). */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ERROR_CODES, HearsayError } from "../../protocol/base/errors.ts";
import { shellOption } from "../shell.ts";
import type { PageAddresses } from "./page-address.ts";

/** What the file of the local interface holds. */
export interface ApiFile {
  readonly url: string;
  readonly token: string;
}

/** Its name, in the state directory. */
export const API_FILE = "api.json";
/** Where the owner asks for the address of the page. */
export const PAGE_PATH = "/page/address";
/** The media type of bytes that are given to the peer. */
export const OCTETS = "application/octet-stream";
/** How long to wait for logs and bodies, which may have to wait for those of other peers. */
export const TURN_WITHIN_MS: number = 300_000;
const ANSWER_WITHIN_MS = 10_000;
const NOT_FOUND = 404;

/** Where the page of the peer on a state directory is; undefined where no peer runs there, null where it serves none. */
export async function pageAddressesOf(stateDir: string): Promise<PageAddresses | null | undefined> {
  const response = await askApi(stateDir, PAGE_PATH);
  if (response === undefined) return undefined;
  const { address, once } = (await response.json()) as Partial<PageAddresses>;
  return address === undefined || once === undefined ? null : { address, once };
}

/**
 * Asks the peer that runs on a state directory; undefined where none does.
 * @param withinMs until an answer begins; by default 10 s.
 * @throws HearsayError ERR_TIMEOUT where it is silent, ERR_VERSION where it is of a version without that path, or the code that it answers. @throws Error where it answers with another status than 200.
 */
export async function askApi(
  stateDir: string,
  path: string,
  withinMs: number = ANSWER_WITHIN_MS,
): Promise<Response | undefined> {
  return requestOf(stateDir, path, {}, withinMs);
}

/** The same where a peer has to run. @throws HearsayError ERR_STATE where none does, with the command that starts it; otherwise as `askApi`. */
export async function askRunning<T>(stateDir: string, path: string, withinMs?: number): Promise<T> {
  const response = await askApi(stateDir, path, withinMs);
  if (response === undefined) throw noPeerOn(stateDir);
  return (await response.json()) as T;
}

/** A peer takes its file away when it stops. One that is left is of a peer that was killed, or of one that runs where this process does not reach it. */
export function noPeerOn(stateDir: string): HearsayError {
  const up = `hearsay up ${shellOption("--state", stateDir)}`;
  if (existsSync(join(stateDir, API_FILE)))
    return new HearsayError(
      "ERR_STATE",
      `no peer answers on ${stateDir}: if it runs in a container or on another machine, ask it there; if it was killed, start it with ${up}`,
    );
  return new HearsayError(
    "ERR_STATE",
    `no peer runs on ${stateDir}: start it with ${up} (one that was just started answers in a moment)`,
  );
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
    address = JSON.parse(await readFile(join(stateDir, API_FILE), "utf8")) as ApiFile;
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
  if (!response.ok) throw await errorIn(response, path, stateDir);
  return response;
}

/** The error that a route ended with, as fastify tells it. */
async function errorIn(response: Response, path: string, stateDir: string): Promise<Error> {
  const { code, message } = (await response.json().catch(() => ({}))) as { code?: unknown; message?: unknown };
  const known = ERROR_CODES.find((one) => one === code);
  if (known !== undefined) return new HearsayError(known, String(message));
  if (response.status === NOT_FOUND) {
    const older = `the peer that runs on ${stateDir} does not know what it is asked (${path})`;
    const remedy = "it was started by another version of Hearsay than this command: stop it, and start it again";
    return new HearsayError("ERR_VERSION", `${older}; ${remedy}`, { stateDir, path });
  }
  return new Error(`the peer answered ${response.status} to ${path}`);
}
