/** Starts itself again as `hearsay up` does, and tells what it then is. */
import { restartInLittleMemory } from "../../node/little-memory.ts";

restartInLittleMemory();
const { pid, execArgv, env } = process;
const { MALLOC_ARENA_MAX: arenas, MALLOC_MMAP_THRESHOLD_: ownPagesFrom } = env;
const told = { pid, execArgv, arenas, ownPagesFrom, arguments: process.argv.slice(2) };
if (process.send === undefined) process.stdout.write(JSON.stringify(told));
else process.send(told);
