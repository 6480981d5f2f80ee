import type { RefusalReason } from "../../model/redaction.ts";

/**
 * Asked for every value of a document. What it returns is put in its place; undefined: the value is removed, with its name. The very same
 * string: it stays as it stands, byte for byte. Values come decoded (escapes, percent-encoding, `+`, transfer encodings undone).
 */
export type Visit<Place> = (place: Place, value: string) => string | undefined;

/** Where a value of a form stands. One object for all calls: valid only during the call. */
export interface FormPlace {
  readonly kind: "form";
  /** Decoded; for multipart the part's name, empty where it has none. */
  readonly name: string;
  /** Whether it is the name itself that is shown, not the value: a name cannot be removed without its value. */
  readonly isName: boolean;
  /**
   * Multipart only: the name in lower case of the part's header line whose value, or whose parameter such as the file name, is shown.
   * Removing it leaves the rest of the part.
   */
  readonly header: string | undefined;
  /**
   * Multipart only: the Content-Type of a part that has one of its own. Only rules about the name should look at such a value: what is returned
   * unchanged goes to `nested`, which reads it by its type; what is returned changed does not.
   */
  readonly contentType: string | undefined;
}

/** Where a value of a JSON document stands. One object for all calls: valid only during the call. */
export interface JsonPlace {
  readonly kind: "json";
  /** Names of members, decoded, and indices of elements, from the root. For a name: with the name itself. */
  readonly path: readonly (string | number)[];
  /** For each element of the path a number of the object or array that it is in, which no other has, in whatever document. */
  readonly containers: readonly number[];
  /** Whether it is the name of a member that is shown. Removing it removes the member, whatever its value is. */
  readonly isName: boolean;
  /** The value is the literal text of a number. A stand-in that is no JSON number is written as a string. */
  readonly isNumber: boolean;
  /** The value is `true`, `false` or `null`. A stand-in that is none of them, nor a number, is written as a string. */
  readonly isLiteral: boolean;
}

/** A rewritten document, or why it cannot be read. Text is one character per byte. */
export type Rewritten =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refused"; readonly reason: RefusalReason };
