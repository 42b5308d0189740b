/** `hearsay log repair`: what is wrong with the database of a state directory, and what was done about it. */
import { counted } from "../../../protocol/base/counted.ts";
import { wallClock } from "../../clock.ts";
import { type Repair, repairDatabase } from "../../disk/repair.ts";
import { databasePath } from "../../disk/state-dir.ts";
import { onOutput } from "../../terminal/colours.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

export async function run(options: { state: string; json?: boolean }): Promise<void> {
  const repair = await repairDatabase(databasePath(options.state), wallClock.now());
  if (options.json) return printJson({ ...repair });
  for (const line of sentences(repair)) print(`${line}\n`);
}

function sentences({ files, lostWrites, generations, next, lost }: Repair): string[] {
  const lines: string[] = [];
  if (files) lines.push("LevelDB repaired its files; those that it could not read are in db/lost.");
  if (lostWrites > 0) lines.push(`What was written last is lost: ${lostWrites} batches.`);
  for (const { generation, entries, moved, fault } of generations) {
    const name = generation === 0 ? "The log" : `The log, generation ${generation},`;
    if (fault === undefined) lines.push(`${name} holds: ${counted(entries, "entry", "entries")}.`);
    else
      lines.push(
        `${name} holds up to ${counted(entries, "entry", "entries")}; then: ${fault.message}. Moved aside: ${counted(moved, "record")}.`,
      );
  }
  if (lost !== undefined) lines.push(`Moved records are kept in the database under ${lost}.`);
  if (next !== undefined)
    lines.push(
      onOutput.yellow(
        `Others may know what is lost here, so this log is not gone on with: at its next start the peer begins generation ${next}.`,
      ),
    );
  else lines.push(onOutput.green("The peer can go on."));
  return lines;
}
