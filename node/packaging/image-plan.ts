/** What an image of Hearsay says of itself, and how it is started; and the steps with which buildah makes it. */
import { ACCOUNT } from "./debian-root.ts";
import type { Facts } from "./stage.ts";

/** The one place that a peer writes to, and where a volume belongs: its state is in `peer/`, since the volume itself may belong to another account. */
export const VOLUME = "/state";
export const STATE = `${VOLUME}/peer`;
/** A program that starts the command line, for `exec` into a container too: there is no shell. */
export const COMMAND = "/usr/bin/hearsay";
export const PORT = 4001;

/** `hearsay status` asks the peer over its local interface: one that hangs does not answer, and that is a failure. */
export const HEALTH_CHECK: readonly string[] = [COMMAND, "status"];

export const FORMATS = ["oci", "docker"] as const;
export type Format = (typeof FORMATS)[number];

export interface ImagePlan {
  readonly facts: Facts;
  /** Seconds since 1970: of the image, and of every file in it. */
  readonly timestamp: number;
  /** Commit of git; empty where it is not known. */
  readonly revision: string;
  readonly format: Format;
}

/** Settings of the peer that differ from its defaults: in a container it has one port, and hears no multicast. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  HEARSAY_STATE: STATE,
  HEARSAY_LISTEN: `/ip4/0.0.0.0/tcp/${PORT}`,
  HEARSAY_MDNS: "false",
  HEARSAY_PAGE: "false",
};

/** By the names of the Open Container Initiative. */
export function labelsOf({ facts, timestamp, revision }: ImagePlan): Record<string, string> {
  const labels = {
    title: "hearsay",
    description: facts.description,
    version: facts.version,
    licenses: facts.license,
    created: new Date(timestamp * 1000).toISOString(),
    ...(revision !== "" && { revision }),
  };
  return Object.fromEntries(Object.entries(labels).map(([name, text]) => [`org.opencontainers.image.${name}`, text]));
}

/** Arguments of `buildah config` before the container's name. */
export function configArguments(plan: ImagePlan): string[] {
  const named = (flag: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [
    ...["--user", `${ACCOUNT.uid}:${ACCOUNT.gid}`],
    ...["--entrypoint", JSON.stringify([COMMAND]), "--cmd", "up"],
    ...["--workingdir", VOLUME, "--volume", VOLUME],
    ...["--port", `${PORT}/tcp`, "--stop-signal", "SIGTERM"],
    ...named("--env", ENVIRONMENT),
    ...named("--label", labelsOf(plan)),
    ...(plan.format === "docker" ? healthArguments() : []),
  ];
}

/** The OCI's format has no place for it: whoever runs such an image names the command, as the manifests for Kubernetes name /healthz. */
function healthArguments(): string[] {
  return [
    ...["--healthcheck", `CMD ${HEALTH_CHECK.join(" ")}`],
    ...["--healthcheck-interval", "60s", "--healthcheck-timeout", "20s"],
    ...["--healthcheck-start-period", "120s", "--healthcheck-retries", "3"],
  ];
}

/** Where buildah writes the image: a file that every program for containers can load. */
export function destinationOf({ format, facts }: ImagePlan, file: string): string {
  const reference = `localhost/hearsay:${facts.version}`;
  return format === "docker" ? `docker-archive:${file}:${reference}` : `oci-archive:${file}:${reference}`;
}
