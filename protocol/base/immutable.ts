/** A value that nobody changes, at any depth; lists and tuples stay what they are. */
export type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

/** The same, in the hands of who makes it: what others only read may change there. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
