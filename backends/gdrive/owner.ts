import { NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import type { Owner, RequestOptions } from "../backend.ts";
import { checkKey } from "../keys.ts";
import { member } from "./file.ts";
import { ALL_DRIVES } from "./files.ts";
import type { DriveStore } from "./store.ts";

/** Who owns an object: in a shared drive nobody does. */
export async function ownerOf(
  store: DriveStore,
  key: string,
  { signal, onWarning }: RequestOptions = {},
): Promise<Owner> {
  signal?.throwIfAborted();
  checkKey(key);
  const where = { key, bucket: store.name };
  const { files: [file] } = await store.find(key, signal, onWarning);
  if (!file) throw new NotFoundError(`there is no "${key}" in ${store.name}.`, where);
  const answer = await store.client.json({ operation: "files.get", key }, {
    method: "GET",
    path: `/drive/v3/files/${file.id}`,
    query: { ...ALL_DRIVES, fields: "owners(permissionId,displayName,emailAddress)" },
  }, { signal });
  const owners = member(answer, "owners");
  const first: unknown = Array.isArray(owners) ? owners[0] : undefined;
  const email = member(first, "emailAddress");
  const id = member(first, "permissionId");
  const name = member(first, "displayName");
  const known = typeof email === "string" ? email : id;
  if (typeof known !== "string") {
    throw new UnsupportedError(
      `"${key}" has no owner: what is in a shared drive belongs to the drive`,
      where,
    );
  }
  return { id: known, ...(typeof name === "string" ? { displayName: name } : {}) };
}
