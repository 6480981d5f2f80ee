import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The JSON Schema of rules files, made of the schema that they are checked with. */
export function configSchemaJson(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  return `${JSON.stringify(schema, null, 2)}\n`;
}
