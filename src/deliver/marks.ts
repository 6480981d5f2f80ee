import { FIELD_STRIDE, type RequestView } from "../model/request.ts";
import { markedBaggage, SHADOW_MEMBER } from "./baggage.ts";
import { Fate } from "./field-fates.ts";
import { linkedState, newSpan, SPAN_LENGTH, SPAN_OFFSET, spanOf } from "./trace-context.ts";

/** How one copy is marked in fields that the client has sent too. */
export interface Marks {
  /** By index of the field: its new value. */
  readonly values: readonly (string | undefined)[];
  /** Fields to add, each with its line end. */
  readonly added: string;
}

export const SHADOW_BAGGAGE = `baggage: ${SHADOW_MEMBER}\r\n`;
/** No copy grows by more through `Marks`, beyond what `SHADOW_BAGGAGE` adds to every one. */
export const MOST_MARK_BYTES = `tracestate: ${linkedState([], "0".repeat(SPAN_LENGTH))}\r\n`.length;

/** Decides about the baggage and trace fields that `fates` tells of, and settles their fates. */
export function decideMarks(request: RequestView, fates: Uint8Array): Marks {
  const baggage: number[] = [];
  const parents: number[] = [];
  const states: number[] = [];
  for (let i = 0; i < request.fieldCount; i++) {
    const fate = fates[i];
    if (fate === Fate.baggage) baggage.push(i);
    else if (fate === Fate.traceparent) parents.push(i);
    else if (fate === Fate.tracestate) states.push(i);
  }
  const values: (string | undefined)[] = [];
  /** Several fields of a name become the first. */
  const replace = (indices: readonly number[], value: string) => {
    for (const [turn, index] of indices.entries()) {
      fates[index] = turn === 0 ? Fate.newValue : Fate.drop;
      if (turn === 0) values[index] = value;
    }
  };
  const leave = (indices: readonly number[]) => {
    for (const index of indices) fates[index] = Fate.keep;
  };
  let added = "";

  if (baggage.length === 0) added += SHADOW_BAGGAGE;
  else {
    const marked = markedBaggage(fieldValues(request, baggage));
    if (marked === undefined) leave(baggage);
    else replace(baggage, marked);
  }

  const [parent = ""] = fieldValues(request, parents);
  const span = parents.length === 1 ? spanOf(parent) : undefined;
  if (span === undefined) {
    leave(parents);
    leave(states);
  } else {
    const rest = parent.slice(SPAN_OFFSET + SPAN_LENGTH);
    replace(parents, parent.slice(0, SPAN_OFFSET) + newSpan() + rest);
    const state = linkedState(fieldValues(request, states), span);
    if (states.length > 0) replace(states, state);
    else added += `tracestate: ${state}\r\n`;
  }
  return { values, added };
}

/** As latin1, which is what was on the wire. */
function fieldValues({ bytes, fields }: RequestView, indices: readonly number[]): string[] {
  return indices.map((index) => {
    const at = index * FIELD_STRIDE;
    return Buffer.prototype.latin1Slice.call(bytes, fields[at + 2], fields[at + 3]);
  });
}
