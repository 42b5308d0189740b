import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configArguments, destinationOf, type ImagePlan } from "../../../node/packaging/image-plan.ts";

const FACTS = { version: "1.2.3", license: "Apache-2.0", description: "peers" };
const PLAN: ImagePlan = { facts: FACTS, timestamp: 0, revision: "abc", format: "oci" };

/** Of a flag of `buildah config`. */
function given(plan: ImagePlan, flag: string): string[] {
  const words = configArguments(plan);
  return words.filter((_, i) => words[i - 1] === flag);
}

describe("the plan of an image", () => {
  it("has a health check where the format has a place for it: a program and its words, since there is no shell", () => {
    assert.deepEqual(given(PLAN, "--healthcheck"), []);
    assert.deepEqual(given({ ...PLAN, format: "docker" }, "--healthcheck"), ["CMD /usr/bin/hearsay status"]);
  });

  it("names what it was made of: the commit and its time, where they are known", () => {
    const named = (name: string, plan: ImagePlan) =>
      given(plan, "--label").filter((label) => label.includes(`.${name}=`));
    assert.deepEqual(named("revision", PLAN), ["org.opencontainers.image.revision=abc"]);
    assert.deepEqual(named("created", PLAN), ["org.opencontainers.image.created=1970-01-01T00:00:00.000Z"]);
    assert.deepEqual(named("revision", { ...PLAN, revision: "" }), []);
  });

  it("is written in its format, under the name and version of the package", () => {
    assert.equal(destinationOf(PLAN, "a.tar"), "oci-archive:a.tar:localhost/hearsay:1.2.3");
    assert.equal(destinationOf({ ...PLAN, format: "docker" }, "a.tar"), "docker-archive:a.tar:localhost/hearsay:1.2.3");
  });
});
