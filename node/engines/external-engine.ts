/** Engine `external`: a program of the owner's, in a process of its own (external/). It is started by the peer, not by this registry. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { EngineKind } from "./engine.ts";

export const external: EngineKind = {
  name: "external",
  runs: "a program of yours, in any language, over standard streams or a Unix socket; it has the data",
  usedFor: "external models; any other, where --trainer is given",
  processBytes: 130e6,
  suits: ({ model: { kind } }) => kind === "external",
  async createTrainer() {
    throw notHere();
  },
  async createTrainers() {
    throw notHere();
  },
};

function notHere(): HearsayError {
  const message =
    "engine external is a program of yours, which only a peer starts: give hearsay up --trainer 'python train.py'";
  return new HearsayError("ERR_ENGINE", message, { engine: "external" });
}
