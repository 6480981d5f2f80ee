import type { Lane } from "./lane.ts";

/** Which lane one live connection's requests to one target take. A class because the hot path reads it. */
export class Pin {
  lane: Lane;
  /** Requests of the live connection that are not decided: while there are any, order forbids another lane. */
  outstanding = 0;
  /** The live connection is over. */
  released = false;

  constructor(lane: Lane) {
    this.lane = lane;
  }
}
