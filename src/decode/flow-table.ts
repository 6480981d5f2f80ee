import { type Segment, TUPLE_WORDS } from "../model/segment.ts";
import type { Connection } from "./connection.ts";

/** The live connections, by tuple and by last use. */
export interface FlowTable {
  find(segment: Segment): Connection | undefined;
  /** Adds a connection whose tuple is not in the table. */
  add(connection: Connection): void;
  remove(connection: Connection): void;
  /** Marks a connection as used at `timeNs`; exact to a second, which is all that expiry needs. */
  touch(connection: Connection, timeNs: number): void;
  /** The connection that has not been used for longest. */
  oldest(): Connection | undefined;
  readonly size: number;
}

const TOUCH_EVERY_NS = 1e9;

/** Keys are hashes: equal keys are told apart by the tuple, in a chain that is nearly always one long. */
export function createFlowTable(): FlowTable {
  const byKey = new Map<number, Connection>();
  let oldest: Connection | undefined;
  let newest: Connection | undefined;
  let last: Connection | undefined;
  let size = 0;

  function unlink(connection: Connection): void {
    const { older, newer } = connection;
    if (older === undefined) oldest = newer;
    else older.newer = newer;
    if (newer === undefined) newest = older;
    else newer.older = older;
  }

  function append(connection: Connection): void {
    connection.older = newest;
    connection.newer = undefined;
    if (newest === undefined) oldest = connection;
    else newest.newer = connection;
    newest = connection;
  }

  return {
    find(segment) {
      // Segments of one flow come in runs, and the chunks of a large one always do.
      if (last !== undefined && isFlowOf(last, segment)) return last;
      let connection = byKey.get(segment.flowKey);
      while (connection !== undefined && !isFlowOf(connection, segment))
        connection = connection.nextWithKey;
      if (connection !== undefined) last = connection;
      return connection;
    },
    add(connection) {
      connection.nextWithKey = byKey.get(connection.flowKey);
      byKey.set(connection.flowKey, connection);
      append(connection);
      size++;
    },
    remove(connection) {
      const first = byKey.get(connection.flowKey);
      if (first === connection) {
        if (connection.nextWithKey === undefined) byKey.delete(connection.flowKey);
        else byKey.set(connection.flowKey, connection.nextWithKey);
      } else {
        let before = first;
        while (before !== undefined && before.nextWithKey !== connection)
          before = before.nextWithKey;
        if (before === undefined) return;
        before.nextWithKey = connection.nextWithKey;
      }
      connection.nextWithKey = undefined;
      if (last === connection) last = undefined;
      unlink(connection);
      size--;
    },
    touch(connection, timeNs) {
      if (timeNs - connection.touchedNs < TOUCH_EVERY_NS) return;
      connection.touchedNs = timeNs;
      if (connection === newest) return;
      unlink(connection);
      append(connection);
    },
    oldest: () => oldest,
    get size() {
      return size;
    },
  };
}

function isFlowOf(connection: Connection, segment: Segment): boolean {
  if (connection.flowKey !== segment.flowKey) return false;
  const { tuple } = connection;
  const { words, tupleAt } = segment;
  for (let i = 0; i < TUPLE_WORDS; i++) if (tuple[i] !== words[tupleAt + i]) return false;
  return true;
}
