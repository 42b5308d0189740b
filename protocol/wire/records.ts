/** Records of a store (base/store-layout.ts): strict DAG-CBOR arrays that begin with their version. */
import { isHearsayError } from "../base/errors.ts";
import type { RecordForm } from "../base/store-layout.ts";
import { decodeCanonical, encodeCanonical } from "./canonical.ts";

export function encodeRecord({ version }: RecordForm, ...fields: readonly unknown[]): Uint8Array {
  return encodeCanonical([version, ...fields]);
}

/** The fields after the version; undefined where the bytes are no such record: damaged, of another version, or absent. */
export function decodeRecord(
  bytes: Uint8Array | undefined,
  { version, lengths, maxBytes }: RecordForm,
): unknown[] | undefined {
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = decodeCanonical(bytes, maxBytes);
  } catch (error) {
    if (isHearsayError(error)) return undefined;
    throw error;
  }
  if (!Array.isArray(value) || value[0] !== version || !lengths.includes(value.length - 1)) return undefined;
  return value.slice(1);
}
