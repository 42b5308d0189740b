/** Named things that tasks and scenarios ask for by their names: rules, codecs, attacks and the like. */

interface Named {
  readonly name: string;
}

/** The things of one kind, in the order in which they were listed. */
export interface Registry<Thing extends Named> extends ReadonlyMap<string, Thing> {
  /**
   * Adds one, for all who look it up from now on. Gives what takes it out again.
   * @throws RangeError where the name is taken.
   */
  add(thing: Thing): () => void;
}

/**
 * A registry that begins with these.
 * @throws RangeError where two of them have one name.
 */
export function registryOf<Thing extends Named>(things: readonly Thing[]): Registry<Thing> {
  const known = new Map<string, Thing>();
  const add = (thing: Thing) => {
    const { name } = thing;
    if (known.has(name)) throw new RangeError(`the name "${name}" is taken`);
    known.set(name, thing);
    return () => {
      if (known.get(name) === thing) known.delete(name);
    };
  };
  for (const thing of things) add(thing);
  return Object.assign(known, { add });
}
