/** `hearsay schema`: JSON Schema of a file that people write. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { print } from "../../terminal/terminal.ts";
import { installPlugins } from "../sim/plugins.ts";
import { SCHEMA_NAMES, SCHEMAS } from "./schemas.ts";

interface SchemaOptions {
  readonly output?: string;
  readonly plugin?: readonly string[];
}

export async function run(what: string, { output, plugin = [] }: SchemaOptions): Promise<void> {
  const load = SCHEMAS.get(what);
  if (load === undefined)
    throw new HearsayError("ERR_CONFIG", `there is no schema of "${what}"; there are ${SCHEMA_NAMES.join(", ")}`);
  await installPlugins(
    plugin.map((file) => ({ file })),
    ".",
  );
  const text = `${JSON.stringify(await load(), undefined, 2)}\n`;
  if (output === undefined) print(text);
  else await writeOutput(output, text, "--output");
}
