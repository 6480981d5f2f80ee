import { type CaptureLedger, seen } from "../model/ledger.ts";
import {
  LOST_ADVICE,
  MALFORMED_ADVICE,
  SHED_ADVICE,
  SKIPPED_ADVICE,
  THROTTLED_ADVICE,
} from "./advice.ts";
import { formatCount } from "./quantity.ts";
import { countRow, type Row, reasonRows } from "./rows.ts";

/** Where everything went that was seen, reasons that did not occur left out. */
export function captureRows(capture: CaptureLedger): Row[] {
  return [
    { label: "seen", value: formatCount(seen(capture)), colour: "bold" },
    ...reasonRows("skipped", capture.skipped, SKIPPED_ADVICE),
    ...reasonRows("lost", capture.lost, LOST_ADVICE, "red"),
    ...countRow("shed", capture.shed, SHED_ADVICE, "red"),
    ...countRow("throttled", capture.throttled, THROTTLED_ADVICE, "yellow"),
    ...reasonRows("malformed", capture.malformed, MALFORMED_ADVICE, "yellow"),
    ...countRow(
      "(estimated)",
      capture.estimated,
      "Part of the numbers above: counted in the kernel by how they begin, so they may be off.",
    ),
  ];
}
