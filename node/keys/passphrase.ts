/**
 * Where a passphrase comes from: `--passphrase-file`, else HEARSAY_PASSPHRASE, else a prompt without echo where there is a terminal. Never
 * an argument of the command line, which every user of the machine can read.
 */
import { readFile } from "node:fs/promises";
import { Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import { HearsayError } from "../../protocol/base/errors.ts";

export interface PassphraseOptions {
  /** A file with the passphrase; an end of line after it does not count. */
  readonly passphraseFile?: string | undefined;
}

/** Gives the passphrase of the file at `path`, for which there is one. @throws HearsayError ERR_CONFIG where it cannot be had. */
export type AskPassphrase = (path: string) => Promise<string>;

/** Where a person is asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY">>;
  readonly output: NodeJS.WritableStream;
}

const VARIABLE = "HEARSAY_PASSPHRASE";
/** Shorter ones are refused for what is newly protected: scrypt slows guessing down, and no more. */
const MIN_LENGTH = 8;
const MAX_LENGTH = 1024;
const STANDARD: Terminal = { input: process.stdin, output: process.stderr };

/** For what is protected already. Asked once, then remembered. */
export function passphraseFrom(options: PassphraseOptions, terminal: Terminal = STANDARD): AskPassphrase {
  let known: Promise<string> | undefined;
  return (path) => {
    known ??= given(options).then((text) => text ?? promptFor(`passphrase of ${path}: `, path, terminal));
    return known;
  };
}

/** For what will be protected: typed twice, where it is typed. @throws HearsayError ERR_CONFIG for a short one. */
export async function newPassphrase(
  options: PassphraseOptions,
  path: string,
  terminal: Terminal = STANDARD,
): Promise<string> {
  const ready = await given(options);
  const text = ready ?? (await promptFor(`new passphrase for ${path}: `, path, terminal));
  if (text.length < MIN_LENGTH) throw refused(`at least ${MIN_LENGTH} characters; five random words are good`);
  if (ready === undefined && (await promptFor("the same again: ", path, terminal)) !== text)
    throw refused("the two are not the same");
  return text;
}

/** From file or environment; undefined where neither is named. */
async function given({ passphraseFile }: PassphraseOptions): Promise<string | undefined> {
  if (passphraseFile === undefined) return process.env[VARIABLE] || undefined;
  let text: string;
  try {
    text = await readFile(passphraseFile, "utf8");
  } catch (cause) {
    throw refused(`${passphraseFile} cannot be read: ${(cause as Error).message}`, cause);
  }
  const passphrase = text.replace(/\r?\n$/, "");
  if (passphrase === "" || passphrase.length > MAX_LENGTH || /[\r\n]/.test(passphrase))
    throw refused(`${passphraseFile} is not one line of 1 to ${MAX_LENGTH} characters`);
  return passphrase;
}

async function promptFor(question: string, path: string, { input, output }: Terminal): Promise<string> {
  if (input.isTTY !== true)
    throw refused(`${path} needs one, and there is no terminal: give --passphrase-file FILE or set ${VARIABLE}`);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const { createInterface } = await import("node:readline/promises"); // most peers ask nobody
  const reader = createInterface({ input, output: silent, terminal: true }); // echoes to where nobody sees it
  output.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      const stopped = () => reject(refused("it was not given"));
      reader.once("SIGINT", stopped).once("close", stopped);
      reader.question("").then(resolve, reject);
    });
  } finally {
    reader.close();
    output.write("\n");
  }
}

function refused(why: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_CONFIG", `passphrase: ${why}`, {}, cause);
}
