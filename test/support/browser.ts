/** Chromium, as Debian has it, for tests of pages; and axe-core, which looks for what keeps people from reading them (WCAG 2.2 AA). */
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findProgram } from "./program.ts";

/** Undefined where there is none. */
export const CHROMIUM: string | undefined = findProgram("chromium", "chromium-browser", "google-chrome");

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export interface Looker {
  /** A page that tells all that its scripts complain of, and every address that it asks for. */
  open(address: string, options?: BrowserContextOptions): Promise<Looked>;
  close(): Promise<void>;
}

export interface Looked {
  readonly page: Page;
  readonly complaints: string[];
  readonly asked: string[];
  /** What axe-core finds, in words. */
  faults(): Promise<string[]>;
  close(): Promise<void>;
}

export async function startBrowser(executablePath: string): Promise<Looker> {
  const browser: Browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  return {
    async open(address, options = {}) {
      const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...options });
      await context.addInitScript(axe.source);
      const page = await context.newPage();
      const [complaints, asked]: [string[], string[]] = [[], []];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => asked.push(request.url()));
      await page.goto(address);
      return { page, complaints, asked, faults: () => faultsOf(page), close: () => context.close() };
    },
    close: () => browser.close(),
  };
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

async function faultsOf(page: Page): Promise<string[]> {
  const run = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`;
  const { violations } = (await page.evaluate(run)) as AxeResult;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary ?? ""}`),
  );
}
