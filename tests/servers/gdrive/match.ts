/** Whether a file is what a query asks for. */
import type { Principal } from "./account.ts";
import type { Comparison, Condition } from "./query.ts";
import { isTrashedIn, type StoredFile, type View } from "./store.ts";

/** What the answer depends on beside the file. */
export interface Context {
  readonly view: Pick<View, "get">;
  readonly principal: Principal;
  /** What an id stands for. */
  resolve(id: string): string;
}

function compares(order: number, op: Comparison): boolean {
  switch (op) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

const words = (text: string) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");

/** A name contains what the words of it begin with: each one asked for, in any order. */
function nameContains(name: string, value: string): boolean {
  const own = words(name);
  return words(value).every((wanted) => own.some((word) => word.startsWith(wanted)));
}

function textMatches({ field, op, value }: Extract<Condition, { kind: "text" }>, file: StoredFile): boolean {
  if (op === "contains") {
    return field === "name" ? nameContains(file.name, value) : file.mimeType.includes(value);
  }
  // Names that begin with one of these are not found by them (rclone/rclone#3262).
  if (field === "name" && op === "=" && /^['\\]/.test(value)) return false;
  // Case does not count here, as it may not in Drive: whoever needs that name exactly has to look.
  return (file[field].toLowerCase() === value.toLowerCase()) === (op === "=");
}

/** Whether the condition holds. */
export function fileMatches(condition: Condition, file: StoredFile, context: Context): boolean {
  switch (condition.kind) {
    case "and":
      return fileMatches(condition.left, file, context) && fileMatches(condition.right, file, context);
    case "or":
      return fileMatches(condition.left, file, context) || fileMatches(condition.right, file, context);
    case "not":
      return !fileMatches(condition.of, file, context);
    case "text":
      return textMatches(condition, file);
    case "time":
      return compares(file[condition.field].getTime() - condition.value, condition.op);
    case "flag":
      return (condition.field === "trashed" ? isTrashedIn(context.view, file) : file.starred ?? false) ===
        condition.value;
    case "in":
      return condition.collection === "parents"
        ? file.parents.includes(context.resolve(condition.value))
        : file.owner === (condition.value === "me" ? context.principal.email : condition.value);
    case "has": {
      const all = condition.field === "properties"
        ? file.properties
        : file.appProperties[context.principal.clientId] ?? {};
      return Object.hasOwn(all, condition.key) && all[condition.key] === condition.value;
    }
  }
}
