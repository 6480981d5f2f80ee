declare const brand: unique symbol;

/** A value of type T that only its own factory can make: identity without a class. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
