/**
 * `npm run deb`: a Debian package that needs nothing beside Debian: the command, the packages of npm that it uses, and Node itself, under /usr/lib/hearsay;
 * a systemd template, `hearsay@NAME`, for peers that have their state in /var/lib/hearsay/NAME.
 *
 * Made by dpkg-deb of the checkout as it is (stage.ts). Nothing is fetched.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { tinyMemoryText, unitText } from "../service/unit.ts";
import { print } from "../terminal/terminal.ts";
import { HOME, NODE_AND_CLI, packageFacts, put, stageInstallation } from "./stage.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", arm: "armhf" };

const COMMAND = `#!/bin/sh
exec ${NODE_AND_CLI.join(" ")} "$@"
`;

/** A new unit is known to systemd; peers that ran go on with the new version. */
const POSTINST = `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart 'hearsay@*.service'
fi
`;

/** States stay, with keys and logs: nobody else has them. */
const PRERM = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl stop 'hearsay@*.service'
fi
`;

const options = new Command("deb")
  .description("Makes a Debian package of this checkout.")
  .option("-o, --output <file>", "the file to write (default: hearsay_VERSION_ARCHITECTURE.deb)")
  .option("--compress <how>", "xz, gzip or none: the last is for trials", "xz")
  .parse()
  .opts<{ output?: string; compress: string }>();

const { version, description } = packageFacts();
const architecture = ARCHITECTURES[process.arch] ?? process.arch;
const staged = mkdtempSync(join(tmpdir(), "hearsay-deb-"));
try {
  stageInstallation(staged);
  stagePackage(staged);
  const output = options.output ?? `hearsay_${version}_${architecture}.deb`;
  execFileSync("dpkg-deb", ["--root-owner-group", `-Z${options.compress}`, "--build", staged, output], {
    stdio: "pipe",
  });
  print(`${output}\n`);
} finally {
  rmSync(staged, { recursive: true, force: true });
}

/** What a Debian package has beside the installation. */
function stagePackage(folder: string): void {
  put(folder, "usr/bin/hearsay", COMMAND, 0o755);
  mkdirSync(join(folder, "var/lib/hearsay"), { recursive: true }); // else `hearsay join` makes it, for root alone
  put(folder, "lib/systemd/system/hearsay@.service", unitText({ place: { kind: "template" }, command: NODE_AND_CLI }));
  put(folder, `${HOME}/64-MB.conf`, tinyMemoryText());
  put(folder, "DEBIAN/control", controlText());
  put(folder, "DEBIAN/postinst", POSTINST, 0o755);
  put(folder, "DEBIAN/prerm", PRERM, 0o755);
}

function controlText(): string {
  return [
    "Package: hearsay",
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    "Maintainer: Hearsay <hearsay@localhost>",
    "Depends: libc6 (>= 2.28), libstdc++6",
    "Section: net",
    "Priority: optional",
    `Description: ${description.slice(0, 60)}`,
    ` ${description}`,
    "",
  ].join("\n");
}
