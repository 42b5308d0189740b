/** How many threads a command of the simulator uses. */
import { availableParallelism } from "node:os";
import { wholeIn } from "../../settings/whole.ts";
import { onErrors } from "../../terminal/colours.ts";
import { tell } from "../../terminal/terminal.ts";

/** What --workers says; all cores where it is left out. @throws HearsayError ERR_CONFIG */
export function workersOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  return wholeIn("--workers", text, 1, 1024);
}

/** Below this, threads of one run spend more time on waiting for each other than they save. */
const FEWEST_PEERS = 100;

/** Threads of one run. Says so where the user asked for several and the scenario does not go with it. */
export async function workersOfRun(
  scenario: import("../../../sim/run/scenario.ts").Scenario,
  text: string | undefined,
): Promise<number> {
  const { oneThreadReason } = await import("../../../sim/run/parts.ts");
  const workers = Math.min(workersOf(text), scenario.peers);
  const reason = oneThreadReason(scenario);
  if (reason === undefined) return text === undefined && scenario.peers < FEWEST_PEERS ? 1 : workers;
  if (text !== undefined && workers > 1) tell(`${onErrors.yellow("one thread:")} ${reason}\n`);
  return 1;
}
