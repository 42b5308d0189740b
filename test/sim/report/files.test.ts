/** The figures of a page as files: whole SVG documents under names that say what they show. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DOMParser } from "linkedom";
import { comparisonFigures, renderComparison } from "../../../sim/report/compare-page.ts";
import { figureFiles } from "../../../sim/report/files.ts";
import { renderReport, reportFigures } from "../../../sim/report/report-page.ts";
import { sampleReport } from "./samples.ts";

const report = sampleReport({ backdoor: false });
const groups = [
  { label: "median, no attack", reports: [report, sampleReport({ backdoor: false, signatures: true })] },
  { label: "mean, alie", reports: [report] },
];

describe("figures as files", () => {
  it("are named by what they show", () => {
    const names = [...figureFiles(reportFigures(report)).keys()];
    assert.ok(names.includes("accuracy-of-the-honest-peers-over-time.svg"), names.join(" "));
    assert.ok(names.includes("what-became-of-each-peers-models.svg"), names.join(" "));
    assert.equal(new Set(names).size, reportFigures(report).length, "one file each");
  });

  it("are documents that need no page: a namespace, colours of their own, a white ground, well-formed", () => {
    for (const [name, svg] of [...figureFiles(reportFigures(report)), ...figureFiles(comparisonFigures(groups))]) {
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox=/, name);
      assert.doesNotMatch(svg, /var\(|currentColor|class=|NaN/, name);
      const { documentElement } = new DOMParser().parseFromString(svg, "image/svg+xml");
      assert.equal(documentElement?.localName, "svg", name);
    }
  });

  it("of several groups name each in the legend, and say what the shade is", () => {
    const svg = figureFiles(comparisonFigures(groups)).get("mean-accuracy-over-time.svg") ?? "";
    for (const text of ["median, no attack", "mean, alie", "shaded: 95 % interval"])
      assert.ok(svg.includes(text), text);
  });

  it("show each peer where the scenario asks for curves, and are on the page too", () => {
    const curves = [0, 1].flatMap((index) =>
      [0, 5].map((seconds) => ({ seconds, index, cycles: 1, bytesOut: 1, accuracy: 0.5 + index / 10, loss: 1 })),
    );
    const names = [...figureFiles(reportFigures({ ...report, curves })).keys()];
    assert.ok(names.includes("accuracy-of-each-peer-over-time.svg"), names.join(" "));
    assert.match(renderReport({ ...report, curves }), /Accuracy of each peer over time/);
  });
});

it("pages of runs and comparisons have the further metrics", () => {
  const { summary } = report;
  const final = { ...summary.final, metrics: { macroF1: { mean: 0.625, worst: 0.5, std: 0.1 } } };
  const page = renderComparison([{ label: "one", reports: [{ ...report, summary: { ...summary, final } }] }]);
  assert.match(renderReport({ ...report, summary: { ...summary, final } }), /macroF1<.*0\.625/);
  assert.match(page, /Mean macroF1/);
  assert.match(page, /0\.625/);
});
