/** A process that is asked to end and does not. */
import { endNow, onStopSignals } from "../../../node/terminal/stop-signals.ts";

void onStopSignals(endNow).asked.then((signal) => process.stdout.write(`asked by ${signal}\n`));
setInterval(() => {}, 1000);
process.stdout.write("ready\n");
