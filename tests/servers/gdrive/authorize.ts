/** Whether a request's token is good, and for what. */
import type { Principal, Tokens } from "./account.ts";
import { driveError } from "./error.ts";
import type { Operation } from "./route.ts";

/** The token of an Authorization header. */
export function bearer(authorization: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? "")?.[1];
}

/** Whose token it is, or authError. */
export function authenticate(tokens: Tokens, authorization: string | undefined): Principal {
  const token = bearer(authorization);
  const principal = token === undefined ? undefined : tokens.find(token);
  if (principal) return principal;
  throw driveError(
    "authError",
    token === undefined
      ? "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential."
      : "Invalid Credentials",
    { location: "Authorization", locationType: "header" },
    {
      "www-authenticate": `Bearer realm="https://accounts.google.com/"${
        token === undefined ? "" : ', error="invalid_token"'
      }`,
    },
  );
}

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
const WRITING = [scope("drive"), scope("drive.file")];
const READING = [...WRITING, scope("drive.readonly")];
const LOOKING = [...READING, scope("drive.metadata"), scope("drive.metadata.readonly")];

const SCOPES: Readonly<Record<Operation, readonly string[]>> = {
  "about.get": LOOKING,
  auth: [],
  "drives.get": [scope("drive"), scope("drive.readonly")],
  "drives.list": [scope("drive"), scope("drive.readonly")],
  "files.copy": WRITING,
  "files.create": WRITING,
  "files.delete": WRITING,
  "files.download": READING,
  "files.generateIds": WRITING,
  "files.get": LOOKING,
  "files.list": LOOKING,
  "files.update": [...WRITING, scope("drive.metadata")],
  "revisions.get": LOOKING,
  "revisions.list": LOOKING,
  token: [],
  "upload.cancel": WRITING,
  "upload.create": WRITING,
  "upload.put": WRITING,
  "upload.start": WRITING,
  "upload.status": WRITING,
  "upload.update": WRITING,
};

/** insufficientPermissions unless one of the scopes allows the operation. */
export function checkScopes(principal: Principal, operation: Operation): void {
  if (SCOPES[operation].some((name) => principal.scopes.includes(name))) return;
  throw driveError(
    "insufficientPermissions",
    "Request had insufficient authentication scopes.",
    {},
    { "www-authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"' },
  );
}

/** Whether the scopes let it see the files of its own client only. */
export function seesOwnFilesOnly(principal: Principal): boolean {
  return principal.scopes.includes(scope("drive.file")) &&
    !principal.scopes.some((name) => LOOKING.includes(name) && name !== scope("drive.file"));
}
