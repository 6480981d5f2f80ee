import type { Style } from "../../src/report/style.ts";

/** ASCII without colour: what any stream can show. */
export const PLAIN: Style = { colour: false, unicode: false };
