/** The page of the demo, on a port of its own: the same guard and policy as that of a peer. */
import { createServer } from "./guard.ts";
import { DEMO_PAGE, type PageSource, servePage } from "./page.ts";
import { newToken } from "./tokens.ts";

export interface DemoPage {
  /** With its key in the fragment. */
  readonly address: string;
  close(): Promise<void>;
}

export async function serveDemoPage(source: PageSource): Promise<DemoPage> {
  const page = newToken();
  const server = createServer({ page });
  servePage(server, source, DEMO_PAGE);
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { address: `${url}/#${page}`, close: () => server.close() };
}
