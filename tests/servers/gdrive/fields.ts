/** The `fields` parameter: a list of paths such as `nextPageToken,files(id,parents),user/me,*`. */
import { parameterError } from "./error.ts";
import { isArray, isObject, type Json } from "./json.ts";

/** What fields there are: of an object, of an object with names of its own (`"map"`), or none (`"value"`). Arrays are as their items. */
export type Schema = "value" | "map" | { readonly [name: string]: Schema };

/** Which of the fields are wanted. */
export type Mask = "all" | ReadonlyMap<string, Mask>;

const invalid = (what: string) =>
  parameterError("invalidParameter", "fields", `Invalid field selection ${what}`);

/** Parses; invalidParameter for what is malformed and for names that aren't in the schema. */
export function parseFields(text: string, schema: Schema): Mask {
  const tokens = text.match(/[A-Za-z0-9_]+|[*(),/]|\s+|[^]/g)?.filter((token) => token.trim() !== "") ?? [];
  let at = 0;

  const list = (level: Schema): Mask => {
    let mask: Mask = new Map();
    do mask = merge(mask, item(level)); while (tokens[at] === "," && ++at);
    return mask;
  };
  const item = (level: Schema): Mask => {
    const name = tokens[at++];
    if (name === "*") return "all";
    if (name === undefined || !/^\w+$/.test(name)) throw invalid(name ?? text);
    const inner: Schema | undefined = level === "map" ? "value" : level === "value" ? undefined : level[name];
    if (inner === undefined) throw invalid(name);
    let mask: Mask = "all";
    if (tokens[at] === "/") {
      at++;
      mask = item(inner);
    } else if (tokens[at] === "(") {
      at++;
      mask = list(inner);
      if (tokens[at++] !== ")") throw invalid(text);
    }
    return new Map([[name, mask]]);
  };

  const mask = list(schema);
  if (at < tokens.length) throw invalid(tokens[at]);
  return mask;
}

function merge(a: Mask, b: Mask): Mask {
  if (a === "all" || b === "all") return "all";
  const merged = new Map(a);
  for (const [name, mask] of b) {
    const other = merged.get(name);
    merged.set(name, other === undefined ? mask : merge(other, mask));
  }
  return merged;
}

/** What of a mask is about a field; `undefined` when it isn't wanted. */
export function maskOf(mask: Mask, name: string): Mask | undefined {
  return mask === "all" ? "all" : mask.get(name);
}

/** The value with the wanted fields alone. */
export function applyMask(value: Json, mask: Mask): Json {
  if (mask === "all") return value;
  if (isArray(value)) return value.map((item) => applyMask(item, mask));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const wanted = mask.get(name);
      return wanted === undefined ? [] : [[name, applyMask(inner, wanted)]];
    }),
  );
}
