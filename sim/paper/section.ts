/** A part of a generated chapter: a table and figures, with a caption that says what was run. */
import { standaloneSvg } from "../report/svg.ts";
import { type MarkdownTable, markdownTable, plainText } from "./markdown.ts";

export interface Figure {
  /** Of its file, without the ending. */
  readonly name: string;
  /** What it shows, for those who do not see it. */
  readonly about: string;
  /** As the functions of sim/report draw it. */
  readonly svg: string;
}

export interface Section {
  readonly title: string;
  /** Markdown. */
  readonly caption: string;
  readonly table: MarkdownTable;
  readonly figures: readonly Figure[];
  /** Markdown below the table. */
  readonly notes?: string;
}

/** Markdown with the figures as images below `folder`, which is relative to the document. */
export function sectionText({ title, caption, table, figures, notes = "" }: Section, folder: string): string {
  const images = figures.map(({ name, about }) => `![${plainText(about)}](${folder}/${name}.svg)`).join("\n");
  return [`### ${title}`, caption, markdownTable(table), notes, images].filter((part) => part !== "").join("\n\n");
}

/** File name -> SVG. */
export function figureFiles(sections: readonly Section[]): Map<string, string> {
  return new Map(
    sections.flatMap(({ figures }) => figures.map(({ name, svg }) => [`${name}.svg`, standaloneSvg(svg)] as const)),
  );
}
