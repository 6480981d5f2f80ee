/** The part of JSON Schema (2020-12) that the schemas in docs/ use. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly not?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
}

const KNOWN = new Set(
  "$schema title description $ref $defs const enum not anyOf type pattern minLength maxLength minimum maximum items minItems maxItems required properties patternProperties additionalProperties".split(
    " ",
  ),
);

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** Everything in `value` that the schema does not allow, as `path: what`. Throws on a keyword that it does not know. */
export function violations(schema: Schema, value: unknown, root = schema, path = "$"): string[] {
  for (const keyword of Object.keys(schema))
    if (!KNOWN.has(keyword)) throw new Error(`${path}: the schema uses ${keyword}`);
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace("#/$defs/", "");
    const referred = root.$defs?.[name];
    if (referred === undefined) throw new Error(`${path}: there is no ${schema.$ref}`);
    return violations(referred, value, root, path);
  }
  if (schema.anyOf !== undefined)
    return schema.anyOf.some((one) => violations(one, value, root, path).length === 0)
      ? []
      : [`${path}: matches no alternative`];
  if (schema.not !== undefined && violations(schema.not, value, root, path).length === 0)
    return [`${path}: is what it must not be`];
  if (schema.enum !== undefined)
    return schema.enum.includes(value) ? [] : [`${path}: is not one of ${schema.enum.join(", ")}`];
  if ("const" in schema) return value === schema.const ? [] : [`${path}: is not ${schema.const}`];

  const type = typeOf(value);
  if (schema.type !== undefined && type !== schema.type)
    if (!(schema.type === "number" && type === "integer"))
      return [`${path}: is ${type}, not ${schema.type}`];

  const faults: string[] = [];
  if (typeof value === "string") {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
      faults.push(`${path}: does not match`);
    if (value.length < (schema.minLength ?? 0)) faults.push(`${path}: is too short`);
    if (value.length > (schema.maxLength ?? value.length)) faults.push(`${path}: is too long`);
  }
  if (typeof value === "number") {
    if (value < (schema.minimum ?? value)) faults.push(`${path}: is too small`);
    if (value > (schema.maximum ?? value)) faults.push(`${path}: is too large`);
  }
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) faults.push(`${path}: has too few entries`);
    if (value.length > (schema.maxItems ?? value.length))
      faults.push(`${path}: has too many entries`);
  }
  if (Array.isArray(value) && schema.items !== undefined)
    for (const [index, item] of value.entries())
      faults.push(...violations(schema.items, item, root, `${path}[${index}]`));
  if (type === "object") faults.push(...objectViolations(schema, value as object, root, path));
  return faults;
}

function objectViolations(schema: Schema, value: object, root: Schema, path: string): string[] {
  const faults: string[] = [];
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(value, name)) faults.push(`${path}.${name}: is missing`);
  for (const [name, member] of Object.entries(value)) {
    const pattern = Object.entries(schema.patternProperties ?? {}).find(([source]) =>
      new RegExp(source).test(name),
    );
    const allowed =
      schema.properties?.[name] ?? pattern?.[1] ?? schema.additionalProperties ?? true;
    if (allowed === false) faults.push(`${path}.${name}: is not allowed`);
    else if (allowed !== true) faults.push(...violations(allowed, member, root, `${path}.${name}`));
  }
  return faults;
}
