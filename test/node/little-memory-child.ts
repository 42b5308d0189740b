/** Starts itself again as `hearsay up` does, and tells what it then is; with `traps`, once more. */
import { restartInLittleMemory } from "../../node/little-memory.ts";

restartInLittleMemory();
if (process.argv.includes("traps")) restartInLittleMemory({ traps: true });
const { pid, execArgv, env } = process;
const told = { pid, execArgv, arenas: env.MALLOC_ARENA_MAX, arguments: process.argv.slice(2) };
if (process.send === undefined) process.stdout.write(JSON.stringify(told));
else process.send(told);
