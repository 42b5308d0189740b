/** What Node 20 lacks of JavaScript, as far as `all.ts` needs it. */
Promise.withResolvers ??= function withResolvers<T>(this: PromiseConstructor) {
  let [resolve, reject]: [(value: T | PromiseLike<T>) => void, (reason?: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
};

Map.groupBy ??= function groupBy<Key, Item>(items: Iterable<Item>, keyOf: (item: Item, index: number) => Key) {
  const groups = new Map<Key, Item[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index++);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

Object.groupBy ??= <Key extends PropertyKey, Item>(
  items: Iterable<Item>,
  keyOf: (item: Item, index: number) => Key,
): Partial<Record<Key, Item[]>> => Object.fromEntries(Map.groupBy(items, keyOf)) as Partial<Record<Key, Item[]>>;

/** The old one is not detached. */
ArrayBuffer.prototype.transfer ??= function transfer(this: ArrayBuffer, bytes: number = this.byteLength) {
  const moved = new ArrayBuffer(bytes);
  new Uint8Array(moved).set(new Uint8Array(this, 0, Math.min(bytes, this.byteLength)));
  return moved;
};
