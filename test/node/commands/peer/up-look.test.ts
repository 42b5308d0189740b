import assert from "node:assert/strict";
import { it } from "node:test";
import { dataToLearn } from "../../../../node/commands/peer/up-look.ts";
import { blobTask } from "../../../support/blobs.ts";

it("a peer that starts tells what its task is known to learn badly with, before it looks at any data", async () => {
  const told: string[] = [];
  const stop = new Error("nothing is looked at yet");
  const site = {
    allow() {},
  };
  const config = { data: {}, engine: "auto", trainer: {} };
  const task = blobTask({ codec: "int4", training: { steps: 5, outerMomentum: 0.9 } });
  const logger = {
    warn(text: string) {
      told.push(text);
      throw stop;
    },
  };
  const rules = { config, site } as unknown as Parameters<typeof dataToLearn>[1];
  await assert.rejects(
    dataToLearn("", rules, { task, taskId: "" }, logger as unknown as Parameters<typeof dataToLearn>[3]),
    stop,
  );
  assert.match(told[0] ?? "", /^codec: int4 with training\.outerMomentum 0\.9/);
});
