/** `npm run screenshots`: the pictures of the README, of a network of six real peers on this machine, one of them a liar. Takes about a minute. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { CHROMIUM, startBrowser } from "./browser.ts";
import { startPageNetwork } from "./page-network.ts";
import { sleep } from "./process.ts";

const FOLDER = join(import.meta.dirname, "../../node/page/screenshots");
const LEARNS_MS = 35_000;

interface Picture {
  readonly name: string;
  readonly options: BrowserContextOptions;
  /** Of the top of the page, px. */
  readonly height: number;
}

const PICTURES: readonly Picture[] = [
  { name: "light", options: { colorScheme: "light", viewport: { width: 1000, height: 900 } }, height: 1_390 },
  { name: "dark", options: { colorScheme: "dark", viewport: { width: 1000, height: 900 } }, height: 780 },
  { name: "narrow", options: { colorScheme: "light", viewport: { width: 360, height: 740 } }, height: 1_000 },
];

if (CHROMIUM === undefined) throw new Error("there is no chromium on this machine: install it");
mkdirSync(FOLDER, { recursive: true });
const network = await startPageNetwork({ honest: 5, minCycleMs: 500 });
const browser = await startBrowser(CHROMIUM);
try {
  const address = await network.address();
  const looks = await Promise.all(PICTURES.map(({ options }) => browser.open(address, options)));
  await sleep(LEARNS_MS);
  for (const [i, { page }] of looks.entries()) {
    const { name, height } = PICTURES[i] as Picture;
    await page.locator("#learning .chart canvas").waitFor();
    if ((await page.locator(".badge.live").count()) === 0)
      throw new Error(`the peer has ended: ${network.peers[0]?.stderr().slice(-2_000)}`);
    const { width } = page.viewportSize() ?? { width: 0 };
    await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true, clip: { x: 0, y: 0, width, height } });
  }
} finally {
  await browser.close();
  await network.close();
}
