import type { DecodedCapture } from "../model/decoded.ts";
import { seen, total } from "../model/ledger.ts";
import { API_VERSION } from "../model/output.ts";
import type { PassedReason, RefusedReason } from "../model/packet-ledger.ts";
import { asciiJson } from "./ascii-json.ts";
import { captureRows } from "./capture-rows.ts";
import { formatBytes, formatCount } from "./quantity.ts";
import { countRow, type Row, reasonRows, renderRows } from "./rows.ts";
import { paint, type Style } from "./style.ts";

const PASSED_ADVICE: Readonly<Record<PassedReason, string>> = {
  not_ip: "ARP and the like.",
  not_tcp: "UDP and the like.",
  other_port: "Of other services, or --port names the wrong one.",
  no_data: "Acknowledgements.",
  answer_body: "Of answers only the beginnings are read.",
};

const REFUSED_ADVICE: Readonly<Record<RefusedReason, string>> = {
  link_type: "Of an interface whose link layer is not read.",
  header_cut: "So little of them was captured that their headers are not whole. tcpdump -s 0.",
  link_header: "Shorter than their link layer's header, or with too many VLAN tags.",
  ip_header: "Headers that are no IP header.",
  tcp_header: "Headers that are no TCP header.",
  fragment: "IP fragments are not put together.",
};

function packetRows({ packets }: DecodedCapture): Row[] {
  return [
    { label: "packets", value: formatCount(packets.packets), colour: "bold" },
    ...reasonRows("passed over", packets.passed_over, PASSED_ADVICE),
    ...reasonRows("refused", packets.refused, REFUSED_ADVICE, "red"),
    ...countRow("decoded", packets.handed_on, "Handed to the decoder."),
    ...countRow(
      "of them cut",
      packets.cut.packets,
      `The capture lacks ${formatBytes(packets.cut.bytes)} of what clients sent in them. tcpdump -s 0.`,
      "red",
    ),
  ];
}

/** What a live capture can do about it does not help with a file. */
const REQUEST_ADVICE: Readonly<Record<string, string>> = {
  "lost gap": "Bytes of them are not in the capture.",
  "lost joined_mid_stream":
    "Could not be told apart: on connections that were open before, or behind a gap.",
  "lost left_mid_stream": "In progress when the capture ended.",
  shed: "More than memory for requests under way can hold.",
};

function requestRows({ requests }: DecodedCapture): Row[] {
  const rows = captureRows(requests).map((row) => {
    const note = REQUEST_ADVICE[row.label.trim()];
    if (note !== undefined) return { ...row, note };
    return row.label === "seen" ? { ...row, label: "requests" } : row;
  });
  return [...rows, ...countRow("decoded", requests.decoded, "Listed above.", "green")];
}

function headline({ format, fileBytes, ports, packets, requests }: DecodedCapture): string {
  const count = seen(requests);
  const noun = count === 1 ? "request" : "requests";
  const what = format === undefined ? "" : ` of ${format}`;
  const found = `${formatCount(count)} ${noun} to port ${ports}, ${formatCount(requests.decoded)} decoded`;
  const noneThere =
    packets.packets > 0 && packets.handed_on === 0
      ? ` No packet is of port ${ports}: is it the port in the capture, before or behind a mapping?`
      : "";
  return `Read ${formatBytes(fileBytes)}${what}: ${found}.${noneThere}`;
}

function verdict({ packets, requests }: DecodedCapture): string {
  const lost = total(requests.lost) + requests.shed;
  const refused = total(packets.refused);
  if (lost + refused === 0) return "Nothing was lost or refused.";
  return `${formatCount(lost)} requests lost, ${formatCount(refused)} packets refused. docs/output.md and docs/ledger.md explain the reasons.`;
}

/** What was read of a capture, for people. Ends with a line feed. */
export function formatDecodedCapture(decoded: DecodedCapture, style: Style): string {
  const isClean = total(decoded.requests.lost) + total(decoded.packets.refused) === 0;
  return [
    headline(decoded),
    renderRows([...packetRows(decoded), ...requestRows(decoded)], style),
    `${isClean ? verdict(decoded) : paint(style, "yellow", verdict(decoded))}\n`,
  ].join("\n\n");
}

/** The same as one line of JSON, `kind` DecodedCapture. */
export function decodedCaptureJson(decoded: DecodedCapture): string {
  const { format, fileBytes, blocksSkipped, ports, packets, requests } = decoded;
  return asciiJson({
    apiVersion: API_VERSION,
    kind: "DecodedCapture",
    format: format ?? null,
    file_bytes: fileBytes,
    blocks_skipped: blocksSkipped,
    ports,
    packets,
    requests: { seen: seen(requests), ...requests },
  });
}
