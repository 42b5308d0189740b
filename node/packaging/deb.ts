/**
 * `npm run deb`: a Debian package that needs nothing beside Debian: the command, the packages of npm that it uses, and Node itself, under /usr/lib/hearsay;
 * a systemd template, `hearsay@NAME`, for peers that have their state in /var/lib/hearsay/NAME.
 *
 * Made of the checkout as it is, by dpkg-deb: `npm ci` and `npm run build` come first. Nothing is fetched.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { Command } from "commander";
import { unitText } from "../service/unit.ts";
import { print } from "../terminal/terminal.ts";

const ROOT = join(import.meta.dirname, "../..");
const HOME = "usr/lib/hearsay";
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", arm: "armhf" };

const COMMAND = `#!/bin/sh
exec /${HOME}/bin/node /${HOME}/dist/cli/cli.js "$@"
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

const { version, license, description } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Facts;
const architecture = ARCHITECTURES[process.arch] ?? process.arch;
const staged = mkdtempSync(join(tmpdir(), "hearsay-deb-"));
try {
  stage(staged);
  const output = options.output ?? `hearsay_${version}_${architecture}.deb`;
  execFileSync("dpkg-deb", ["--root-owner-group", `-Z${options.compress}`, "--build", staged, output], {
    stdio: "pipe",
  });
  print(`${output}\n`);
} finally {
  rmSync(staged, { recursive: true, force: true });
}

interface Facts {
  readonly version: string;
  readonly license: string;
  readonly description: string;
}

function stage(folder: string): void {
  chmodSync(folder, 0o755);
  const home = join(folder, HOME);
  for (const path of ["package.json", "dist", "node/data/sets", "LICENSE", ...runtimePackages()])
    cpSync(join(ROOT, path), join(home, path), { recursive: true, verbatimSymlinks: true, filter: isNeeded });
  mkdirSync(join(home, "bin"), { recursive: true });
  cpSync(realpathSync(process.execPath), join(home, "bin/node"));
  put(folder, "usr/bin/hearsay", COMMAND, 0o755);
  const command = [`/${HOME}/bin/node`, `/${HOME}/dist/cli/cli.js`];
  put(folder, "lib/systemd/system/hearsay@.service", unitText({ place: { kind: "template" }, command }));
  put(
    folder,
    "usr/share/doc/hearsay/copyright",
    `License: ${license}; those of others: /${HOME}/dist/cli/THIRD-PARTY-LICENSES.txt\n`,
  );
  put(folder, "DEBIAN/control", controlText());
  put(folder, "DEBIAN/postinst", POSTINST, 0o755);
  put(folder, "DEBIAN/prerm", PRERM, 0o755);
}

/** Maps from what runs to its sources are half of some packages, and nothing reads them. */
function isNeeded(path: string): boolean {
  return !path.endsWith(".map");
}

/** What an installed command loads from node_modules, as paths from the root; as npm has resolved it. */
function runtimePackages(): string[] {
  const listed = execFileSync("npm", ["ls", "--omit=dev", "--omit=peer", "--all", "--parseable"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const paths = listed.split("\n").map((path) => relative(ROOT, path));
  return [...new Set(paths)].filter((path) => path.startsWith("node_modules/"));
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

function put(folder: string, path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text, { mode });
}
