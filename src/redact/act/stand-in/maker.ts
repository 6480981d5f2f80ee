/** Makes what stands in for one kind of personal data, and knows it again. */
export interface StandInMaker {
  /** What two spellings of the same thing have in common, such as a number without its separators: they get the same stand-in. */
  readonly identity: (value: string) => string;
  /** What several values share and their stand-ins shall share, such as the domain of addresses. */
  readonly group?: (value: string) => string;
  /** Draws from `bytes`, 128 or as many as the value has characters, and for what is shared from `groupBytes`. */
  readonly make: (value: string, bytes: Uint8Array, groupBytes: Uint8Array) => string;
  /** Whether a value is a stand-in, made under whatever key. */
  readonly is: (value: string) => boolean;
}

/** Letters and digits alone, in capitals. */
export const compact = (value: string): string => value.replace(/[^A-Za-z0-9]/g, "").toUpperCase();

export const digitsOf = (value: string): string => value.replace(/\D/g, "");
