/**
 * Containers of an image in OCI's format, by crun, as a cluster runs them: its root cannot be written to, its account has no rights, and its places to write are
 * what is mounted. Nothing of this machine's control groups is used.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What an image says of how it is run (image-spec of the Open Container Initiative, "config"). */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

export interface Image {
  readonly config: ImageConfig;
  readonly created: string;
  /** Its files, as root has unpacked them. */
  readonly root: string;
}

export interface ContainerOptions {
  readonly name: string;
  /** In place of the image's Cmd. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Places in the container, and what of this machine lies there. */
  readonly mounts: readonly { readonly at: string; readonly from: string; readonly readOnly?: boolean }[];
  /** A namespace of networks, by its file. */
  readonly network: string;
}

export interface Container {
  readonly said: () => string;
  /** Runs a command in it by its account, as kubectl and podman do, and gives what it prints. */
  exec(...command: readonly string[]): Promise<{ readonly stdout: string }>;
  signal(name: "TERM" | "KILL"): Promise<void>;
  /** Its exit status. */
  readonly ended: Promise<number | null>;
  remove(): void;
}

/** Unpacks an archive (oci-archive) into a folder. */
export async function openImage(archive: string, folder: string): Promise<Image> {
  const layout = join(folder, "layout");
  const root = join(folder, "root");
  await Promise.all([layout, root].map((path) => mkdir(path, { recursive: true })));
  await run("tar", ["-xf", archive, "-C", layout]);
  const blob = (digest: string) => join(layout, "blobs", digest.replace(":", "/"));
  const read = async (path: string) => JSON.parse(await readFile(path, "utf8"));
  const [{ digest }] = (await read(join(layout, "index.json"))).manifests;
  const manifest = await read(blob(digest));
  for (const layer of manifest.layers) await run("tar", ["-xpf", blob(layer.digest), "-C", root]);
  const { config, created } = await read(blob(manifest.config.digest));
  return { config, created, root };
}

/** A network of its own with nothing but loopback; it ends with this process. */
export async function openNetwork(): Promise<{ readonly path: string; close(): void }> {
  const holder = spawn("unshare", ["--net", "sh", "-ec", "ip link set lo up; echo up; exec sleep 900"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const close = () => void holder.kill("SIGKILL");
  process.once("exit", close);
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  return { path: `/proc/${holder.pid}/ns/net`, close };
}

/** crun looks at control groups even where it makes none, and knows those of version 2 alone. */
const WITH_CGROUPS = 'mount --make-rprivate / && mount -t cgroup2 none /sys/fs/cgroup && exec crun "$@"';

function crunWords(bundle: string, words: readonly string[]): string[] {
  const crun = ["--root", join(bundle, "state"), "--cgroup-manager=disabled", ...words];
  return ["--mount", "--cgroup", "sh", "-ec", WITH_CGROUPS, "sh", ...crun];
}

/** Starts one; `folder` is for what belongs to it. */
export async function startContainer(image: Image, folder: string, options: ContainerOptions): Promise<Container> {
  const { name } = options;
  const bundle = join(folder, name);
  await mkdir(bundle);
  await writeFile(join(bundle, "config.json"), JSON.stringify(specOf(image, options)));
  const child: ChildProcess = spawn("unshare", crunWords(bundle, ["run", "--bundle", bundle, name]), {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data: Buffer) => {
      said = `${said}${data}`.slice(-100_000);
    });
  const remove = () => void spawnSync("unshare", crunWords(bundle, ["delete", "--force", name]));
  process.once("exit", remove);
  const crun = (...words: readonly string[]) => run("unshare", crunWords(bundle, words), { timeout: 60_000 });
  return {
    said: () => said,
    exec: (...command) => crun("exec", "--user", image.config.User, name, ...command),
    async signal(signal) {
      await crun("kill", name, signal);
    },
    ended: new Promise((resolve) => child.once("close", resolve)),
    remove() {
      process.off("exit", remove);
      remove();
    },
  };
}

/** The runtime-spec of the same, "config". */
function specOf({ config, root }: Image, { name, args, env = {}, mounts, network }: ContainerOptions): object {
  const [uid = 0, gid = 0] = config.User.split(":").map(Number);
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid, gid },
      args: [...config.Entrypoint, ...(args ?? config.Cmd)],
      env: [...config.Env, ...Object.entries(env).map(([key, value]) => `${key}=${value}`)],
      cwd: config.WorkingDir,
      capabilities: none,
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    hostname: name,
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
      ...mounts.map(({ at, from, readOnly = false }) => ({
        destination: at,
        type: "bind",
        source: from,
        options: ["bind", readOnly ? "ro" : "rw", "nosuid", "nodev"],
      })),
    ],
    linux: {
      namespaces: [...["pid", "ipc", "uts", "mount"].map((type) => ({ type })), { type: "network", path: network }],
    },
  };
}
