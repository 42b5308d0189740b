/** The browser of whoever sits at this machine. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Opens an address in it; false where there is none, or no screen. */
export async function openInBrowser(address: string): Promise<boolean> {
  const [program, ...args] = openerOf(process.platform);
  if (program === undefined) return false;
  const child = spawn(program, [...args, address], { stdio: "ignore", detached: true });
  child.unref();
  const failed = once(child, "error").then(() => false);
  const started = once(child, "spawn").then(
    () => true,
    () => false, // once() rejects with the error
  );
  return Promise.race([started, failed]);
}

/** Nothing where there is no screen. */
function openerOf(platform: NodeJS.Platform): readonly string[] {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return DISPLAY || WAYLAND_DISPLAY ? ["xdg-open"] : [];
}
