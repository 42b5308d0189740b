/** Vectors of a task: what people write, the complete manifest, and what follows from it. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { bytesOf, toHex } from "../../../protocol/base/bytes.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { taskNames } from "../../../protocol/wire/messages.ts";
import { CODEC, INITIAL, MANIFEST, SOURCE, TASK, TASK_ID } from "./people.ts";

export function taskVectors(): object {
  const body = CODEC.encode(INITIAL);
  return {
    source: SOURCE,
    complete: TASK,
    manifest: toHex(MANIFEST),
    taskId: toHex(TASK_ID),
    names: taskNames(TASK_ID),
    initialParams: {
      values: Array.from(INITIAL),
      bytes: toHex(bytesOf(INITIAL)),
      sha256: toHex(nodeCrypto.sha256(bytesOf(INITIAL))),
    },
    body: {
      bytes: body.length,
      header: toHex(body.slice(0, body.length - 4 * INITIAL.length)),
      sha256: toHex(nodeCrypto.sha256(body)),
    },
  };
}

/** The generator behind the initial parameters. */
export function rngVectors(): object {
  return ["", "7", "initial-params/7", "initial-params/7/dense0/kernel"].map((label) => {
    const rng = createRng(label);
    return { label, uint32: Array.from({ length: 4 }, () => rng.uint32()) };
  });
}
