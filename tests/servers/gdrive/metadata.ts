/** What a request's body says of a file. */
import { driveError } from "./error.ts";
import { isArray, isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import { FILE } from "./schema.ts";
import { parseTime } from "./time.ts";

/** Changes of custom properties: `null` takes one away. */
export type PropertyChanges = Readonly<Record<string, string | null>>;

/** What can be said of a file. */
export interface Metadata {
  readonly id?: string;
  readonly name?: string;
  readonly mimeType?: string;
  readonly parents?: readonly string[];
  readonly description?: string;
  readonly originalFilename?: string;
  readonly starred?: boolean;
  readonly trashed?: boolean;
  readonly createdTime?: Date;
  readonly modifiedTime?: Date;
  readonly properties?: PropertyChanges;
  readonly appProperties?: PropertyChanges;
  readonly targetId?: string;
}

/** What it is said for. */
export type Purpose = "create" | "copy" | "update";

/** The fields that may be written, and when. */
const WRITABLE: Readonly<Record<string, readonly Purpose[]>> = {
  appProperties: ["create", "copy", "update"],
  createdTime: ["create", "copy"],
  description: ["create", "copy", "update"],
  id: ["create", "copy"],
  mimeType: ["create", "copy", "update"],
  modifiedTime: ["create", "copy", "update"],
  name: ["create", "copy", "update"],
  originalFilename: ["create", "copy", "update"],
  parents: ["create", "copy"],
  properties: ["create", "copy", "update"],
  shortcutDetails: ["create"],
  starred: ["create", "copy", "update"],
  trashed: ["update"],
};

/** Those that Drive lets be written, but which nothing is done about here. */
const UNSERVED = [
  "contentHints",
  "contentRestrictions",
  "copyRequiresWriterPermission",
  "folderColorRgb",
  "inheritedPermissionsDisabled",
  "viewedByMeTime",
  "writersCanShare",
];

const invalidValue = (name: string) => driveError("badRequest", `Invalid value for field "${name}".`);

function textOf(body: JsonObject, name: string): string | undefined {
  const value = body[name] ?? undefined;
  if (value !== undefined && typeof value !== "string") throw invalidValue(name);
  return value;
}

function flagOf(body: JsonObject, name: string): boolean | undefined {
  const value = body[name] ?? undefined;
  if (value !== undefined && typeof value !== "boolean") throw invalidValue(name);
  return value;
}

function timeOf(body: JsonObject, name: string): Date | undefined {
  const text = textOf(body, name);
  const time = text === undefined ? undefined : parseTime(text);
  if (text !== undefined && time === undefined) throw invalidValue(name);
  return time;
}

function textsOf(body: JsonObject, name: string): readonly string[] | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!isArray(value)) throw invalidValue(name);
  return value.map((item) => {
    if (typeof item !== "string") throw invalidValue(name);
    return item;
  });
}

function propertiesOf(body: JsonObject, name: string): PropertyChanges | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!isObject(value)) throw invalidValue(name);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (item !== null && typeof item !== "string") throw invalidValue(name);
      return [key, item];
    }),
  );
}

function targetOf(body: JsonObject): string | undefined {
  const details = body.shortcutDetails ?? undefined;
  if (details === undefined) return undefined;
  if (!isObject(details) || Object.keys(details).some((name) => name !== "targetId")) {
    throw invalidValue("shortcutDetails");
  }
  return textOf(details, "targetId");
}

function checkNames(body: JsonObject, purpose: Purpose): void {
  for (const name of Object.keys(body)) {
    const purposes = Object.hasOwn(WRITABLE, name) ? WRITABLE[name] : undefined;
    if (purposes?.includes(purpose)) continue;
    if (!Object.hasOwn(FILE, name)) {
      throw driveError(
        "badRequest",
        `Invalid JSON payload received. Unknown name "${name}": Cannot find field.`,
      );
    }
    if (UNSERVED.includes(name)) {
      throw driveError("badRequest", `The stand-in does not serve the field ${name}.`);
    }
    throw driveError(
      "fieldNotWritable",
      name === "parents"
        ? "The parents field is not directly writable in update requests. Use the addParents and removeParents parameters instead."
        : "The resource body includes fields which are not directly writable.",
    );
  }
}

/** Checks what was said. */
export function readMetadata(body: Json, purpose: Purpose): Metadata {
  if (!isObject(body)) throw driveError("badRequest", "Invalid JSON payload received.");
  checkNames(body, purpose);
  return {
    id: textOf(body, "id"),
    name: textOf(body, "name"),
    mimeType: textOf(body, "mimeType"),
    parents: textsOf(body, "parents"),
    description: textOf(body, "description"),
    originalFilename: textOf(body, "originalFilename"),
    starred: flagOf(body, "starred"),
    trashed: flagOf(body, "trashed"),
    createdTime: timeOf(body, "createdTime"),
    modifiedTime: timeOf(body, "modifiedTime"),
    properties: propertiesOf(body, "properties"),
    appProperties: propertiesOf(body, "appProperties"),
    targetId: targetOf(body),
  };
}

/** The JSON of a body, an empty object when there is none. */
export function parseBody(bytes: Uint8Array, contentType: string | undefined): Json {
  if (bytes.length === 0) return {};
  if (!/^application\/json(\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i.test(contentType ?? "")) {
    throw driveError(
      "invalidContentType",
      `Content type ${contentType ?? ""} is not supported. Use application/json; charset=UTF-8.`,
    );
  }
  return parseText(bytes);
}

/** JSON of UTF-8, or parseError. */
export function parseText(bytes: Uint8Array): Json {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw driveError("parseError", "Parse Error");
  }
}

/** What a body says of the file's name, as far as it can be understood. */
export function nameIn(body: Json): string | undefined {
  return isObject(body) && typeof body.name === "string" ? body.name : undefined;
}
