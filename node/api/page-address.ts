/** Where the page is. */
export interface PageAddresses {
  /** With its key, for as long as the peer runs. */
  readonly address: string;
  /** Opens the page once, within a minute. */
  readonly once: string;
}

/** With the key, or a ticket in its place, in the fragment, which a browser sends to nobody. */
export function pageAddress(url: string, key: string): string {
  return `${url}/#${key}`;
}
