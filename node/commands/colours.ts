/**
 * Colours for a terminal, and none elsewhere: not in a pipe, a file or CI, nor where NO_COLOR is set (https://no-color.org).
 * FORCE_COLOR asks for them everywhere.
 */
import pc from "picocolors";

type Colours = ReturnType<typeof pc.createColors>;

function coloursOf(stream: { readonly isTTY?: boolean }): Colours {
  return pc.createColors(pc.isColorSupported && (stream.isTTY === true || Boolean(process.env.FORCE_COLOR)));
}

export const onOutput: Colours = coloursOf(process.stdout);
export const onErrors: Colours = coloursOf(process.stderr);
