/** `npm run docs`: writes the parts of the pages that are made (`docs.ts`). */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { blocks, renewed, TOP } from "./docs.ts";

for (const page of new Set(blocks().map((block) => block.page))) {
  const { old, text } = renewed(page);
  if (text === old) continue;
  writeFileSync(join(TOP, page), text);
  process.stdout.write(`${page} is written\n`);
}
