/** The process of one benchmark: `node measure.ts <name> <scratch directory>`, forked by `run.ts`, which hears the outcome. */
import { BENCHMARKS, type Outcome } from "./benchmark.ts";

/** What the process says before it ends. */
export type Measured = { readonly title: string; readonly outcome: Outcome } | { readonly error: string };

const [name = "", scratch = ""] = process.argv.slice(2);

const orphaned = () => process.exit(1);
process.on("disconnect", orphaned);
process.on("SIGTERM", () => process.exit(143)); // whoever started processes ends them on "exit"

function say(message: Measured): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

try {
  const load = BENCHMARKS.get(name);
  if (load === undefined) throw new Error(`there is no benchmark "${name}"`);
  const { benchmark } = await load();
  await say({ title: benchmark.title, outcome: await benchmark.run(scratch) });
} catch (error) {
  await say({ error: String((error as Error)?.stack ?? error) });
}
process.off("disconnect", orphaned);
process.disconnect?.(); // and nothing else may keep the process alive: what does is a leak, and the benchmark fails
