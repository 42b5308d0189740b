/** The cryptography of vertical learning: two optional packages, loaded when a command of it is called. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { VerticalCrypto } from "../../protocol/vertical/seams.ts";
import { nodeSecrecy } from "../secrecy.ts";
import { loadGroup } from "./group.ts";
import { loadSealing } from "./sealing.ts";

/** @throws HearsayError ERR_ENGINE where a package is missing, or does not load on this Node. */
export async function loadVerticalCrypto(): Promise<VerticalCrypto> {
  const group = await orSay("libsodium-wrappers-sumo@0.8.4", loadGroup);
  const sealing = await orSay("node-seal@7.0.0", () => loadSealing(nodeSecrecy));
  return { secrecy: nodeSecrecy, group, sealing };
}

async function orSay<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new HearsayError(
      "ERR_ENGINE",
      `vertical learning needs the package ${name} and Node 24 or newer (this is ${process.version}): npm install ${name} (${why})`,
      {},
      cause,
    );
  }
}
