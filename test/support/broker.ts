/** Debian's mosquitto for tests: on loopback, with TLS by an authority of its own, in a directory that goes with the test. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findProgram } from "./program.ts";

process.env.PATH = [process.env.PATH, "/usr/sbin"].join(delimiter); // not in the path of every user

export const MOSQUITTO: string | undefined = findProgram("mosquitto");

export interface Broker {
  readonly port: number;
  /** Certificates of its authority. */
  readonly ca: string;
  readonly url: string;
  start(): Promise<void>;
  /** SIGTERM, waited for: what it keeps for sessions is written. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** A broker that has not been started. */
export async function prepareBroker(): Promise<Broker> {
  const directory = await mkdtemp(join(tmpdir(), "hearsay-broker-"));
  const port = await freePort();
  const path = (name: string) => join(directory, name);
  makeCertificates(directory);
  await mkdir(path("data"));
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "max_queued_messages 0",
    `cafile ${path("ca.pem")}`,
    `certfile ${path("server.pem")}`,
    `keyfile ${path("server.key")}`,
    "persistence true",
    `persistence_location ${path("data")}/`,
    ...(process.getuid?.() === 0 ? ["user root"] : []),
  ];
  await writeFile(path("mosquitto.conf"), `${lines.join("\n")}\n`);
  let child: ChildProcess | undefined;
  return {
    port,
    ca: path("ca.pem"),
    url: `mqtts://localhost:${port}`,
    async start() {
      child = spawn(MOSQUITTO as string, ["-c", path("mosquitto.conf"), "-v"], { stdio: ["ignore", "ignore", "pipe"] });
      await new Promise<void>((resolve, reject) => {
        let said = "";
        child?.stderr?.on("data", (chunk) => {
          said += chunk;
          if (/running/.test(said)) resolve();
        });
        child?.once("exit", () => reject(new Error(`mosquitto ended: ${said}`)));
      });
    },
    async stop() {
      const ending = child;
      child = undefined;
      if (ending === undefined || ending.exitCode !== null) return;
      const ended = new Promise((resolve) => ending.once("exit", resolve));
      ending.kill("SIGTERM");
      await ended;
    },
    async remove() {
      child?.kill("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function makeCertificates(directory: string): void {
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: directory, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=hearsay tests");
  const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key"];
  openssl(
    "req",
    "-x509",
    ...key,
    ...signed,
    "-keyout",
    "server.key",
    "-out",
    "server.pem",
    "-subj",
    "/CN=localhost",
    ...names,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
