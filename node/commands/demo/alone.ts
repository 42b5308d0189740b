/** Every honest peer by itself: the same start, share and number of steps as it had in the network. */
import type { Task } from "../../../protocol/base/task.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { loadPeerData } from "../../data/share.ts";
import { startEngine } from "../../engines/client.ts";
import { AUTO } from "../../engines/registry.ts";
import type { DataConfig } from "../../settings/table.ts";

/** One peer that learns alone. */
export interface Loner {
  readonly task: Task;
  readonly data: DataConfig;
  readonly steps: number;
  /** In which it learns, evaluated after each: 1, or more where a curve is to be drawn. */
  readonly parts: number;
  /** Names the order of its examples. */
  readonly name: string;
}

/** Its accuracy on the hold-out after each part. */
export async function learnAlone({ task, data, steps, parts, name }: Loner): Promise<number[]> {
  const { train, holdout } = await loadPeerData(data, task);
  const { trainer } = await startEngine({ task, train, ...(holdout && { holdout }), engine: AUTO });
  let params = initialParams(task.tensors, task.seed);
  const found: number[] = [];
  for (let [part, age] = [1, 0]; part <= parts; part++) {
    const until = Math.round((steps * part) / parts);
    if (until > age) {
      const seed = part === 1 ? `alone/${name}` : `alone/${name}/${part}`;
      ({ params } = await trainer.fit({ params, steps: until - age, seed, age }));
    }
    age = until;
    found.push((await trainer.evaluate(params, "holdout")).accuracy ?? 0);
  }
  await trainer.close();
  return found;
}
