/** A value that nobody changes, at any depth; lists and tuples stay what they are. */
export type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;
