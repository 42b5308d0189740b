/** What commands ask of a peer that has to run. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { shellOption } from "../shell.ts";
import { askApi } from "./api.ts";

/** Asks the peer that runs on a state directory. @throws HearsayError ERR_STATE where none does, with the command that starts it; otherwise as `askApi`. */
export async function askRunning<T>(stateDir: string, path: string, withinMs?: number): Promise<T> {
  const response = await askApi(stateDir, path, withinMs);
  if (response === undefined) throw noPeerOn(stateDir);
  return (await response.json()) as T;
}

export function noPeerOn(stateDir: string): HearsayError {
  const up = `hearsay up ${shellOption("--state", stateDir)}`;
  return new HearsayError(
    "ERR_STATE",
    `no peer runs on ${stateDir}: start it with ${up} (one that was just started answers in a moment)`,
  );
}
