import { FIELD_STRIDE } from "../../model/request.ts";
import { asciiLowerCase, latin1Bytes, standsAtInAnyCase } from "./bytes.ts";
import type { ValuesOf } from "./value-test.ts";

/** Finds the values of all field lines of a name, given in any case. */
export function compileHeaderValues(name: string): ValuesOf {
  const wanted = latin1Bytes(asciiLowerCase(name));
  if (wanted === undefined) return () => false;
  const length = wanted.length;
  return (request, test) => {
    const { bytes, fields } = request;
    const end = request.fieldCount * FIELD_STRIDE;
    for (let slot = 0; slot < end; slot += FIELD_STRIDE) {
      const nameStart = fields[slot] as number;
      if (
        (fields[slot + 1] as number) - nameStart === length &&
        standsAtInAnyCase(bytes, nameStart, wanted) &&
        test(bytes, fields[slot + 2] as number, fields[slot + 3] as number)
      )
        return true;
    }
    return false;
  };
}
