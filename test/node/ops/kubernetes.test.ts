/** The manifests for Kubernetes: they hold against its schemas, fit together, and name settings that a peer has. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { loadConfig } from "../../../node/config.ts";
import { SETTINGS } from "../../../node/settings/table.ts";
import { PEERS, readManifests, variablesOf } from "../../support/manifests.ts";
import { pythonWith } from "../../support/program.ts";

const FILES = [PEERS, join(import.meta.dirname, "../../../sim/kubernetes.yaml")];
/** Oldest and newest that are meant: since 1.29 a volume can be of one pod alone. */
const VERSIONS = ["1.29", "1.37"];
const { python, skip } = pythonWith(["kubernetes_validate"]);

/** Prints the faults of all documents of files; "strict" refuses fields that there are not. */
const VALIDATE = `
import sys, yaml, kubernetes_validate as k
version, *paths = sys.argv[1:]
for path in paths:
    for document in yaml.safe_load_all(open(path)):
        try:
            k.validate(document, version, strict=True)
        except k.ValidationError as error:
            print(path, document["kind"], ".".join(map(str, error.path)), error.message)
`;

const { service, budget, set } = await readManifests();
const { spec: pod } = set.spec.template;
const [container] = pod.containers;
const PROBES = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(
  ({ httpGet }) => httpGet,
);

describe("the manifests for Kubernetes", () => {
  for (const version of VERSIONS)
    it(`hold against the schemas of ${version}, strictly`, { skip }, async () => {
      const { stdout } = await promisify(execFile)(python ?? "", ["-c", VALIDATE, version, ...FILES]);
      assert.equal(stdout, "");
    });

  it("fit together: names of pods, labels, ports, volumes", () => {
    const { labels } = set.spec.template.metadata;
    for (const selector of [service.spec.selector, budget.spec.selector.matchLabels, set.spec.selector.matchLabels])
      assert.deepEqual(selector, labels);
    assert.deepEqual([service.spec.clusterIP, service.metadata.name], ["None", set.spec.serviceName]);
    const ports = container.ports.map(({ name }) => name);
    const used = [...service.spec.ports.map(({ targetPort }) => targetPort), ...PROBES.map(({ port }) => port)];
    assert.deepEqual(
      used.filter((port) => !ports.includes(port)),
      [],
    );
    const volumes = [...pod.volumes, ...set.spec.volumeClaimTemplates.map(({ metadata }) => metadata)];
    const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).toSorted();
    assert.deepEqual(names(container.volumeMounts), names(volumes));
  });

  it("let a peer do nothing but what it needs", () => {
    const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext;
    assert.deepEqual([runAsNonRoot, runAsUser, seccompProfile], [true, 65532, { type: "RuntimeDefault" }]);
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.equal(pod.automountServiceAccountToken, false);
    assert.deepEqual(Object.keys(container.resources.limits).toSorted(), ["cpu", "memory"]);
    const modes = set.spec.volumeClaimTemplates.map(({ spec }) => spec.accessModes);
    assert.deepEqual(modes, [["ReadWriteOncePod"]]);
    assert.deepEqual(set.spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: "Retain", whenScaled: "Retain" });
  });

  it("ask for life and readiness, and start no peer anew that is only not ready", () => {
    assert.deepEqual(
      PROBES.map(({ path }) => path),
      ["/healthz", "/healthz", "/readyz"],
    );
  });

  it("name settings that there are, with values that a peer takes, and bootstrap peers that are among the pods", async () => {
    const known = new Set([...SETTINGS.values()].map(({ variable }) => variable));
    const variables = variablesOf(container, { POD: "hearsay-3", NAMESPACE: "farm" });
    assert.deepEqual(
      Object.keys(variables).filter((name) => !known.has(name)),
      [],
    );
    const { bootstrap, metrics, name, data } = await loadConfig(undefined, variables, {});
    assert.deepEqual(
      bootstrap,
      [0, 1, 2].map((i) => `/dns4/hearsay-${i}.hearsay.farm.svc.cluster.local/tcp/4001`),
    );
    assert.ok(bootstrap.length <= set.spec.replicas);
    assert.deepEqual([metrics, name, data.path], ["0.0.0.0:9464", "hearsay-3", "/data/hearsay-3.csv"]);
  });
});
