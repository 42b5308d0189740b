import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { siteName } from "../../../protocol/base/site-name.ts";

test("a name has letters and digits of any script, and single signs between them", () => {
  for (const name of ["Roof 7", "truck-017", "O'Brien", "Küche", "屋根", "ฟาร์ม", "x".repeat(LIMITS.maxSiteNameLength)])
    assert.equal(siteName(name), name);
});

test("nothing else is a name: no text without end, nothing unseen, nothing that a page or a terminal would obey", () => {
  const wrong = [
    "",
    " a",
    "a ",
    "a  b",
    "x".repeat(LIMITS.maxSiteNameLength + 1),
    "a\u202eb",
    "a\u200bb",
    "\u001b[31mred",
  ];
  for (const given of [...wrong, "<b>", "a\nb", "a/b", "-a", "e\u0301", 7, null, undefined, ["a"]])
    assert.equal(siteName(given), undefined, JSON.stringify(given));
});
