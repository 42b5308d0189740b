/**
 * `npm run image`: an image for containers, by buildah: the least of Debian that Node needs (debian-root.ts), and Hearsay with a Node of its own (stage.ts).
 * It runs as an account without rights, writes to one volume, and needs no other place to write; there is no shell in it.
 *
 * Needs apt-get, dpkg-deb and buildah, as root or in `buildah unshare`. What is read is fetched by apt alone; no registry of images is asked.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { print } from "../terminal/terminal.ts";
import { ACCOUNT, makeDebianRoot } from "./debian-root.ts";
import { COMMAND, configArguments, destinationOf, FORMATS, type Format, type ImagePlan, VOLUME } from "./image-plan.ts";
import { NODE_AND_CLI, packageFacts, put, stageInstallation } from "./stage.ts";

const [NODE, CLI] = NODE_AND_CLI;
/** Nothing but Node can start it, and it names Node by its path. */
const LAUNCHER = `#!${NODE}\nimport(${JSON.stringify(CLI)});\n`;

const options = new Command("image")
  .description("Makes an image for containers of this checkout.")
  .option("-o, --output <file>", "the archive to write (default: hearsay_VERSION.FORMAT.tar)")
  .addOption(
    new Option("--format <name>", "docker: with a health check, for which oci has no place")
      .choices(FORMATS)
      .default("oci"),
  )
  .option("--no-compress", "for trials")
  .parse()
  .opts<{ output?: string; format: Format; compress: boolean }>();

const facts = packageFacts();
const plan: ImagePlan = { facts, format: options.format, ...commitHere() };
const output = resolve(options.output ?? `hearsay_${facts.version}.${plan.format}.tar`);
const work = mkdtempSync(join(tmpdir(), "hearsay-image-"));
try {
  const root = join(work, "root");
  mkdirSync(root);
  makeDebianRoot(root);
  stageInstallation(root);
  put(root, COMMAND, LAUNCHER, 0o755);
  rmSync(output, { force: true });
  build(root);
  print(`${output}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** When the checkout was committed, so that the same checkout makes the same image. */
function commitHere(): Pick<ImagePlan, "timestamp" | "revision"> {
  try {
    const told = execFileSync("git", ["log", "-1", "--format=%ct %H"], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [seconds = "", revision = ""] = told.trim().split(" ");
    return { timestamp: Number(seconds), revision };
  } catch {
    return { timestamp: Math.floor(Date.now() / 1000), revision: "" }; // an unpacked archive
  }
}

function build(root: string): void {
  const container = buildah("from", "scratch");
  buildah("add", "--quiet", container, root, "/");
  const state = join(work, "state");
  mkdirSync(state);
  buildah("add", "--quiet", "--chown", `${ACCOUNT.uid}:${ACCOUNT.gid}`, container, state, VOLUME);
  buildah("config", ...configArguments(plan), container);
  const layers = options.compress ? ["--disable-compression=false"] : ["--disable-compression=true"];
  buildah(
    "commit",
    "--quiet",
    "--format",
    plan.format,
    "--timestamp",
    String(plan.timestamp),
    ...layers,
    container,
    destinationOf(plan, output),
  );
}

/** What it prints. Its own store lies beside the rest of what is made, and goes with it. */
function buildah(command: string, ...words: readonly string[]): string {
  const store = ["--root", join(work, "store"), "--runroot", join(work, "run"), "--storage-driver", "vfs"];
  try {
    return execFileSync("buildah", [...store, command, ...words], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  } catch (cause) {
    const { code, stderr = "" } = cause as { code?: string; stderr?: string };
    if (code === "ENOENT") throw new Error("there is no buildah on this machine: apt-get install buildah", { cause });
    throw new Error(`buildah ${command}: ${stderr.trim()}`, { cause });
  }
}
