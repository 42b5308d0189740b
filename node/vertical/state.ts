/**
 * Sessions of vertical learning in a state directory: `vertical/<first 16 digits of the session>/` has
 *
 *   session.cbor   what it is about, who is in it, and which rows are trained on
 *   model.cbor     this party's weights, after every epoch
 *   db/            a log of this key about the session: that it took part (`hearsay log show --state` of this directory)
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import type { Identity } from "../../protocol/base/seams.ts";
import { openLog } from "../../protocol/log/stored/chain.ts";
import { rowsBucket } from "../../protocol/vertical/joining.ts";
import type { Session } from "../../protocol/vertical/party.ts";
import {
  decodeModel,
  decodeSession,
  encodeModel,
  encodeSession,
  type SavedModel,
  type SavedSession,
} from "../../protocol/vertical/saved.ts";
import { wallClock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";
import { makePrivateDirectory } from "../disk/private-directory.ts";
import { openStore } from "../disk/store.ts";
import { writeWhole } from "../disk/whole-file.ts";
import { makeDirectory } from "../disk/write-fault.ts";

const FOLDER = "vertical";
const DIGITS = 16;
const AGENT = "hearsay/0.1.0";
const PRIVATE = { mode: 0o600 };

/** Of a session, which need not be there. */
function sessionPath(stateDir: string, session: Uint8Array): string {
  return join(stateDir, FOLDER, toHex(session).slice(0, DIGITS));
}

/** Makes what a key needs beside it, as a peer that runs does: a database, so that it is no key that lost its log. */
export async function prepareState(stateDir: string): Promise<void> {
  await makePrivateDirectory(stateDir);
  if (existsSync(join(stateDir, "key")) || existsSync(join(stateDir, "db"))) return;
  await (await openStore(join(stateDir, "db"))).close();
}

/** Writes a session that was matched, and the entry about it. */
export async function saveSession(stateDir: string, saved: SavedSession, identity: Identity): Promise<string> {
  const path = sessionPath(stateDir, saved.session.id);
  await makeDirectory(path, 0o700);
  await logSession(path, saved.session, saved.ids.length, identity);
  await writeWhole(join(path, "session.cbor"), encodeSession(saved), PRIVATE);
  return path;
}

async function logSession(path: string, session: Session, numRows: number, identity: Identity): Promise<void> {
  const store = await openStore(join(path, "db"));
  try {
    const parts = { store, identity, crypto: nodeCrypto, clock: wallClock, taskId: session.id, agent: AGENT };
    const log = await openLog(parts);
    const body = { session: session.id, parties: session.parties.length, rows: rowsBucket(numRows) };
    if (log.head().size === 1) await log.append([{ type: "vertical", body }]);
  } finally {
    await store.close();
  }
}

export interface OpenSession {
  readonly path: string;
  readonly saved: SavedSession;
  readonly model: SavedModel | undefined;
}

/**
 * The session of a state directory whose number begins with `digits`; the only one where that is left out.
 * @throws HearsayError ERR_STATE where there is none, or there are several, or it is damaged.
 */
export async function openSession(stateDir: string, digits = ""): Promise<OpenSession> {
  const folder = join(stateDir, FOLDER);
  const names = (await readdir(folder).catch(() => [])).filter((name) =>
    existsSync(join(folder, name, "session.cbor")),
  );
  const found = names.filter((name) => name.startsWith(digits.toLowerCase().slice(0, DIGITS)));
  const [name] = found;
  if (name === undefined || found.length > 1) {
    const what =
      found.length > 1 ? `several sessions (${found.join(", ")}): name one` : "no such session: offer one, or join one";
    throw new HearsayError("ERR_STATE", `${folder} has ${what} (hearsay vertical --help)`);
  }
  const path = join(folder, name);
  const saved = await readAs(join(path, "session.cbor"), decodeSession);
  const modelPath = join(path, "model.cbor");
  return { path, saved, model: existsSync(modelPath) ? await readAs(modelPath, decodeModel) : undefined };
}

/** On disk when it resolves. */
export async function saveModel(path: string, model: SavedModel): Promise<void> {
  await writeWhole(join(path, "model.cbor"), encodeModel(model), PRIVATE);
}

async function readAs<T>(path: string, decode: (bytes: Uint8Array) => T): Promise<T> {
  try {
    return decode(new Uint8Array(await readFile(path)));
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    throw new HearsayError("ERR_STATE", `${path}: ${error.message}`, { path }, error);
  }
}
