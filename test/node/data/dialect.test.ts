/** What separates the fields, ends the lines and marks the fraction is found out, whoever wrote the table. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type CsvOptions, type CsvTable, readCsv } from "../../../node/data/csv.ts";
import { temporaryFile } from "./files.ts";

const TABLE: CsvOptions = { labels: { kind: "classification", column: "label" } };

function read(context: TestContext, text: string, options: Partial<CsvOptions> = {}): Promise<CsvTable> {
  return readCsv(temporaryFile(context, "t.csv", text), { ...TABLE, ...options });
}

async function values(context: TestContext, text: string, options: Partial<CsvOptions> = {}): Promise<number[]> {
  return [...(await read(context, text, options)).data.inputs];
}

function refused(context: TestContext, text: string, message: RegExp, options: Partial<CsvOptions> = {}) {
  return assert.rejects(read(context, text, options), { name: "HearsayError", code: "ERR_DATA", message });
}

test("commas in names that stand in no quotes do not make commas of semicolons, tabs or bars", async (context) => {
  for (const c of [";", "\t", "|"]) {
    const header = ["temp, air, °C", "hum, rel, %", "x, y, z", "label"].join(c);
    const { features, data, taken } = await read(context, `${header}\n1.5${c}2${c}3${c}x\n4${c}5${c}6${c}y\n`);
    assert.deepEqual(features, ["temp, air, °C", "hum, rel, %", "x, y, z"]);
    assert.deepEqual([[...data.inputs], taken.delimiter], [[1.5, 2, 3, 4, 5, 6], c]);
  }
});

test("as many decimal commas as semicolons do not make a table of commas", async (context) => {
  const { data, features } = await read(context, "a,b;c,d;label\n1,5;2,5;x\n3,5;4,5;y\n");
  assert.deepEqual(
    [features, [...data.inputs]],
    [
      ["a,b", "c,d"],
      [1.5, 2.5, 3.5, 4.5],
    ],
  );
});

test("a separator that Excel names in the first line is taken, and the line is no header", async (context) => {
  const { data, taken } = await read(context, "\ufeffsep=;\r\na;b;label\r\n1;2;x\r\n3;4;y\r\n");
  assert.deepEqual([[...data.inputs], taken.delimiter], [[1, 2, 3, 4], ";"]);
  await refused(context, "sep=;\na;b;label\n1;?;x\n3;4;y\n", /line 3, column "b"/);
});

test("lines may end in LF, CRLF or CR, all in one file", async (context) => {
  const wanted = [1, 2, 3, 4, 5, 6];
  for (const ends of [["\n"], ["\r\n"], ["\r"], ["\r\n", "\n"], ["\n", "\r\n"], ["\n", "\r", "\r\n"]]) {
    const lines = ["a,b,label", "1,2,x", "3,4,y", "5,6,x"].map((line, i) => line + ends[i % ends.length]);
    const { data, classes } = await read(context, lines.join(""));
    assert.deepEqual([[...data.inputs], classes], [wanted, ["x", "y"]], JSON.stringify(ends));
  }
});

test("delimiters at the end of lines, of the header or of both, and empty rows, say nothing", async (context) => {
  for (const text of [
    "a,b,label,\n1,2,x,\n3,4,y,\n",
    "a,b,label\n1,2,x,\n3,4,y,,\n",
    "a,b,label,,\n1,2,x\n3,4,y,\n",
    "a,b,label\n1,2,x\n,,\n3,4,y\n,,\n",
  ]) {
    assert.deepEqual(await values(context, text), [1, 2, 3, 4], text);
  }
});

test("an empty row among rows to predict is a fault or no readings, never left out, since answers would shift", async (context) => {
  const text = "a,b\n1,2\n,\n3,4\n,\n";
  await refused(context, text, /line 3, column "a": the value is missing/, { inputsOnly: true });
  assert.equal((await read(context, text, { inputsOnly: true, missing: "empty" })).data.length, 3);
});

test("a column without a name that holds values is refused once, and can be left out", async (context) => {
  const text = `,a,label\n${Array.from({ length: 9 }, (_, i) => `${i},${i + 1},${"xy"[i % 2]}`).join("\n")}\n`;
  await refused(context, text, /1 fault\(s\):\n {2}column 1 has no name, but values \("0" in line 2\).*--drop '#1'$/);
  assert.equal((await values(context, text, { drop: "#1" })).length, 9);
});

test("rows that are all wider than the header are one fault, which says what it may come from", async (context) => {
  await refused(
    context,
    "a,b,label\n1,1,2,x\n2,3,4,y\n",
    /every row has 4 fields, the header has 3: where the first column has no name/,
  );
  const counts = "2,3,x,y\n1.5,2,3,4,5,6,0\n2,3,4,5,6,7,1\n"; // as scikit-learn keeps its sets: rows, columns, classes
  await refused(
    context,
    counts.replace("x", "label"),
    /7 fields, the header has 4: the first line must name every column;/,
  );
});

test("decimal commas are read where they can be nothing else", async (context) => {
  assert.deepEqual(await values(context, "a;b;label\n1,5;-0,125;x\n3;,5;y\n"), [1.5, -0.125, 3, 0.5]);
  assert.deepEqual(await values(context, 'a,b,label\n"1,5","2,25",x\n3,4,y\n'), [1.5, 2.25, 3, 4]);
  const { taken } = await read(context, "a;b;label\n1,5;2;x\n3;4;y\n");
  assert.equal(taken.numbers.decimal, "comma");
});

test("groups of thousands are read where they can be nothing else: points, commas, spaces and apostrophes", async (context) => {
  assert.deepEqual(await values(context, "a;b;label\n1.234,5;2,5;x\n1.234.567;4;y\n"), [1234.5, 2.5, 1234567, 4]);
  assert.deepEqual(await values(context, 'a,b,label\n"1,234.5",2.5,x\n"1,234,567",4,y\n'), [1234.5, 2.5, 1234567, 4]);
  assert.deepEqual(
    await values(context, "a;label\n1 234,5;x\n12\u00a0345,75;y\n1\u202f000,5;x\n"),
    [1234.5, 12345.75, 1000.5],
  );
  assert.deepEqual(await values(context, "a;label\n1'234.5;x\n12\u2019345.75;y\n"), [1234.5, 12345.75]);
});

test("a mark before three digits that may be either is refused with both, and each remedy works", async (context) => {
  const text = 'a,b,label\n"1,234",2,x\n"3,456",4,y\n';
  await refused(
    context,
    text,
    /line 2, column "a": "1,234" may be 1\.234 or 1234; say --decimal comma or --decimal point/,
  );
  assert.deepEqual(await values(context, text, { decimal: "comma" }), [1.234, 2, 3.456, 4]);
  assert.deepEqual(await values(context, text, { decimal: "point" }), [1234, 2, 3456, 4]);
  const german = "a;b;label\n1.234;2,5;x\n3.456;4;y\n";
  await refused(context, german, /"1\.234" may be 1\.234 or 1234/);
  assert.deepEqual(await values(context, german, { decimal: "comma" }), [1234, 2.5, 3456, 4]);
});

test("decimal points and commas in one file are a fault with its line", async (context) => {
  await refused(context, "a;b;label\n1.5;2,5;x\n3.5;4;y\n", /line 2, column "b": "2,5" has a decimal comma/);
});

test("a typographic minus is a minus", async (context) => {
  assert.deepEqual(await values(context, "a,b,label\n\u22121.5,2,x\n\u20133,\u2010.5,y\n"), [-1.5, 2, -3, -0.5]);
  await refused(context, "a,label\n\u2212,x\n1,y\n", /is no number/);
});

test("a row of units is refused as what it is, and reads without", async (context) => {
  const [header, units, rows] = ["time,a,b,label", "s,°C,%,-", "1,1,2,x\n2,3,4,y\n"];
  await refused(
    context,
    [header, units, rows].join("\n"),
    /line 2 holds words where all other lines hold numbers \("s", "°C", "%"\)/,
  );
  assert.equal((await values(context, [header, rows].join("\n"))).length, 6);
});

test("a time column is one message that says how to leave it out, and that works", async (context) => {
  const text = `time,a,label\n${Array.from({ length: 50 }, (_, i) => `2024-01-01 10:${10 + i},${i},${"xy"[i % 2]}`).join("\n")}\n`;
  await refused(
    context,
    text,
    /column "time", in 50 of 50 rows: line 2: "2024-01-01 10:10" is a time or date.*\nleave it out: --drop time$/,
  );
  assert.equal((await values(context, text, { drop: "time" })).length, 50);
});

test("signs beside a number are refused with the remedy", async (context) => {
  await refused(
    context,
    "a,b,label\n10%,$5,x\n20,6,y\n",
    /"10%" is no number; write it without the sign\n.*"\$5" is no number; write it without/,
  );
});

test("fields that something else separates, and lines above the header, are guessed at in the message", async (context) => {
  await refused(context, "a b label\n1 2 x\n", /separated by something else than , ; \| or a tab/);
  await refused(context, "# logger 5\na,b,label\n1,2,x\n", /delete the lines above the names/);
});

test("groups of thousands with points say that the comma is the decimal mark, where nothing else does", async (context) => {
  assert.deepEqual(
    await values(context, "a;b;label\n1.100.200;1.500;x\n-2.000.001;2.750;y\n"),
    [1100200, 1500, -2000001, 2750],
  );
  // addresses and versions are no numbers
  await refused(context, "a;b;label\n192.168.100.200;1;x\n10.0.0.1;2;y\n", /"192\.168\.100\.200" is no number/);
});

test("1.500 between semicolons may be a thousand and a half, until the file or --decimal says which", async (context) => {
  const doubtful = "a;b;label\n1.500;0;x\n2.750;1;y\n";
  await refused(
    context,
    doubtful,
    /"1\.500" may be 1\.500 or 1500; say --decimal point or --decimal comma(?![\s\S]*--drop)/,
  );
  assert.deepEqual(await values(context, doubtful, { decimal: "point" }), [1.5, 0, 2.75, 1]);
  assert.deepEqual(await values(context, doubtful, { decimal: "comma" }), [1500, 0, 2750, 1]);
  for (const proof of ["0.125", "1.5", "12.3456", "1000.500"]) {
    const text = `a;b;label\n1.500;${proof};x\n2.750;1.25;y\n`;
    assert.deepEqual((await values(context, text))[0], 1.5, proof);
  }
  assert.deepEqual(await values(context, doubtful.replaceAll(";", ",")), [1.5, 0, 2.75, 1], "commas separate");
});

test("a separator in quotes is a separator too", async (context) => {
  assert.deepEqual(await values(context, '"sep=;"\r\na;b;label\r\n1;2;x\r\n3;4;y\r\n'), [1, 2, 3, 4]);
});

test("a header that comes again is told with its lines, and is no class", async (context) => {
  const part = "a,b,label\n1,2,x\n3,4,y\n";
  await refused(
    context,
    part + part + part,
    /the header is there again, in line 4, 7: files put together\? Delete these lines/,
  );
  await refused(context, part + part.repeat(9), /in line 4, 7, 10, 13, 16 and 4 more/);
});

test("names of rows that R writes without a name above them: what to do in the file and in R", async (context) => {
  const rows = '"a","b","label"\n"1",1,2,"x"\n"2",3,4,"y"\n';
  await refused(
    context,
    rows,
    /begin the header line with one more name, and leave it out with --drop \(in R: .*row\.names = FALSE/,
  );
  assert.deepEqual(await values(context, `"row",${rows}`, { drop: "row" }), [1, 2, 3, 4]);
});

test("a column without a name cannot be the label, and the message says where to write one", async (context) => {
  const text = "a,b,\n1,2,x\n3,4,y\n";
  await refused(context, text, /write the name that is missing into the header line/);
  const labels = { kind: "classification", column: "#3" } as const;
  await refused(context, text, /column 3 is to be a label and has no name; write one into the header line/, { labels });
  await refused(context, "1,2,x\n3,4,y\n", /does the first line hold values\?/);
});

test("words and units get the remedy that fits them", async (context) => {
  await refused(
    context,
    `a,b,label\n${"red,1,x\nblue,2,y\n".repeat(5)}`,
    /get_dummies\(table, columns=\["a"\], dtype=int\)\. All sites need the same columns/,
  );
  const kinds = Array.from(
    { length: 80 },
    (_, i) => `K${i % 8},${i % 3 === 0 ? "1st" : "2nd"},W${i % 16},${i},x\n`,
  ).join("");
  await refused(
    context,
    `eight,grade,sixteen,n,label\n${kinds}`,
    /get_dummies\(table, columns=\["eight","grade"\], dtype=int\)/,
  );
  await refused(
    context,
    `a,station,label\n${"1,St. Anna,x\n2,St. Ben,y\n".repeat(5)}`,
    /leave it out: --drop station\nor, if it names whose row it is: --owner station/,
  );
  await refused(context, "a,b,label\n1.5 kg,1,x\n2 kg,2,y\n", /"1\.5 kg" is no number; write it without the unit/);
  await refused(
    context,
    'a,b,label\n"1,20,000",1,x\n"2,10,000",2,y\n',
    /commas that are not before three digits each; write it without them/,
  );
});
