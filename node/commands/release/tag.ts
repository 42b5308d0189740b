/** `hearsay tag`: gives the model that predicts here a name, signed. */
import { toHex } from "../../../protocol/base/bytes.ts";
import { counted } from "../../../protocol/base/counted.ts";
import { nodeCrypto } from "../../crypto.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { askReleases, findRelease, preparedTag, type ReleaseOptions, signerOf, tellSigned } from "./signing.ts";
import { figuresText } from "./words.ts";

export async function run(name: string, options: ReleaseOptions): Promise<void> {
  await askReleases(options.state); // says first where there is no peer, or nothing to release
  const { identity } = await signerOf(options);
  const payload = await preparedTag(options.state, name, identity);
  await tellSigned(options.state, payload, identity);
  const { releases } = await askReleases(options.state);
  const release = findRelease(releases, toHex(nodeCrypto.sha256(payload)));
  if (options.json) return printJson(release);
  print(
    `${name} is ${release.id.slice(0, 16)}: age ${counted(release.age, "step")}; ${figuresText(release.figures)}\n`,
  );
}
