/** The setting `metrics`: where they are served. */
import { isIP } from "node:net";

/** As people write it: `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`. */
export const METRICS_PATTERN = "^(?:\\[[0-9a-fA-F:.]+\\]|[0-9.]+|localhost):[0-9]{1,5}$";

/** @throws RangeError with the remedy. */
export function metricsAddress(text: string): { readonly host: string; readonly port: number } {
  const [, host = "", digits = ""] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const plain = host.replace(/^\[(.*)\]$/, "$1");
  const isHost = host === "localhost" || isIP(plain) === (host === plain ? 4 : 6);
  if (isHost && Number(digits) <= 65_535) return { host: plain, port: Number(digits) };
  throw new RangeError(
    "is no IP address with a port; give 127.0.0.1:9464 for programs of this machine, 0.0.0.0:9464 for everybody who can reach it, or [::1]:9464",
  );
}
