/**
 * The page around the figures: one file that opens from disk, without network, script or fonts of others; light and dark as the
 * screen asks for, and on paper. Everything a user wrote goes through `escapeText`; the policy in the head is the second lock.
 */
import { isScalar, isSeq, type Node, visit, Document as YamlDocument } from "yaml";
import { darkDeclarations } from "./palette.ts";
import { FONT } from "./svg.ts";
import { escapeText } from "./text.ts";

/**
 * @param body parts of this file and figures, in order.
 * @param style more rules for this page.
 */
export function renderPage(title: string, body: readonly string[], style = ""): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}

export function heading(kind: string, title: string, about: string): string {
  const text = about.trim() === "" ? "" : `\n<p class="about">${escapeText(about.trim())}</p>`;
  return `<header><p class="kind">${escapeText(kind)}</p><h1>${escapeText(title)}</h1>${text}</header>`;
}

/** A sentence that must not be overlooked. */
export function notice(text: string): string {
  return `<p class="notice">${escapeText(text)}</p>`;
}

export interface Card {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

export function cards(list: readonly Card[]): string {
  const items = list.map(({ label, value, note }) => {
    const small = note === undefined ? "" : `<span>${escapeText(note)}</span>`;
    return `<div><dt>${escapeText(label)}</dt><dd>${escapeText(value)}${small}</dd></div>`;
  });
  return `<dl class="cards">${items.join("")}</dl>`;
}

/** Names and values, one under the other. */
export function facts(list: readonly (readonly [name: string, value: string])[]): string {
  const items = list.map(([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd></div>`);
  return `<dl class="facts">${items.join("")}</dl>`;
}

export interface FigureItem {
  /** From a function of plots. */
  readonly svg: string;
  readonly caption?: string;
}

export function figures(title: string, list: readonly FigureItem[]): string {
  const items = list.map(({ svg, caption }) => {
    const text = caption === undefined ? "" : `<figcaption>${escapeText(caption)}</figcaption>`;
    return `<figure>${svg}${text}</figure>`;
  });
  return `<section><h2>${escapeText(title)}</h2>\n<div class="figures">\n${items.join("\n")}\n</div></section>`;
}

/** The first column names the row; all others are aligned as numbers. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => `<th scope="col">${escapeText(column)}</th>`).join("");
  const body = rows.map(([name = "", ...cells]) => {
    const rest = cells.map((cell) => `<td>${escapeText(cell)}</td>`).join("");
    return `<tr><th scope="row">${escapeText(name)}</th>${rest}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead>\n<tbody>${body.join("\n")}</tbody></table></div>`;
}

/** Folded on the screen; printed unless it is long. */
export function details(title: string, content: string, long = false): string {
  return `<details${long ? ' class="long"' : ""}><summary>${escapeText(title)}</summary>\n${content}</details>`;
}

/** A document as YAML; lists of plain values take one line, so that a trace of contacts has a line for each. */
export function yamlBlock(value: unknown): string {
  const document = new YamlDocument(JSON.parse(JSON.stringify(value)));
  visit(document, {
    Seq(_, list) {
      if (list.items.every((item) => isScalar(item as Node))) list.flow = true;
      return isSeq(list) && list.flow ? visit.SKIP : undefined;
    },
  });
  return `<pre>${escapeText(document.toString({ lineWidth: 0 }))}</pre>`;
}

const STYLE = `
:root{color-scheme:light dark;--paper:#ffffff;--ink:#1b1f24;--soft:#59616b;--line:#d9dde2;--ground:#f5f6f8;--warn:#8a4b00;--warn-ground:#fff4e0}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a0a8b2;--line:#30363d;--ground:#1d2126;--warn:#ffc56b;--warn-ground:#33270f;${darkDeclarations()}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 ${FONT}}
main{max-width:1280px;margin:0 auto;padding:28px 20px 48px}
h1{font-size:27px;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:18px;margin:34px 0 10px;padding-top:14px;border-top:1px solid var(--line)}
.kind{margin:0 0 2px;color:var(--soft);font-size:13px}
.about{max-width:75ch;margin:8px 0 0;white-space:pre-line;overflow-wrap:anywhere}
.notice{margin:16px 0 0;padding:9px 13px;border-left:4px solid currentColor;background:var(--warn-ground);color:var(--warn)}
dl,dd{margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;margin:20px 0}
.cards div{background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:10px 13px}
.cards dt{color:var(--soft);font-size:12.5px;line-height:1.3}
.cards dd{font-size:23px;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.35;white-space:nowrap}
.cards span{display:block;font-size:12.5px;font-weight:400;color:var(--soft);line-height:1.3;white-space:normal}
.facts{columns:340px;column-gap:36px;font-size:14px}
.facts div{display:flex;gap:12px;break-inside:avoid;padding:3px 0;border-bottom:1px solid var(--line)}
.facts dt{flex:0 0 112px;color:var(--soft)}
.facts dd{min-width:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:22px 28px;align-items:start}
figure{margin:0;min-width:0;max-width:560px;break-inside:avoid}
figure svg{display:block;width:100%;height:auto}
figcaption{font-size:12.5px;line-height:1.4;color:var(--soft);margin-top:2px}
details{margin-top:14px;border:1px solid var(--line);border-radius:8px;padding:0 14px}
summary{cursor:pointer;padding:10px 0;font-weight:600}
pre{margin:0 0 14px;overflow-x:auto;font:12.5px/1.5 ui-monospace,Menlo,Consolas,monospace}
.scroll{overflow-x:auto;margin:0 0 14px}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:4px 12px 4px 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:500}
tr>:first-child{text-align:left;font-weight:500;position:sticky;left:0;background:var(--paper)}
@media (max-width:520px){main{padding:20px 14px 32px}h1{font-size:22px}.cards{grid-template-columns:1fr 1fr}.cards dd{font-size:20px}}
@media print{body{font-size:11pt}main{max-width:none;padding:0}h2{break-after:avoid}.figures{grid-template-columns:1fr 1fr}
.cards{grid-template-columns:repeat(4,1fr)}.scroll{overflow:visible}table{font-size:8.5pt}th,td{padding-right:8px}thead th{white-space:normal}
details:not(.long)::details-content{content-visibility:visible;block-size:auto}details.long{display:none}pre{white-space:pre-wrap}}
`;
