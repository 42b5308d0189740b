import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { configPath, modelPath, openTask, readTaskFile, storeTask } from "../../../node/disk/state-dir.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { encodeTask, parseTask } from "../../../protocol/task/manifest.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-state-"));
});
after(() => rm(root, { recursive: true }));

const TASK = `
name: NAME
input: { shape: [4] }
output: { kind: classification, classes: [a, b] }
model: { kind: softmax }
`;

async function taskFile(name: string, text: string = TASK.replace("NAME", name)): Promise<string> {
  const path = join(root, `${name}.yaml`);
  await writeFile(path, text);
  return path;
}

const manifestOf = async (path: string) => encodeTask(await readTaskFile(path));

describe("a state directory", () => {
  it("takes the task of a file, and keeps it as canonical bytes under its id", async () => {
    const directory = join(root, "new", "state");
    const path = await taskFile("first");
    const manifest = await manifestOf(path);
    const { task, taskId } = await openTask(directory, path);
    assert.equal(task.name, "first");
    assert.equal(taskId, toHex(nodeCrypto.sha256(manifest)));
    assert.deepEqual(await readdir(directory), ["task.cbor"]);
    assert.deepEqual(new Uint8Array(await readFile(join(directory, "task.cbor"))), manifest);
    assert.deepEqual(await openTask(directory), { task, taskId });
    assert.deepEqual(await openTask(directory, path), { task, taskId }, "the same file again is the same task");
  });

  it("is told of an empty task file that it is empty, and how to get another", async () => {
    for (const text of ["", "# nothing but this\n"])
      await assert.rejects(readTaskFile(await taskFile("hollow", text)), {
        code: "ERR_TASK",
        message: /hollow\.yaml is empty: write a task with hearsay init/,
      });
  });

  it("without a task says how to get one", async () => {
    await assert.rejects(openTask(join(root, "empty")), (error) => {
      return isHearsayError(error, "ERR_STATE") && /--task FILE.*hearsay init.*hearsay join/.test(error.message);
    });
  });

  it("belongs to one task: another is refused with both ids, and changes nothing", async () => {
    const directory = join(root, "taken");
    const { taskId } = await openTask(directory, await taskFile("mine"));
    const other = await taskFile("theirs");
    const otherId = toHex(nodeCrypto.sha256(await manifestOf(other)));
    await assert.rejects(openTask(directory, other), (error) => {
      return isHearsayError(error, "ERR_STATE") && error.message.includes(taskId) && error.message.includes(otherId);
    });
    assert.equal((await openTask(directory)).taskId, taskId);
  });

  it("takes a manifest that was fetched, and refuses one that is damaged", async () => {
    const directory = join(root, "joined");
    const manifest = await manifestOf(await taskFile("fetched"));
    await storeTask(directory, manifest);
    assert.equal((await openTask(directory)).task.name, "fetched");
    await writeFile(join(directory, "task.cbor"), manifest.subarray(0, 20));
    await assert.rejects(openTask(directory), { code: "ERR_DECODE" });
  });

  it("keeps its files side by side", () => {
    assert.equal(configPath("a"), join("a", "config.yaml"));
    assert.equal(modelPath("a"), join("a", "model.safetensors"));
  });

  it("that cannot be read is an error with the path", async () => {
    const directory = join(root, "odd");
    await mkdir(join(directory, "task.cbor"), { recursive: true });
    await assert.rejects(openTask(directory), (error) => {
      return isHearsayError(error, "ERR_STATE") && error.details.path === join(directory, "task.cbor");
    });
  });
});

describe("a task file", () => {
  it("is the task that its fields say", async () => {
    const task = await readTaskFile(await taskFile("plain"));
    assert.deepEqual(
      task,
      parseTask({
        name: "plain",
        input: { shape: [4] },
        output: { kind: "classification", classes: ["a", "b"] },
        model: { kind: "softmax" },
      }),
    );
  });

  it("that is missing, no YAML or no task is refused with ERR_TASK and what to do", async () => {
    await assert.rejects(readTaskFile(join(root, "none.yaml")), (error) => {
      return (
        isHearsayError(error, "ERR_TASK") && /there is no .*none\.yaml: write one with hearsay init/.test(error.message)
      );
    });
    await assert.rejects(readTaskFile(await taskFile("bad-yaml", "name: [")), /bad-yaml\.yaml is not YAML/);
    await assert.rejects(readTaskFile(await taskFile("bad-task", "name: x")), (error) => {
      return (
        isHearsayError(error, "ERR_TASK") &&
        /bad-task\.yaml: .*fault/.test(error.message) &&
        Array.isArray(error.details.faults)
      );
    });
    await assert.rejects(readTaskFile(await taskFile("empty", "")), { code: "ERR_TASK" });
  });
});
