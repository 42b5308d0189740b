/**
 * What strangers can do to a peer, before and now: `npm run bench:hostile [-- --json] [-- ROW ...]`. A row is a file of `hostile/`, listed in ROWS.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { row as h1 } from "./hostile/h1.ts";
import { row as h2 } from "./hostile/h2.ts";
import { row as h3 } from "./hostile/h3.ts";
import { row as h4 } from "./hostile/h4.ts";
import { row as h5 } from "./hostile/h5.ts";
import { row as h6 } from "./hostile/h6.ts";
import { row as h7 } from "./hostile/h7.ts";
import { row as h8 } from "./hostile/h8.ts";
import { row as h9 } from "./hostile/h9.ts";
import { row as h10 } from "./hostile/h10.ts";
import { row as m1 } from "./hostile/m1.ts";
import { row as m2 } from "./hostile/m2.ts";
import { row as m2b } from "./hostile/m2b.ts";
import { row as m3 } from "./hostile/m3.ts";
import { row as m4 } from "./hostile/m4.ts";
import { row as m5 } from "./hostile/m5.ts";
import { row as m6 } from "./hostile/m6.ts";
import type { HostileRow } from "./hostile/row.ts";

const ROWS: readonly HostileRow[] = [h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, m1, m2, m2b, m3, m4, m5, m6];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } });
const asked = ROWS.filter(({ id }) => positionals.length === 0 || positionals.includes(id));

const results: (Omit<HostileRow, "measure"> & { now: string })[] = [];
for (const row of asked) {
  if (!values.json) process.stderr.write(`${row.id} ...\n`);
  const { id, attack, before } = row;
  results.push({ id, attack, before, now: await row.measure() });
}
if (values.json) {
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
} else {
  const table = new Table({ head: ["", "attack", "before", "now"], colWidths: [6, 40, 40, 40], wordWrap: true });
  for (const { id, attack, before, now } of results) table.push([id, attack, before, now]);
  process.stdout.write(`${table.toString()}\n`);
}
process.exit(0); // nodes of a row that are still closing have nothing to say any more
