import { z } from "zod";
import {
  byteCount,
  fieldValue,
  hexBytes,
  hostname,
  mediaType,
  method,
  text,
  token,
} from "./schema-leaves.ts";

/** What a request must be: `match` of a rules file. Names and match kinds are those of Gateway API's HTTPRouteMatch. */

const PATH_TYPES = ["Exact", "PathPrefix", "RegularExpression", "Template", "Glob"] as const;
const VALUE_TYPES = ["Exact", "Prefix", "RegularExpression", "Present", "Absent"] as const;

const pathTest = z
  .strictObject({
    type: z
      .enum(PATH_TYPES)
      .describe("How `value` is compared. PathPrefix, the default, goes by whole segments.")
      .optional(),
    value: text("a path", "The path, as it is sent: case counts, without a query."),
  })
  .describe("Compared with the path of the request target, without its query.");

function valueTest(name: ReturnType<typeof token>) {
  return z.strictObject({
    name,
    type: z
      .enum(VALUE_TYPES)
      .describe("How `value` is compared. The default is Exact. Present and Absent take no value.")
      .optional(),
    value: fieldValue.describe("Compared byte by byte; case counts.").optional(),
  });
}

const headerTest = valueTest(token("the name of a header field", "In any case."));
const cookieTest = valueTest(token("the name of a cookie", "Case counts."));
const queryTest = valueTest(
  text("the name of a query parameter", "After percent-encoding is undone; case counts.", 256),
);

const MAX_TESTS = 64;

/** A request matches when every part that is given holds. */
export interface MatchDocument {
  method?: string | undefined;
  path?: z.infer<typeof pathTest> | undefined;
  hostnames?: string[] | undefined;
  headers?: z.infer<typeof headerTest>[] | undefined;
  queryParams?: z.infer<typeof queryTest>[] | undefined;
  cookies?: z.infer<typeof cookieTest>[] | undefined;
  contentType?: string | undefined;
  bodySize?: { min?: number | string | undefined; max?: number | string | undefined } | undefined;
  prefix?: { text?: string | undefined; hex?: string | undefined } | undefined;
  all?: MatchDocument[] | undefined;
  any?: MatchDocument[] | undefined;
  not?: MatchDocument | undefined;
}

function listOf<T extends z.ZodType>(one: T, description: string) {
  return z.array(one).min(1).max(MAX_TESTS).describe(description).optional();
}

export const matchSchema: z.ZodType<MatchDocument> = z
  .strictObject({
    method: method.describe("The method.").optional(),
    path: pathTest.optional(),
    hostnames: listOf(
      hostname,
      "The request is for one of these hosts; *.NAME is one label or more below.",
    ),
    headers: listOf(headerTest, "All of these header fields."),
    queryParams: listOf(queryTest, "All of these query parameters."),
    cookies: listOf(cookieTest, "All of these cookies."),
    contentType: mediaType.optional(),
    bodySize: z
      .strictObject({
        min: byteCount("At least this many bytes.").optional(),
        max: byteCount("At most this many bytes.").optional(),
      })
      .describe("Bytes of the body, as sent.")
      .optional(),
    prefix: z
      .strictObject({
        text: text("text", "The bytes as text, in UTF-8.", 256).optional(),
        hex: hexBytes.optional(),
      })
      .meta({ not: { required: ["text", "hex"] } })
      .describe("Bytes that the request begins with, its request line included.")
      .optional(),
    get all() {
      return listOf(
        z.lazy(() => matchSchema),
        "All of these hold.",
      );
    },
    get any() {
      return listOf(
        z.lazy(() => matchSchema),
        "At least one of these holds.",
      );
    },
    get not() {
      return z
        .lazy(() => matchSchema)
        .describe("This does not hold.")
        .optional();
    },
  })
  .meta({ id: "Match", description: "A request matches when every part that is given holds." });
