/** A process that works in a temporary directory until it is ended. */
import { createScratch } from "../../../node/disk/scratch.ts";

const { path } = await createScratch("test");
setInterval(() => {}, 1000);
process.stdout.write(path);
