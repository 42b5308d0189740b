/** `hearsay gate`: asks every peer whether a release is good enough on its own hold-out. */
import { parseGate, refuseBeyondShares } from "../../../protocol/release/gate.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { askReleases, findRelease, idBytes, type ReleaseOptions, signAndTell } from "./signing.ts";
import { loadGateMetrics } from "./words.ts";

export async function run(name: string, expression: string, options: ReleaseOptions): Promise<void> {
  const known = await askReleases(options.state);
  const { metrics, shares } = await loadGateMetrics(options.state);
  refuseBeyondShares(parseGate(expression, metrics), shares);
  const { id } = findRelease(known.releases, name);
  await signAndTell("gate", { release: idBytes(id), expression }, known, options);
  if (options.json) return printJson({ release: id, expression });
  print(
    `every peer with a hold-out is asked whether ${expression} holds for ${name}; hearsay releases shows the votes\n`,
  );
}
