import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { formatBytes, formatNumber } from "../../../protocol/base/figures.ts";
import { axisTypeOf } from "../../../sim/report/axes.ts";
import { yamlBlock } from "../../../sim/report/page.ts";
import { dotChart, histogram } from "../../../sim/report/peer-plots.ts";
import { barChart, lineChart } from "../../../sim/report/plots.ts";
import { meanCurve, meanInterval } from "../../../sim/report/statistics.ts";
import { standaloneSvg } from "../../../sim/report/svg.ts";
import { escapeText } from "../../../sim/report/text.ts";

const HOSTILE = `a<b> & "c" ='currentColor' fill="var(--s0, #0072b2)"`;
const X = { label: HOSTILE };
const Y = { label: HOSTILE };

/** One of each kind, with texts that would break out of attributes. */
function figures(): string[] {
  return [
    lineChart({
      title: HOSTILE,
      x: X,
      y: Y,
      series: [
        { label: HOSTILE, points: [[1, 2]] },
        { label: "b", points: [] },
      ],
    }),
    barChart({ title: HOSTILE, x: HOSTILE, y: Y, bars: [{ label: HOSTILE, values: [3] }] }),
    barChart({
      title: HOSTILE,
      x: HOSTILE,
      y: Y,
      bars: [{ label: HOSTILE, values: [3], marked: true }],
      horizontal: true,
    }),
    dotChart({ title: HOSTILE, x: X, rows: [{ label: HOSTILE, value: 1, interval: [0, 2] }] }),
    histogram({ title: HOSTILE, x: X, groups: [{ label: HOSTILE, values: [1, 2, 2] }] }),
  ];
}

/** Tags, attributes and texts as strict XML wants them; enough of a parser for what we write. */
function assertXml(text: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<>&]*(?:&(?:amp|lt|gt|quot|#39);[^"<>&]*)*")*)(\/?)>/gy;
  const words = /[^<>&]*(?:&(?:amp|lt|gt|quot|#39);[^<>&]*)*/gy;
  for (let at = 0; at < text.length; ) {
    words.lastIndex = at;
    tag.lastIndex = words.exec(text)?.index === at ? words.lastIndex : at;
    at = tag.lastIndex;
    if (at === text.length) break;
    const found = tag.exec(text);
    assert.ok(found, `no XML: ${text.slice(at, at + 80)}`);
    if (found[1]) assert.equal(open.pop(), found[2]);
    else if (!found[4]) open.push(found[2] ?? "");
    at = tag.lastIndex;
  }
  assert.deepEqual(open, []);
}

describe("a figure as a file of its own", () => {
  it("is XML with a namespace, white ground and fixed size, and without style sheets, variables or the page's colours", () => {
    for (const figure of figures()) {
      const svg = standaloneSvg(figure);
      assertXml(svg);
      assert.match(
        svg,
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+" width="\d+" height="\d+"/,
      );
      assert.match(svg, /^[^>]*><rect width="\d+" height="\d+" fill="#ffffff"\/>/);
      assert.doesNotMatch(svg, /<style|class=|id=|href|="currentColor"|="var\(/);
    }
  });

  it("keeps a user's text as it was", () => {
    for (const figure of figures()) assert.ok(standaloneSvg(figure).includes(escapeText(HOSTILE)));
  });
});

describe("a line", () => {
  const chart = (points: [number, number][], more: object = {}): string =>
    lineChart({ title: "t", x: { label: "x" }, y: { label: "y" }, series: [{ label: "a", points }], ...more });

  it("is a line where there are points, a dot where there is one, and a word where there is none", () => {
    const line = chart([
      [0, 1],
      [1, 2],
    ]);
    assert.match(line, /stroke="var\(--s0, #0072b2\)"[^>]*><path d="M[\d.]+,[\d.]+L/);
    assert.doesNotMatch(line, /<circle/);
    assert.match(chart([[1, 2]]), /<circle/);
    assert.match(chart([]), /nothing was measured/);
    assert.match(
      chart([
        [Number.NaN, 1],
        [2, Number.POSITIVE_INFINITY],
      ]),
      /nothing was measured/,
    );
  });

  it("breaks at what is not finite, and stays inside its axes", () => {
    const broken = chart(
      [
        [0, 1],
        [1, 2],
        [2, Number.NaN],
        [3, 1],
        [4, 9],
      ],
      { y: { label: "y", domain: [0, 3] } },
    );
    const path = /<path d="(M[\d.,L]*M[\d.,L]*)"\/>/.exec(broken)?.[1] ?? "";
    const heights = [...path.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
    assert.equal(heights.length, 4);
    for (const y of heights) assert.ok(y >= 44 && y <= 216, `${y}`);
  });

  it("drops what a logarithm cannot show, and is linear where nothing is left", () => {
    const log = chart(
      [
        [0, 1],
        [1, 2],
        [100, 3],
      ],
      { xType: "log" },
    );
    assert.doesNotMatch(log, /NaN|Infinity/);
    assert.match(log, />10</);
    assert.doesNotMatch(
      chart(
        [
          [0, 0],
          [0, 0],
        ],
        { xType: "log", yType: "log" },
      ),
      /NaN|Infinity/,
    );
  });
});

describe("numbers", () => {
  it("want a logarithm where positive ones span a magnitude", () => {
    assert.equal(axisTypeOf([0, 1, 10]), "log");
    assert.equal(axisTypeOf([1, 9]), "linear");
    assert.equal(axisTypeOf([-1, 1, 100]), "linear");
    assert.equal(axisTypeOf([Number.NaN, 0]), "linear");
  });

  it("read as people write them", () => {
    assert.equal(formatNumber(1234567.8), "1,234,568");
    assert.equal(formatNumber(0.123456), "0.1235");
    assert.equal(formatNumber(51.34), "51.34");
    assert.equal(formatNumber(-0.00001), "-1.00e-5");
    assert.equal(formatNumber(0), "0");
    assert.equal(formatNumber(Number.NaN), "–");
    assert.equal(formatBytes(8_412_345), "8.41 MB");
    assert.equal(formatBytes(999), "999 B");
  });

  it("of repetitions have Student's interval", () => {
    assert.deepEqual(meanInterval([]), undefined);
    assert.deepEqual(meanInterval([3, undefined, Number.NaN]), { mean: 3, count: 1 });
    assert.deepEqual(meanInterval([0.1, 0.1, 0.1])?.half, 0);
    // R: t.test(c(1, 2, 3, 4))$conf.int is 0.4457397 4.5542603.
    assert.ok(Math.abs((meanInterval([1, 2, 3, 4])?.half ?? 0) - 2.0542603) < 1e-4);
    // R: qt(0.975, 40) is 2.021075.
    const values = Array.from({ length: 41 }, (_, i) => i);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - 20) ** 2, 0) / 40);
    assert.ok(Math.abs((meanInterval(values)?.half ?? 0) - (2.021075 * deviation) / Math.sqrt(41)) < 1e-3);
  });

  it("of curves are averaged where all curves go", () => {
    const { points, band } = meanCurve([
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      [
        [0, 2],
        [2, 4],
      ],
    ]);
    assert.deepEqual(points, [
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    const half = 12.7062; // Student's t of one degree of freedom, times the error of the mean, 1
    assert.deepEqual(
      band.map((row) => row.map((value) => Math.round(1e4 * value) / 1e4)),
      [
        [0, 1 - half, 1 + half],
        [1, 2 - half, 2 + half],
        [2, 3 - half, 3 + half],
      ],
      "the 95 % interval of the mean",
    );
    assert.deepEqual(meanCurve([[], [[Number.NaN, 1]]]), { points: [], band: [] });
  });
});

describe("a scenario", () => {
  it("comes back from its YAML, with a line for each contact", () => {
    const value = {
      about: "a: <b>\n- c",
      contacts: [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
      ],
      none: [],
      deep: [{ a: [1, "x: y"] }],
    };
    const block = yamlBlock(value);
    const text = block
      .replace(/<\/?pre>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"');
    assert.deepEqual(parse(text), value);
    assert.match(block, /- \[ 4, 5, 6, 7 \]\n/);
  });
});
