/** What stdout gets: a line for people, a line of JSON, a frame of protobuf, or nothing. */
export const OUTPUT_KINDS = ["compact", "json", "protobuf", "none"] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** `apiVersion` of everything that shadowtap writes as JSON. */
export const API_VERSION = "shadowtap.dev/v1alpha1";
