/** The parameters of the query that each operation takes, as in Google's own client; others are refused. */
import { parameterError } from "./error.ts";
import type { Operation } from "./route.ts";

type Kind = "boolean" | "integer" | "string";

const COMMON: Readonly<Record<string, Kind>> = {
  alt: "string",
  fields: "string",
  key: "string",
  prettyPrint: "boolean",
  quotaUser: "string",
};

/** Those of every operation on one file. The labels and permissions that could be included are not here. */
const ONE_FILE: Readonly<Record<string, Kind>> = {
  supportsAllDrives: "boolean",
  supportsTeamDrives: "boolean",
  includeLabels: "string",
  includePermissionsForView: "string",
};

const WRITE: Readonly<Record<string, Kind>> = {
  ...ONE_FILE,
  enforceSingleParent: "boolean",
  keepRevisionForever: "boolean",
  ocrLanguage: "string",
  useContentAsIndexableText: "boolean",
};

const CREATE: Readonly<Record<string, Kind>> = { ...WRITE, ignoreDefaultVisibility: "boolean" };
const UPDATE: Readonly<Record<string, Kind>> = { ...WRITE, addParents: "string", removeParents: "string" };
const UPLOAD: Readonly<Record<string, Kind>> = { uploadType: "string" };
const SESSION: Readonly<Record<string, Kind>> = { ...CREATE, ...UPDATE, ...UPLOAD, upload_id: "string" };

/** `undefined`: whatever the operation itself takes. */
const PARAMETERS: Readonly<Record<Operation, Readonly<Record<string, Kind>> | undefined>> = {
  "about.get": {},
  auth: undefined,
  "drives.get": { useDomainAdminAccess: "boolean" },
  "drives.list": { pageSize: "integer", pageToken: "string", useDomainAdminAccess: "boolean" },
  "files.copy": { ...CREATE, copyComments: "boolean" },
  "files.create": CREATE,
  "files.delete": {
    enforceSingleParent: "boolean",
    supportsAllDrives: "boolean",
    supportsTeamDrives: "boolean",
  },
  "files.download": { ...ONE_FILE, acknowledgeAbuse: "boolean" },
  "files.generateIds": { count: "integer", space: "string", type: "string" },
  "files.get": { ...ONE_FILE, acknowledgeAbuse: "boolean" },
  "files.list": {
    ...ONE_FILE,
    corpora: "string",
    driveId: "string",
    includeItemsFromAllDrives: "boolean",
    orderBy: "string",
    pageSize: "integer",
    pageToken: "string",
    q: "string",
    spaces: "string",
  },
  "files.update": UPDATE,
  "revisions.get": { acknowledgeAbuse: "boolean" },
  "revisions.list": { pageSize: "integer", pageToken: "string" },
  token: undefined,
  "upload.cancel": SESSION,
  "upload.create": { ...CREATE, ...UPLOAD },
  "upload.put": SESSION,
  "upload.start": { ...CREATE, ...UPDATE, ...UPLOAD },
  "upload.status": SESSION,
  "upload.update": { ...UPDATE, ...UPLOAD },
};

/** The checked parameters of a request. */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;

  /** Throws for parameters that the operation doesn't take, that come twice, or that aren't of their kind. */
  constructor(operation: Operation, query: URLSearchParams) {
    const values = new Map<string, string>();
    const own = PARAMETERS[operation];
    for (const [name, value] of query) {
      const kind = own === undefined ? "string" : own[name] ?? COMMON[name];
      if (kind === undefined) {
        throw parameterError(
          "invalidParameter",
          name,
          `Unknown name "${name}": Cannot bind query parameter.`,
        );
      }
      if (values.has(name)) throw parameterError("invalidParameter", name, `"${name}" is given twice.`);
      if (kind === "boolean" && value !== "true" && value !== "false") {
        throw parameterError("invalidParameter", name, `Invalid value '${value}'. It must be a boolean.`);
      }
      if (kind === "integer" && !/^-?\d{1,10}$/.test(value)) {
        throw parameterError("invalidParameter", name, `Invalid value '${value}'. It must be an integer.`);
      }
      values.set(name, value);
    }
    this.#values = values;
    this.#checkAlt(operation);
  }

  /** `media` is for what has bytes. */
  #checkAlt(operation: Operation): void {
    const alt = this.text("alt") ?? "json";
    const hasMedia = operation === "files.download" || operation === "revisions.get";
    if (alt !== "json" && !(hasMedia && alt === "media") && operation !== "auth" && operation !== "token") {
      throw parameterError("invalidParameter", "alt", `Invalid value '${alt}'.`);
    }
  }

  /** A parameter as it was given. */
  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Whether it is true. */
  flag(name: string): boolean {
    return this.#values.get(name) === "true";
  }

  /** A whole number between bounds. */
  integer(name: string, fallback: number, least: number, most: number): number {
    const value = Number(this.#values.get(name) ?? fallback);
    if (value >= least && value <= most) return value;
    throw parameterError(
      "invalidParameter",
      name,
      `Invalid value '${value}'. Values must be within the range: [${least}, ${most}]`,
    );
  }

  /** What a list was asked for; a token for the next page is good for the same alone. */
  signature(): string {
    return JSON.stringify(
      [...this.#values].filter(([name]) => name !== "pageToken" && name !== "fields").sort(),
    );
  }
}
