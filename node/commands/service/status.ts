/** `hearsay service status`: whether systemd runs the peer, and how it went. */
import { formatBytes } from "../../../protocol/base/figures.ts";
import { systemctl } from "../../service/systemctl.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type ServiceOptions, unitOf } from "./place.ts";

const PROPERTIES =
  "LoadState,ActiveState,SubState,UnitFileState,NRestarts,MainPID,MemoryCurrent,StatusText,ActiveEnterTimestamp";

export async function run(options: ServiceOptions): Promise<void> {
  const unit = unitOf(options);
  const shown = await systemctl(unit.isSystem, "show", `--property=${PROPERTIES}`, unit.name);
  const told = new Map(shown.split("\n").map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]));
  const of = (name: string) => told.get(name) ?? "";
  const memory = Number(of("MemoryCurrent"));
  const report = {
    unit: unit.name,
    path: unit.path,
    installed: of("LoadState") === "loaded",
    state: of("ActiveState"),
    detail: of("SubState"),
    atStart: of("UnitFileState") === "enabled",
    restarts: Number(of("NRestarts")),
    pid: Number(of("MainPID")),
    since: of("ActiveEnterTimestamp"),
    memoryBytes: Number.isFinite(memory) ? memory : null,
    says: of("StatusText"),
  };
  if (options.json) return printJson(report);
  if (!report.installed) return print(`${unit.name} is not installed: hearsay service install\n`);
  print(
    `${facts([
      ["unit", unit.path],
      ["state", `${report.state} (${report.detail})${report.since === "" ? "" : `, since ${report.since}`}`],
      ["says", report.says || "nothing"],
      ["started again", `${report.restarts} times`],
      ["memory", report.memoryBytes === null ? "not known" : formatBytes(report.memoryBytes)],
      ["with the machine", report.atStart ? "yes" : "no"],
    ])}\n`,
  );
}
