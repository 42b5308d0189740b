/** `hearsay leaf airtime`: what a duty cycle leaves of a day. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { airtimeMs, framesPerDay } from "../../../protocol/leaf/airtime.ts";
import { leafFrameBytes } from "../../../protocol/leaf/frames.ts";
import { fitsLeaf } from "../../../protocol/leaf/leaves.ts";
import { printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface AirtimeOptions {
  readonly params: string;
  readonly header: string;
  readonly duty: string;
  readonly json?: boolean;
}

const FACTORS = [7, 8, 9, 10, 11, 12];

export async function run({ params: count, header, duty, json = false }: AirtimeOptions): Promise<void> {
  const [params, headerBytes, share] = [Number(count), Number(header), Number(duty)];
  if (!(Number.isInteger(params) && params > 0 && fitsLeaf(params)))
    throw new HearsayError("ERR_CONFIG", `--params ${count}: give 1 to 22, as many as fit into a frame`);
  if (!(Number.isInteger(headerBytes) && headerBytes >= 0 && headerBytes <= 200))
    throw new HearsayError("ERR_CONFIG", `--header ${header}: give 0 to 200 bytes`);
  if (!(share > 0 && share <= 1))
    throw new HearsayError("ERR_CONFIG", `--duty ${duty}: give a share in 0 .. 1, as 0.01`);
  const rows = FACTORS.map((spreadingFactor) => {
    const of = (direction: "update" | "model") =>
      airtimeMs(leafFrameBytes(direction, params) + headerBytes, { spreadingFactor });
    const updateMs = of("update");
    return { spreadingFactor, updateMs, modelMs: of("model"), updatesPerDay: framesPerDay(updateMs, share) };
  });
  if (json) return printJson(rows);
  const cells = rows.map(({ spreadingFactor, updateMs, modelMs, updatesPerDay }) => {
    return [String(spreadingFactor), `${updateMs.toFixed(0)} ms`, `${modelMs.toFixed(0)} ms`, String(updatesPerDay)];
  });
  print(`${table(["spreading factor", "an update", "a model", "updates a day"], cells)}\n`);
}
