/** The manifests of peers for Kubernetes (node/ops/kubernetes/peers.yaml), and what of them Kubernetes fills in. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

export const PEERS = join(import.meta.dirname, "../../node/ops/kubernetes/peers.yaml");

type Labels = Readonly<Record<string, string>>;

interface Named {
  readonly name: string;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface ContainerManifest {
  readonly args: readonly string[];
  readonly env: readonly (Named & { readonly value?: string })[];
  readonly ports: readonly Named[];
  readonly volumeMounts: readonly Named[];
  readonly securityContext: object;
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

export interface PodManifest {
  readonly containers: readonly [ContainerManifest];
  readonly volumes: readonly Named[];
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
}

interface Selector {
  readonly matchLabels: Labels;
}

export interface Manifests {
  readonly service: {
    readonly metadata: Named;
    readonly spec: {
      readonly clusterIP: string;
      readonly selector: Labels;
      readonly ports: readonly { readonly targetPort: string }[];
    };
  };
  readonly budget: { readonly spec: { readonly selector: Selector } };
  readonly set: {
    readonly spec: {
      readonly serviceName: string;
      readonly replicas: number;
      readonly selector: Selector;
      readonly persistentVolumeClaimRetentionPolicy: object;
      readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodManifest };
      readonly volumeClaimTemplates: readonly {
        readonly metadata: Named;
        readonly spec: { readonly accessModes: readonly string[] };
      }[];
    };
  };
}

export async function readManifests(): Promise<Manifests> {
  const documents = parseAllDocuments(await readFile(PEERS, "utf8")).map((document) => document.toJS());
  const ofKind = (kind: string) => documents.find((document) => document.kind === kind);
  return { service: ofKind("Service"), budget: ofKind("PodDisruptionBudget"), set: ofKind("StatefulSet") };
}

/** The variables that have a value in the manifest, with those of `given` in place of `$(NAME)`. */
export function variablesOf(
  { env }: ContainerManifest,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const filled = env.flatMap(({ name, value }) =>
    value === undefined
      ? []
      : [[name, value.replace(/\$\((\w+)\)/g, (_, of: string) => given[of] ?? assert.fail(of))] as const],
  );
  return Object.fromEntries(filled);
}
