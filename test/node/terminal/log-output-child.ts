/** Writes a log of 2 MB that nobody reads, and prints how many bytes of it wait in memory. */
import { logOutput } from "../../../node/terminal/output.ts";

const log = logOutput();
const line = `${"x".repeat(1023)}\n`;
for (let i = 0; i < 2000; i++) log.write(line);
process.stdout.write(String(process.stderr.writableLength), () => process.exit());
