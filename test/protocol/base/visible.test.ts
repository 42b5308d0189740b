import assert from "node:assert/strict";
import { test } from "node:test";
import { visible, visibleJson, visibleValue } from "../../../protocol/base/visible.ts";

const HOSTILE: readonly [what: string, text: string, seen: string][] = [
  ["an escape sequence", "\x1b]0;title\x07", "\\x1b]0;title\\x07"],
  ["a C1 control sequence introducer", "\x9b2J", "\\x9b2J"],
  ["a carriage return and a backspace", "good\rbad\b", "good\\x0dbad\\x08"],
  ["line feeds and tabs", "a\n\tb", "a\\x0a\\x09b"],
  ["delete", "\x7f", "\\x7f"],
  ["a right-to-left override", "\u202egnp.exe", "\\u202egnp.exe"],
  ["an isolate", "\u2066a\u2069", "\\u2066a\\u2069"],
  ["zero width", "a\u200bb\u200c\u200d\u2060\ufeff", "a\\u200bb\\u200c\\u200d\\u2060\\ufeff"],
  ["marks of direction", "\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"],
  ["separators of lines and paragraphs", "\u2028\u2029", "\\u2028\\u2029"],
  ["tags", "\u{e0041}", "\\u{e0041}"],
  ["a soft hyphen and a filler", "\u00ad\u3164", "\\xad\\u3164"],
  ["half of a pair", "\ud800", "\\ud800"],
];

for (const [what, text, seen] of HOSTILE) {
  test(`${what} is seen, not obeyed`, () => {
    assert.equal(visible(text), seen);
    const json = visibleJson(JSON.stringify({ [text]: text }));
    assert.match(json, /^[\x20-\x7e]*$/);
    assert.deepEqual(JSON.parse(json), { [text]: text });
  });
}

test("letters of all scripts, symbols and emoji are left alone", () => {
  const text = "Käse 東京 Ωмега עברית عربى ñ – │ ███ 🐟 e\u0301";
  assert.equal(visible(text), text);
  assert.equal(visible("a\u200db", "\u200d"), "a\u200db");
});

test("in a value every text is made visible, names too; the lines of a stack stay", () => {
  const value = { "\x1b": ["\x9b", { deep: "a\nb\r" }, 1, null, true] };
  assert.deepEqual(visibleValue(value), { "\\x1b": ["\\x9b", { deep: "a\nb\\x0d" }, 1, null, true] });
});
