/** The demo in a browser: a page while it runs, and a report of one file when it has ended. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import { type DemoPage, serveDemoPage } from "../../api/demo-page.ts";
import { pageFolder } from "../../api/page.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import type { DemoNow } from "../../observe/demo-messages.ts";
import { Demo } from "../../page/view/demo.ts";
import { openInBrowser } from "../../terminal/browser.ts";
import { tell } from "../../terminal/terminal.ts";
import type { DemoScreen } from "./screen.ts";
import { Story, type StoryOptions } from "./story.ts";
import type { DemoWatch } from "./watch.ts";

const MOST_PAGES = 16;

type Tell = (event: string, data: unknown) => void;

const PARTS = 12;

/** @param report path of the file that is written at the end. */
export async function watchDemo(screen: DemoScreen, options: StoryOptions, report: string): Promise<DemoWatch> {
  const story = new Story(options);
  const pages = new Set<Tell>();
  const tellAll = () => {
    for (const page of pages) page("now", story.now());
  };
  const page = await serveDemoPage({ open: async (show) => openPage(pages, show, story) });
  tell(`the page of the demo: ${page.address}\n`);
  await openInBrowser(page.address);
  return {
    screen: besides(screen, story, options, tellAll),
    parts: PARTS,
    alone(accuracies) {
      story.alone(accuracies);
      tellAll();
    },
    async end(reports, outcomes, remarks) {
      story.note("This is how it ended. Peers and lines: the network with the robust rule, over the whole run.");
      story.end(reports, outcomes, [...remarks, `This is in the file ${report} too, which opens without a network.`]);
      await writeOutput(report, await reportHtml(story.now()), "--report");
      tell(`report: ${report}\n`);
      tellAll();
    },
    close: () => closePage(page, pages),
  };
}

function openPage(pages: Set<Tell>, show: Tell, story: Story): () => void {
  if (pages.size < MOST_PAGES) pages.add(show);
  show("now", story.now());
  return () => void pages.delete(show);
}

async function closePage(page: DemoPage, pages: ReadonlySet<Tell>): Promise<void> {
  for (const show of pages) show("ended", { atMs: Date.now() });
  await new Promise((resolve) => setTimeout(resolve, pages.size > 0 ? 300 : 0)); // the last words reach them
  await page.close();
}

/** Tells the story of what is shown on the terminal. */
function besides(screen: DemoScreen, story: Story, { seconds }: StoryOptions, tellAll: () => void): DemoScreen {
  let curve = 0;
  return {
    say(message) {
      screen.say(message);
      story.note(message);
      tellAll();
    },
    show(title, reports, leftMs) {
      screen.show(title, reports, leftMs);
      story.note(`${title}: ${Math.ceil(leftMs / 1000)} s left. Some of these peers lie; who does is told at the end.`);
      story.look(curve, seconds - leftMs / 1000, reports);
      tellAll();
    },
    done(title, reports) {
      screen.done(title, reports);
      story.look(curve, seconds, reports);
      story.next();
      curve++;
      tellAll();
    },
  };
}

/** One file that asks nobody for anything: drawn as on the page, with the style in it, and no script. */
async function reportHtml(now: DemoNow): Promise<string> {
  const style = await readFile(join(pageFolder(), "page.css"), "utf8");
  const body = renderToString(h(Demo, { now }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>Hearsay demo</title>
<style>${style}</style>
</head>
<body>
<div class="page"><header><h1>Hearsay demo: ${now.title}</h1></header><main>${body}</main></div>
</body>
</html>
`;
}
