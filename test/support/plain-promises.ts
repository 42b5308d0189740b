/**
 * For `node --import`, before tests: the test runner follows no promise. Node's runner watches every promise of a process, to know which test a stray error is of;
 * where a test simulates a network that costs up to two thirds of its CPU time. Here the runner's hook hears of its own tests and suites, and of nothing else. A
 * stray error is then one of its file, and fails the run all the same (test/plain-promises.test.ts). So a `describe` names its tests before it waits for anything.
 */
import hooks, { type HookCallbacks } from "node:async_hooks";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  const { createHook, AsyncResource } = hooks;
  const told: HookCallbacks[] = [];
  const hook = { enable: () => hook, disable: () => hook };
  /** What the runner makes its tests and suites of. */
  class Resource extends AsyncResource {
    constructor(...args: ConstructorParameters<typeof AsyncResource>) {
      super(...args);
      for (const { init } of told) init?.(this.asyncId(), args[0], this.triggerAsyncId(), this);
    }
  }
  Object.assign(hooks, {
    AsyncResource: Resource,
    createHook(callbacks: HookCallbacks) {
      told.push(callbacks);
      return hook;
    },
  });
  await import("node:test"); // takes both when it is loaded
  Object.assign(hooks, { createHook, AsyncResource });
}
