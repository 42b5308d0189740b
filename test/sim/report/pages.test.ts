import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHTML } from "linkedom";
import { renderComparison } from "../../../sim/report/compare-page.ts";
import { renderReport } from "../../../sim/report/report-page.ts";
import type { PeerRow, Report } from "../../../sim/run/report.ts";
import { sampleReport } from "./samples.ts";

const HOSTILE = `</title></svg><script>alert("x")</script><img src=x onerror='alert(1)'>&amp;]]>\u0000\ud800`;

/** Every number in a summary, however deep. */
function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

function textOf(page: string): string {
  return parseHTML(page).document.body.textContent ?? "";
}

/** No address, script, font or style that is not in the file itself. */
function assertSelfContained(page: string): void {
  assert.doesNotMatch(page, /https?:|\/\/[a-z]|url\(|@import|@font-face/i);
  const { document } = parseHTML(page);
  assert.equal(
    document.querySelectorAll("script, link, img, iframe, object, embed, [src], [href], [onerror]").length,
    0,
  );
  assert.equal(document.querySelectorAll("svg style, [id]").length, 0);
}

function assertReadable(page: string): void {
  const { document } = parseHTML(page);
  for (const gone of ["script", "style"]) for (const node of document.querySelectorAll(gone)) node.remove();
  assert.doesNotMatch(document.toString(), /NaN|Infinity|undefined|\[object/);
}

describe("the report of a run", () => {
  it("shows every figure of the summary, and what the run was", () => {
    const report = sampleReport({ backdoor: true, about: "An experiment.\nOf two lines." });
    const text = textOf(renderReport(report));
    for (const value of numbersOf(report.summary)) assert.ok(text.includes(String(value)), `${value} is missing`);
    const { name, hash, algorithm, attack } = report.summary;
    for (const word of [name, hash, algorithm, attack, "An experiment.\nOf two lines."])
      assert.ok(text.includes(word), word);
    for (const figure of ["93.2 %", "89.5 %", "58.0 %", "8.4 MB", "51.3", "6 of 30"])
      assert.ok(text.includes(figure), figure);
  });

  it("shows bytes, loss, disagreement, staleness, statuses and each peer, with the liars marked", () => {
    const page = renderReport(sampleReport({ backdoor: true }));
    const titles = [...parseHTML(page).document.querySelectorAll("svg")].map((svg) => svg.getAttribute("aria-label"));
    assert.deepEqual(titles, [
      "Accuracy of the honest peers over time",
      "Accuracy of the honest peers over bytes",
      "Loss of the honest peers over time",
      "Disagreement of the honest peers over time",
      "Attack success over time",
      "Staleness of merged models",
      "What became of each peer's models",
      "Mean weight of each peer's models",
      "Final accuracy of the honest peers",
    ]);
    const text = textOf(page);
    for (const status of ["used", "clipped", "duplicate", "removed", "invalid"])
      assert.ok(text.includes(status), status);
    assert.equal(text.split("liar 4").length - 1 >= 3, true);
  });

  it("says plainly whether signatures were simulated", () => {
    assert.match(textOf(renderReport(sampleReport({ signatures: false }))), /Signatures are simulated in this run/);
    const real = textOf(renderReport(sampleReport({ signatures: true })));
    assert.doesNotMatch(real, /simulated/);
    assert.match(real, /real: Ed25519/);
  });

  it("ends with the complete scenario as YAML", () => {
    const text = textOf(renderReport(sampleReport()));
    for (const line of ["version: 1\n", "partition: dirichlet:0.5\n", "  cycleSeconds: 1\n", "    - [ 0, 10, 0, 1 ]\n"])
      assert.ok(text.includes(line), line);
  });

  it("speaks of R² where the task is a regression, and of no attack where there was none", () => {
    const text = textOf(renderReport(sampleReport({ set: "load.csv", liars: 0 })));
    assert.match(text, /Final mean R²0\.9\d\d/);
    assert.doesNotMatch(text, /Attack success|Final mean accuracy/);
  });

  it("is one file that asks for nothing", () => {
    assertSelfContained(renderReport(sampleReport({ backdoor: true })));
  });

  it("is the same bytes for the same report, whatever was drawn before", () => {
    const first = renderReport(sampleReport());
    renderReport(sampleReport({ peers: 200 }));
    assert.ok(renderReport(sampleReport()) === first);
  });

  it("takes hostile texts for texts", () => {
    const plain = sampleReport({ peers: 5, liars: 1 });
    const report: Report = {
      ...plain,
      scenario: { ...plain.scenario, about: HOSTILE, data: { ...plain.scenario.data, set: HOSTILE } },
      summary: { ...plain.summary, name: HOSTILE, hash: HOSTILE, algorithm: HOSTILE, attack: HOSTILE },
      peers: plain.peers.map((peer) => ({ ...peer, merges: { [HOSTILE]: 3, constructor: 2, ...peer.merges } })),
    };
    const page = renderReport(report);
    assertSelfContained(page);
    assert.ok(!page.includes("<script") && !page.includes("<img") && !page.includes("\u0000"));
    assert.ok(page.isWellFormed());
    assert.ok(textOf(page).includes(`alert("x")`));
  });

  it("stands empty series, single points, peers that nobody merged, and figures that are not numbers", () => {
    const plain = sampleReport({ points: 1 });
    const [start] = plain.series;
    assert.ok(start !== undefined);
    const bad = { ...start, loss: Number.NaN, disagreement: Number.POSITIVE_INFINITY, bytesPerPeer: 0 };
    const nobody: PeerRow = {
      index: 0,
      honest: true,
      cycles: 0,
      bytesOut: 0,
      rows: 0,
      merges: {},
      meanWeight: Number.NaN,
    };
    const reports: Report[] = [
      { ...plain, series: [], peers: [] },
      { ...plain, series: [start], peers: [nobody] },
      { ...plain, series: [bad, bad], summary: { ...plain.summary, final: bad, staleness: [] } },
      // As JSON gives it back.
      JSON.parse(JSON.stringify({ ...plain, series: [bad, start], peers: [nobody, nobody] })),
      { ...plain, peers: Array.from({ length: 70 }, (_, index) => ({ ...nobody, index })) },
    ];
    for (const report of reports) {
      assertReadable(renderReport(report));
      assertReadable(
        renderComparison([
          { label: "a", reports: [report, plain] },
          { label: "b", reports: [] },
        ]),
      );
    }
    assertReadable(renderComparison([]));
  });

  it("of 10,000 peers stays under 3 MB, draws less than that of 1,000, and reads each peer a few times", () => {
    const drawnOf = (peers: number) => {
      const plain = sampleReport({ peers, liars: peers / 5 });
      let reads = 0;
      const counting: ProxyHandler<PeerRow> = {
        get(row, name) {
          reads++;
          return Reflect.get(row, name);
        },
      };
      const page = renderReport({ ...plain, peers: plain.peers.map((row) => new Proxy(row, counting)) });
      const elements = page.split("<").length;
      return { page, elements, readsAPeer: reads / peers };
    };
    const { page, elements, readsAPeer } = drawnOf(10_000);
    assert.ok(page.length < 3e6, `${page.length} bytes`);
    assert.ok(elements < drawnOf(1000).elements, `${elements} elements`);
    assert.ok(readsAPeer < 30, `${readsAPeer} fields of a peer are read: not each peer for each other one`);
    assert.match(page, /liars \(2,000\)/);
  });
});

describe("the comparison of runs", () => {
  const group = (label: string, best: number): { label: string; reports: Report[] } => ({
    label,
    reports: [1, 2, 3].map((seed) => {
      const report = sampleReport({ seed, best });
      const accuracy = { ...report.summary.final.accuracy, mean: best + seed / 100 };
      return { ...report, summary: { ...report.summary, final: { ...report.summary.final, accuracy } } };
    }),
  });

  it("gives means over seeds with Student's 95 % confidence interval", () => {
    // Means 0.81, 0.82, 0.83: s = 0.01, t(0.975, 2) = 4.3027, half = 4.3027 x 0.01 / sqrt(3) = 0.0248.
    const text = textOf(renderComparison([group("one", 0.8), group("other", 0.7)]));
    assert.match(text, /82\.0 % ± 2\.5 %/);
    assert.match(text, /72\.0 % ± 2\.5 %/);
  });

  it("has no interval for a single run, and counts the runs that reached the target", () => {
    const { reports } = group("one", 0.8);
    const text = textOf(renderComparison([{ label: "one", reports: reports.slice(0, 1) }]));
    assert.doesNotMatch(text, /\d ± /);
    const [first, ...rest] = reports;
    assert.ok(first !== undefined);
    const { reached: _, ...missed } = first.summary;
    const some = renderComparison([{ label: "one", reports: [{ ...first, summary: missed }, ...rest] }]);
    assert.match(textOf(some), /21\.4 ± 0 \(2 of 3 runs\)/);
  });

  it("is self-contained, readable and the same bytes twice, with hostile labels", () => {
    const groups = [group(HOSTILE, 0.8), group("other", 0.7)];
    const page = renderComparison(groups);
    assertSelfContained(page);
    assertReadable(page);
    assert.ok(renderComparison(groups) === page);
    assert.ok(!page.includes("<script"));
  });
});
