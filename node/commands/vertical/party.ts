/** What the commands of vertical learning share: a party with its key, its cryptography and its place in the network. */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Identity, PeerId } from "../../../protocol/base/seams.ts";
import { type Mailbox, pause } from "../../../protocol/vertical/mailbox.ts";
import { type PartyParts, type Purpose, type Session, stepOf } from "../../../protocol/vertical/party.ts";
import type { VerticalCrypto } from "../../../protocol/vertical/seams.ts";
import { peerIdFromPublicKey } from "../../../protocol/wire/identity.ts";
import { wallClock } from "../../clock.ts";
import { createClosing } from "../../closing.ts";
import { nodeCrypto } from "../../crypto.ts";
import { loadOrCreateIdentity } from "../../keys/keys.ts";
import { type PassphraseOptions, passphraseFrom } from "../../keys/passphrase.ts";
import { refuseVertical } from "../../policy/vertical.ts";
import { tell } from "../../terminal/terminal.ts";
import { loadVerticalCrypto } from "../../vertical/load.ts";
import { type MailboxOptions, openVerticalNetwork, type VerticalNetwork } from "../../vertical/network.ts";
import { type OpenSession, openSession, prepareState } from "../../vertical/state.ts";

export interface PartyOptions extends PassphraseOptions {
  readonly state: string;
  readonly json?: boolean;
}

/** A party before it knows with whom. */
export interface Present {
  readonly identity: Identity;
  readonly tools: VerticalCrypto;
  readonly network: VerticalNetwork;
}

/** So that others hear of the end before the network is gone. */
const LINGER_MS = 500;

/** Runs `use` with a key, cryptography and a network, and closes the network whatever comes of it. */
export async function asParty<T>(
  options: PartyOptions,
  listen: (own: PeerId) => readonly string[],
  use: (present: Present) => Promise<T>,
): Promise<T> {
  const tools = await loadVerticalCrypto();
  await prepareState(options.state);
  const key = await loadOrCreateIdentity(join(options.state, "key"), passphraseFrom(options));
  for (const warning of key.warnings) tell(`${warning}\n`);
  const network = await openVerticalNetwork(key.privateKey, listen(key.identity.peerId));
  const closing = createClosing();
  closing.add("the network", () => network.close());
  const alive = setInterval(() => {}, 1000); // the clock's timers keep no process
  try {
    return await use({ identity: key.identity, tools, network });
  } finally {
    await pause(wallClock, LINGER_MS);
    await closing.close().catch(() => {}); // all is said and saved by now; a party that was killed may still be waited for
    clearInterval(alive);
  }
}

export function partsOf({ identity, tools }: Present, session: Session, mailbox: Mailbox): PartyParts {
  return { session, identity, crypto: nodeCrypto, tools, mailbox, breathe: () => setImmediate() };
}

export interface SessionOptions extends PartyOptions {
  readonly session?: string;
}

/** A run of a session that was matched before. */
export interface Running {
  readonly opened: OpenSession;
  readonly isHolder: boolean;
  readonly parts: PartyParts;
}

/**
 * Takes part in a run of a session on disk. Where another party has started again, or the label holder has, the run is begun anew.
 * @throws HearsayError ERR_STATE where there is no session; whatever `use` throws.
 */
export async function inSession<T>(
  options: SessionOptions,
  purpose: Purpose,
  use: (running: Running) => Promise<T>,
): Promise<T> {
  await refuseVertical(options.state);
  const opened = await openSession(options.state, options.session);
  const { session, addresses } = opened.saved;
  const holder = peerIdFromPublicKey(session.parties[0] as Uint8Array);
  const members = new Set(session.parties.map(peerIdFromPublicKey));
  const listen = (own: PeerId) => (own === holder ? addresses : []);
  return asParty(options, listen, async (present) => {
    const isHolder = present.identity.peerId === holder;
    if (!members.has(present.identity.peerId))
      throw new HearsayError("ERR_STATE", `the key in ${options.state} is not one of the session: was it replaced?`);
    const mayFetch: MailboxOptions["mayFetch"] = (peer, step) =>
      members.has(peer) && (!step.endsWith("/run") || step === stepOf(purpose));
    const mailbox = present.network.mailbox(session.id, { mayFetch, ...(!isHolder && { addresses }) });
    const running = { opened, isHolder, parts: partsOf(present, session, mailbox) };
    for (;;) {
      try {
        return await use(running);
      } catch (error) {
        const code = error instanceof HearsayError ? error.code : undefined;
        // the label holder is told that a party started again; a party, that the label holder ended the run
        if (code !== (isHolder ? "ERR_STATE" : "ERR_NOT_FOUND")) throw error;
        tell(`${(error as Error).message}: the run is begun anew\n`);
        await pause(wallClock, LINGER_MS);
      }
    }
  });
}
