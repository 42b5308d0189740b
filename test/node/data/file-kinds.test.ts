/** A file that is something else than its name says is told by its bytes, with a remedy, in tables and arrays alike. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readCsv } from "../../../node/data/csv.ts";
import { kindOf } from "../../../node/data/file-kinds.ts";
import { loadDataset } from "../../../node/data/load.ts";
import { temporaryFile, temporaryFolder } from "./files.ts";

const RECORD = '{"x": 1, "label": "a"}';

/** Beginnings of real files, and a word of what each is. */
const FILES: readonly (readonly [bytes: string, word: RegExp])[] = [
  ["PK\x03\x04\x14\0\0\0data.npy", /\.npz \(numpy\.save each array\)/],
  ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", /old Excel/],
  ["PAR1\x15\0", /read_parquet/],
  ["ARROW1\0\0\xff", /read_feather/],
  ["SQLite format 3\0\x10", /sqlite3 -header -csv/],
  ["$FL2@(#) SPSS DATA FILE", /read_spss/],
  ["<stata_dta><header>", /read_stata/],
  ["X\n\0\0\0\x03\0\x04", /write\.csv/],
  ["RDX3\nX\n\0\0\0\x03", /write\.csv/],
  ['"a" "b" "label"\n"1" 5.1 3.5 "x"\n', /spaces between its fields; .*write\.csv/],
  ["\x89HDF\r\n\x1a\n", /read_hdf/],
  ["\x80\x04\x95\x10", /pickle/],
  ["(lp0\n(dp1\n", /pickle/],
  ["\x89PNG\r\n\x1a\n", /picture/],
  ["BZh91AY", /bzip2/],
  [`a.csv${"\0".repeat(252)}ustar\x0000`, /tar xf/],
  ["<!DOCTYPE html>", /web page/],
  ["@RELATION iris\n\n@ATTRIBUTE x NUMERIC\n", /ARFF/],
  [`${RECORD}\n${RECORD}\n`, /lines=True/],
  [`[${RECORD}]`, /read_json\(\.\.\.\)\.to_csv/],
  ["[[1, 2], [3, 4]]", /read_json\(\.\.\.\)\.to_csv/],
];

function refused(reading: Promise<unknown>, path: string, message: RegExp): Promise<void> {
  return assert.rejects(reading, (error: Error & { code?: string }) => {
    assert.deepEqual([error.code, error.message.startsWith(path)], ["ERR_DATA", true], error.message);
    assert.match(error.message, message);
    return true;
  });
}

const read = (path: string) => readCsv(path, { labels: { kind: "classification", column: "label" } });

test("a file of another program that is called .csv is told by its first bytes", async (context) => {
  for (const [bytes, word] of FILES) {
    const path = temporaryFile(context, "t.csv", Buffer.from(bytes, "latin1"));
    await refused(read(path), path, word);
    assert.match(kindOf(Buffer.from(`\xef\xbb\xbf${bytes}`, "latin1")) ?? "", word, "behind a byte order mark");
  }
});

test("what was packed twice is told, and what the packed file is", async (context) => {
  for (const [content, word] of [
    [gzipSync(gzipSync("x,label\n1,a\n")), /gzip twice; unpack it with gunzip/],
    [gzipSync(Buffer.from("PAR1\x15\0", "latin1")), /Parquet/],
  ] as const) {
    const path = temporaryFile(context, "t.csv.gz", content);
    await refused(read(path), path, word);
  }
});

test("an array file that is none is told what it is, and with which name it would be read", async (context) => {
  const folder = temporaryFolder(context);
  const task = {
    input: { shape: [1], features: [], mean: [0], std: [1] },
    output: { kind: "classification" as const, classes: ["no", "yes"] },
  };
  const files: readonly (readonly [name: string, bytes: string, word: RegExp])[] = [
    ["x.npy", "PK\x03\x04\x14\0\0\0x.npy\0\0\0", /\.npz \(numpy\.save each array\)/],
    ["x.npy", "\x80\x04\x95\x10\0\0\0\0\0\0\0\0", /pickle/],
    ["t.safetensors", "\x93NUMPY\x01\0v\0{'descr': ", /ending \.npy/],
    ["x.npy", '\x40\0\0\0\0\0\0\0{"x":{"dtype":"F32"', /ending \.safetensors/],
  ];
  for (const [name, bytes, word] of files) {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(bytes, "latin1"));
    await refused(loadDataset({ path }, task), path, word);
  }
  const table = join(folder, "x.npy");
  writeFileSync(table, "a,b,label\n1,2,yes\n");
  await assert.rejects(loadDataset({ path: table }, task), { code: "ERR_DECODE", message: /name it \.csv/ });
});

test("zeros at the end of a table, as a crash leaves them, are told with their line; one zero is a fault of its value", async (context) => {
  const rows = "x,y,label\n1,2,a\n2,3,b\n3,4,a\n";
  const cut = temporaryFile(context, "t.csv", `${rows}${"\0".repeat(64)}`);
  await refused(read(cut), cut, /line 5 holds bytes that no text has \(0x00\); delete the line/);
  const long = rows + "4,5,b\n".repeat(200);
  const one = temporaryFile(context, "t.csv", `${long}6\0,5,b\n`);
  await refused(read(one), one, /line 205, column "x": "6\\u0000" is no number/);
});
