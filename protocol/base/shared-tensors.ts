/**
 * Which tensors of a model are shared, and which stay with each site (`personal` of the task). Everything that leaves a peer, and everything that is computed from what others sent, sees the
 * shared ones alone: `sharedTask` is the task as codec, log, merge and audit know it. A task that keeps nothing back is its own.
 */
import type { Task, TensorSpec } from "./task.ts";

type Layout = Pick<Task, "tensors"> & { readonly personal?: Task["personal"] };

/**
 * Whether a name fits one of the patterns, in which `*` stands for any characters, none among them.
 * @example
 * import { isNamed } from "hearsay/protocol/base/shared-tensors";
 * isNamed("dense1/kernel", ["dense1/*"]); // -> true
 * isNamed("dense10/kernel", ["dense1/*"]); // -> false
 */
export function isNamed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => fits(name, pattern));
}

/** In time of at most name x pattern: patterns come from whoever wrote the task. */
function fits(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() as string;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** Of each tensor, whether it stays with its site. */
export function staying({ tensors, personal }: Layout): boolean[] {
  const patterns = personal?.tensors ?? [];
  return tensors.map(([name]: TensorSpec) => isNamed(name, patterns));
}

/** Of tasks that are in use: thousands of simulated peers share one. */
const views = new WeakMap<Layout, Layout>();

/** The task with the shared tensors alone, in their order: the layout of what is released. The task itself where all are shared. */
export function sharedTask<T extends Layout>(task: T): T {
  if (task.personal === undefined) return task;
  const known = views.get(task) as T | undefined;
  if (known !== undefined) return known;
  const stays = staying(task);
  const view = stays.includes(true) ? { ...task, tensors: task.tensors.filter((_, i) => !stays[i]) } : task;
  views.set(task, view);
  return view;
}

/** The mask of the shared tensors of a layout: bit i % 8 of byte i / 8 is tensor i, of all that the task has. */
export function sharedMask(task: Layout): Uint8Array {
  const mask = new Uint8Array(Math.ceil(task.tensors.length / 8));
  for (const [i, stays] of staying(task).entries())
    if (!stays) mask[i >> 3] = (mask[i >> 3] as number) | (1 << (i & 7));
  return mask;
}
