/**
 * A log that has left its machine: what jsonl.ts and car.ts write and read, and verify-export.ts judges. It begins with a header that says
 * how many entries follow, so that a cut shows; all else in the header is checked against what the writer of the log has signed.
 */
import { isBytes32, isCount, isGeneration } from "../../wire/values.ts";
import type { Statement } from "../entry/bodies.ts";

/** What an export says about itself, before its entries. */
export interface ExportHeader {
  readonly publicKey: Uint8Array;
  readonly task: Uint8Array;
  /** See `GenesisBody.generation`. */
  readonly generation: number;
  /** Entries. */
  readonly size: number;
  /** The newest note that the writer signed (log/tree/checkpoint.ts); null for a log from before there were any. */
  readonly checkpoint: string | null;
  /** The newest note that others cosigned, with their lines; null where none did. */
  readonly cosigned: string | null;
  /** Proofs against the writer's key that the exporter knew of (log/entry/evidence.ts). */
  readonly evidence: readonly Uint8Array[];
}

/** Something that the log names by its SHA-256: the task manifest, a model body, or the bytes of a parameter vector. */
export interface ExportedBlob {
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  /** Where in the file the bytes begin. */
  readonly at: number;
}

/**
 * An export while it is read, once, in constant memory. Both streams throw `chainError` where the file is not what was exported: reason
 * "cut" where it ends too early, "file" where it has something else than belongs there, or what readers of entries throw.
 */
export interface ExportedLog {
  /** Undefined for JSON lines from before there were headers. */
  readonly header: ExportHeader | undefined;
  /** signature | entry; not verified. */
  readonly entries: AsyncIterable<Uint8Array>;
  /** What follows the entries, each with the hash that it has. Reads on over entries that nobody took. */
  readonly blobs: AsyncIterable<ExportedBlob>;
}

/** Version of both formats. */
export const EXPORT_VERSION = 1;

/** The fields of a header where `value` has all of them, in their types; undefined otherwise. */
export function headerFrom(value: Readonly<Record<string, unknown>>): ExportHeader | undefined {
  const { v, publicKey, task, generation, size, checkpoint, cosigned, evidence } = value;
  if (v !== EXPORT_VERSION || !isBytes32(publicKey) || !isBytes32(task)) return undefined;
  if (!isGeneration(generation) || !isCount(size)) return undefined;
  if (!isTextOrNull(checkpoint) || !isTextOrNull(cosigned)) return undefined;
  if (!Array.isArray(evidence) || !evidence.every((proof) => proof instanceof Uint8Array)) return undefined;
  return { publicKey, task, generation, size, checkpoint, cosigned, evidence };
}

/** The hashes by which a statement names models and parameter vectors, with the task of a genesis. */
export function namedBy({ type, body }: Statement): Uint8Array[] {
  switch (type) {
    case "genesis":
      return [body.task];
    case "train":
      return [body.in, body.out];
    case "publish":
      return [body.model, ...(body.trained === undefined ? [] : [body.trained])];
    case "aggregate":
      return [
        body.own,
        ...(body.base === null ? [] : [body.base]),
        body.out,
        ...body.parents.map(([, model]) => model),
      ];
    case "resume":
      return [body.params];
    case "end":
    case "vertical":
      return [];
  }
}

/** The model that the peer had after a statement, with its age; undefined for those that change none. */
export function modelAfter({ type, body }: Statement): { params: Uint8Array; age: number } | undefined {
  if (type === "train" || type === "aggregate") return { params: body.out, age: body.age };
  return type === "resume" ? body : undefined;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
