import assert from "node:assert/strict";
import { it } from "node:test";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";
import { decodeRecord, encodeRecord } from "../../../protocol/wire/records.ts";

const FORM = { version: 1, lengths: [2, 3], maxBytes: 64 };

it("a record comes back as it was written, without its version", () => {
  assert.deepEqual(decodeRecord(encodeRecord(FORM, 5, "text"), FORM), [5, "text"]);
  assert.deepEqual(decodeRecord(encodeRecord(FORM, 5, null, new Uint8Array(3)), FORM), [5, null, new Uint8Array(3)]);
});

it("what is absent, damaged, too long, of another version or length is none", () => {
  assert.equal(decodeRecord(undefined, FORM), undefined);
  for (const bytes of [
    encodeRecord({ ...FORM, version: 2 }, 5, "text"),
    encodeRecord(FORM, 5),
    encodeRecord(FORM, 5, 5, 5, 5),
    encodeRecord(FORM, 5, new Uint8Array(64)),
    encodeCanonical({ length: 3 }),
    encodeRecord(FORM, 5, "text").subarray(1),
    new Uint8Array(0),
  ])
    assert.equal(decodeRecord(bytes, FORM), undefined);
});
