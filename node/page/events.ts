/** Server-sent events out of the text of a stream (HTML, 9.2.6), as far as a peer writes them: a name and one line of data. */

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** More text than this without an end is no stream of a peer. */
const MOST_CHARACTERS = 16 * 2 ** 20;

/** A function that takes the next text and gives the events that it completes. @throws RangeError where one has no end. */
export function eventReader(): (text: string) => ServerEvent[] {
  let rest = "";
  return (text) => {
    rest += text;
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    if (rest.length > MOST_CHARACTERS) throw new RangeError("an event without an end");
    return blocks.flatMap(eventOf);
  };
}

function eventOf(block: string): ServerEvent[] {
  const lines = block.split("\n");
  const fieldOf = (field: string) => lines.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2);
  const [name, data] = [fieldOf("event"), fieldOf("data")];
  return name === undefined || data === undefined ? [] : [{ name, data }];
}
