/** What READMEs and comments point at is there: files that links and names lead to, headings that anchors name. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";

const TOP = join(import.meta.dirname, "..");
const ROOMS = "{node,protocol,sim,test}";

const PAGES = globSync(["*.md", `${ROOMS}/**/*.md`], { cwd: TOP });
const SOURCES = globSync(`${ROOMS}/**/*.ts`, { cwd: TOP });

/** Files of other projects that comments name as a source, and the program that a reader of README.md writes. */
const ELSEWHERE = new Set(["mine.ts", "./mine.ts", "kernel_names.ts", "peer-ids/peer-ids.md", "line.ts"]);

function read(path: string): string {
  return readFileSync(join(TOP, path), "utf8");
}

/** Anchors of a page as GitHub makes them: lower case, no punctuation, spaces to dashes; a second one of a name gets `-1`. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutCode(read(page)).matchAll(/^#{1,6} (.*)$/gm)) {
    const name = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    anchors.add(times === 0 ? name : `${name}-${times}`);
  }
  return anchors;
}

/** Without blocks and spans of code, in which brackets are no links. */
function withoutCode(text: string): string {
  return text
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/^ {4}.*$/gm, "")
    .replace(/`[^`\n]*`/g, "`");
}

function brokenLinks(page: string): string[] {
  const targets = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(TOP, file))) return true;
    return anchor !== undefined && !anchorsOf(file).has(anchor);
  });
}

/** Comments of a source, line by line; a page is all words. */
function wordsOf(path: string): string[] {
  const lines = read(path).split("\n");
  if (path.endsWith(".md")) return lines;
  return lines.flatMap((line) => {
    const found = /^\s*\/?\*\*?(.*)|^\s*\/\/(.*)|\s\/\/ (.*)/.exec(line);
    return found === null ? [] : [found[1] ?? found[2] ?? found[3] ?? ""];
  });
}

const FILE_NAME = /(?<![\w/.@<-])((?:\.{1,2}\/)*(?:[\w@*-]+\/)*[\w.*-]+\.(?:ts|md))(?![\w/])/g;

/** A path counts from the folder of the file or any above it; a bare name may lie anywhere in the room. */
function lostNames(path: string): string[] {
  const folders = [dirname(path)];
  for (let last = folders[0] as string; last !== "."; last = dirname(last)) folders.push(dirname(last));
  const room = `${path.split("/")[0]}/`;
  const inRoom = new Set(
    [...PAGES, ...SOURCES].filter((file) => file.startsWith(room)).map((file) => file.split("/").at(-1)),
  );
  const names = wordsOf(path).flatMap((line) => [...line.matchAll(FILE_NAME)].map(([, name = ""]) => name));
  return names.filter(
    (name) =>
      !ELSEWHERE.has(name) && !inRoom.has(name) && !folders.some((folder) => leadsSomewhere(join(folder, name))),
  );
}

function leadsSomewhere(path: string): boolean {
  return path.includes("*") ? globSync(path, { cwd: TOP }).length > 0 : existsSync(join(TOP, path));
}

describe("every README", () => {
  it("is found", () => {
    assert.ok(PAGES.length > 10, PAGES.join(" "));
    assert.ok(SOURCES.length > 500);
  });

  it("links to files and headings that are there", () => {
    assert.deepEqual(
      PAGES.flatMap((page) => brokenLinks(page).map((target) => `${page}: ${target}`)),
      [],
    );
  });
});

/** The README of the folder, or of the one above that has it. */
function mapOf(path: string): string {
  const folder = dirname(path);
  const page = `${folder}/README.md`;
  return existsSync(join(TOP, page)) ? page : mapOf(folder);
}

describe("the map of a room", () => {
  const ROOMS_WITH_MAPS = [
    ...["protocol/base", "protocol/aggregate", "protocol/privacy", "protocol/log", "protocol/task", "protocol/audit"],
    ...["protocol/peer", "protocol/select", "node/engines", "node/data", "node/net"],
  ];
  for (const room of ROOMS_WITH_MAPS)
    it(`${room}/README.md names every file of it`, () => {
      const files = SOURCES.filter((path) => path.startsWith(`${room}/`));
      assert.deepEqual(
        files.filter((path) => !read(mapOf(path)).includes(basename(path, ".ts"))),
        [],
      );
    });

  it("node/commands/README.md names every command", () => {
    const page = read("node/commands/README.md");
    const listed = [...read("node/command-list.ts").matchAll(/name: "([a-z]+)"/g)].map(([, name = ""]) => name);
    assert.ok(listed.length > 20);
    assert.deepEqual(
      listed.filter((name) => !new RegExp(`\\b${name}\``).test(page) && !page.includes(`\`${name}/\``)),
      [],
    );
  });
});

describe("READMEs and comments", () => {
  it("name files that are there", () => {
    assert.deepEqual(
      [...PAGES, ...SOURCES].flatMap((path) => lostNames(path).map((name) => `${path}: ${name}`)),
      [],
    );
  });
});
