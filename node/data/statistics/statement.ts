/**
 * What one site says of its columns, so that several sites can agree on mean and spread before anybody trains: JSON, signed where the site has a key already. It holds
 * figures of columns, no row.
 */
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { fromHex, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { faultLines, faultsOf } from "../../../protocol/base/faults.ts";
import type { Identity, PeerId } from "../../../protocol/base/seams.ts";
import { signIn, verifyIn } from "../../../protocol/wire/envelope.ts";
import { peerIdFromPublicKey } from "../../../protocol/wire/identity.ts";
import { nodeCrypto } from "../../crypto.ts";
import type { DataLook } from "../preflight/look.ts";

export const FORMAT = "hearsay-statistics/1";

const column = z.strictObject({
  name: z.string(),
  use: z.enum(["feature", "target"]),
  count: z.int().min(1),
  mean: z.number(),
  std: z.number().min(0),
});

const schema = z.strictObject({
  format: z.literal(FORMAT),
  columns: z.array(column).min(1),
  publicKey: z.string().length(64).optional(),
  signature: z.string().length(128).optional(),
});

export type ColumnFigures = z.output<typeof column>;

export interface SiteStatistics {
  readonly columns: readonly ColumnFigures[];
  /** Whose key signed them; undefined where none did. */
  readonly signer: PeerId | undefined;
}

/** The figures of data. @throws HearsayError ERR_DATA for a column without any reading. */
export function figuresOf({ path, columns, data: { length } }: DataLook): ColumnFigures[] {
  return columns.map(({ name, use, missing, mean, std, lowest, highest }) => {
    const count = length - missing;
    if (count === 0)
      throw new HearsayError(
        "ERR_DATA",
        `${path}: column "${name}" has no reading; another site's figures would stand alone`,
      );
    return { name, use, count, mean, std: lowest === highest ? 0 : std };
  });
}

/** The text of the file. */
export function encodeStatistics(columns: readonly ColumnFigures[], identity: Identity | undefined): string {
  const body = { format: FORMAT, columns };
  const signed = identity && {
    publicKey: toHex(identity.publicKey),
    signature: toHex(signIn("statistics", bytesOf(columns), identity)),
  };
  return `${JSON.stringify({ ...body, ...signed }, undefined, 2)}\n`;
}

/** @throws HearsayError ERR_DATA for a file that is none, ERR_SIGNATURE for one that was changed after it was signed. */
export async function readStatistics(file: string): Promise<SiteStatistics> {
  let tree: unknown;
  try {
    tree = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new HearsayError(
      "ERR_DATA",
      `${file}: ${(error as Error).message}; give what hearsay data statistics wrote`,
      { file },
      error,
    );
  }
  const parsed = schema.safeParse(tree);
  if (!parsed.success) {
    const faults = faultsOf(parsed.error, tree, schema);
    throw new HearsayError("ERR_DATA", `${file} is not what hearsay data statistics writes:\n${faultLines(faults)}`, {
      file,
    });
  }
  const { columns, publicKey, signature } = parsed.data;
  if (publicKey === undefined && signature === undefined) return { columns, signer: undefined };
  const [key, seal] = [fromHex(publicKey ?? ""), fromHex(signature ?? "")];
  if (key === undefined || seal === undefined || !verifyIn("statistics", bytesOf(columns), seal, nodeCrypto, key))
    throw new HearsayError("ERR_SIGNATURE", `${file}: the signature does not hold; ask the site for its file again`, {
      file,
    });
  return { columns, signer: peerIdFromPublicKey(key) };
}

/** What is signed: the columns, in this order of fields, as JSON. */
function bytesOf(columns: readonly ColumnFigures[]): Uint8Array {
  const rows = columns.map(({ name, use, count, mean, std }) => [name, use, count, mean, std]);
  return utf8(JSON.stringify([FORMAT, rows]));
}
