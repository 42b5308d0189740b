/** Text in other encodings is read right where it can only be one thing, and refused with the choices where it can be several. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type CsvOptions, type CsvTable, readCsv } from "../../../node/data/csv.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { temporaryFile } from "./files.ts";

const TABLE: CsvOptions = { labels: { kind: "classification", column: "label" } };

function read(context: TestContext, bytes: Uint8Array | string, options: Partial<CsvOptions> = {}): Promise<CsvTable> {
  return readCsv(temporaryFile(context, "t.csv", bytes), { ...TABLE, ...options });
}

function refused(context: TestContext, bytes: Uint8Array | string, message: RegExp, options: Partial<CsvOptions> = {}) {
  return assert.rejects(read(context, bytes, options), { name: "HearsayError", code: "ERR_DATA", message });
}

/** A table with these classes; characters above U+00FF by the bytes that `special` gives. */
function bytesOf(
  classes: readonly string[],
  encode = (text: string): Uint8Array => Buffer.from(text, "latin1"),
): Uint8Array {
  const rows = Array.from({ length: 12 }, (_, i) => `${i}.5,${i},${classes[i % classes.length]}`);
  return encode(`a,b,label\n${rows.join("\n")}\n`);
}

function utf16(text: string, bigEndian: boolean): Uint8Array {
  const bytes = Buffer.from(text, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
}

test("German text in Latin-1 or Windows-1252 keeps its letters, in names of columns and of classes", async (context) => {
  const { classes, taken } = await read(context, bytesOf(["Müller", "Böse", "Süß"]));
  assert.deepEqual([classes, taken.encoding], [["Böse", "Müller", "Süß"], "windows-1252"]);
  const header = Buffer.from("Länge,Temperatur °C,Größe\n1,2,x\n2,3,y\n", "latin1");
  const named = await read(context, header, { labels: { kind: "classification", column: "Größe" } });
  assert.deepEqual(named.features, ["Länge", "Temperatur °C"]);
  const euro = Buffer.concat([Buffer.from("a,label\n1,5 "), Buffer.of(0x80), Buffer.from("\n2,10\n")]);
  assert.deepEqual((await read(context, euro)).classes, ["10", "5 €"].sort());
});

test("UTF-16 of both byte orders reads alike, with a byte order mark and without", async (context) => {
  for (const bigEndian of [false, true]) {
    for (const mark of ["", "\ufeff"]) {
      const bytes = bytesOf(["Müller", "Łódź"], (text) => utf16(mark + text, bigEndian));
      const { classes, features, taken } = await read(context, bytes);
      assert.deepEqual(
        [classes, features],
        [
          ["Müller", "Łódź"],
          ["a", "b"],
        ],
      );
      assert.equal(taken.encoding, bigEndian ? "utf-16be" : "utf-16le");
    }
  }
});

test("text that may be several things is refused with each of them, and reads with the one that is said", async (context) => {
  const french = bytesOf(["forêt", "grève"]);
  await refused(context, french, /--encoding windows-1252 {2}"forêt"\n.*--encoding windows-1250 {2}"foręt"/);
  assert.deepEqual((await read(context, french, { encoding: "windows-1252" })).classes, ["forêt", "grève"]);
  const russian = bytesOf(["\xea\xee\xf2", "\xf1\xee\xe1\xe0\xea\xe0"]);
  await refused(context, russian, /--encoding windows-1251 {2}"кот"/);
  assert.deepEqual((await read(context, russian, { encoding: "windows-1251" })).classes, ["кот", "собака"]);
});

test("Windows-1250, Mac and DOS text is never taken for Windows-1252", async (context) => {
  const texts: [bytes: string, right: string][] = [
    ["\xa3\xf3d\x9f", "Łódź"], // windows-1250
    ["M\x9fller", "Müller"], // macintosh
    ["M\x81ller", "Müller"], // cp850
    ["\x94L", "猫"], // shift_jis
    ["\xd4\xd2\xd3\xd4", "это"], // koi8-r
  ];
  for (const [bytes, right] of texts) {
    const outcome = await read(context, bytesOf([bytes, "other"])).catch((error: unknown) => error);
    if (isHearsayError(outcome, "ERR_DATA")) continue;
    assert.deepEqual((outcome as CsvTable).classes, ["other", right].sort(), right);
  }
});

test("a line that is not of the encoding of the others is refused by its number, with the byte", async (context) => {
  const mixed = Buffer.concat([Buffer.from("a,label\n1,Müller\n2,M"), Buffer.of(0xfc), Buffer.from("ller\n")]);
  await refused(context, mixed, /line 3 has a byte that is not UTF-8: 0xFC after "2,M", while other lines are/);
  await refused(context, Buffer.from("a,label\n1,x\n2,y"), /not UTF-16LE throughout/, { encoding: "utf-16le" });
  const cut = Buffer.from("a,label\n1,Müller\n2,ü").subarray(0, -1);
  await refused(context, cut, /line 3 has a byte/);
});

test("a replacement character from an earlier conversion is refused, never taken for a letter", async (context) => {
  await refused(context, "a,label\n1,M\ufffdller\n2,x\n", /label "M.ller" in line 2 has U\+FFFD/);
  await refused(context, "a,H\ufffdhe,label\n1,2,x\n2,3,y\n", /column 2.*U\+FFFD.*--drop '#2'/);
});

test("files that are no text are named for what they are, with what to do", async (context) => {
  const files: [bytes: Uint8Array | string, message: RegExp][] = [
    [Buffer.from("PK\x03\x04....", "latin1"), /Excel workbook.*save the sheet as CSV UTF-8/],
    ["PAR1....", /Parquet.*to_csv/],
    ["<!DOCTYPE html><html>", /web page/],
    ['[{"a": 1}]', /JSON/],
    [Buffer.from("\x93NUMPY\x01", "latin1"), /\.npy/],
    [Buffer.from("\xff\xfe\0\0a\0\0\0", "latin1"), /UTF-32LE; convert it: iconv/],
  ];
  for (const [bytes, message] of files) await refused(context, bytes, message);
});

test("an encoding that nobody knows is a fault of the setting, with the names that there are", async (context) => {
  await assert.rejects(read(context, "a,label\n1,x\n", { encoding: "klingon" }), {
    code: "ERR_CONFIG",
    message: /data\.encoding: "klingon" is unknown; there are utf-8, .*shift_jis/,
  });
});
