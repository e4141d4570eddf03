/** Custom properties and their limits: those of the guide "Add custom file properties". */
import { driveError } from "./error.ts";
import type { PropertyChanges } from "./metadata.ts";
import type { Properties, StoredFile } from "./store.ts";

/** Bytes of a key and its value in UTF-8. */
const MAX_BYTES = 124;
/** Public ones of a file; and the private ones of one client. */
const MAX_OF_A_KIND = 30;
/** All of a file. */
const MAX_IN_ALL = 100;

function merge(before: Properties, changes: PropertyChanges | undefined): Properties {
  if (!changes) return before;
  const merged = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

function checkLengths(changes: PropertyChanges | undefined): void {
  const encoder = new TextEncoder();
  for (const [key, value] of Object.entries(changes ?? {})) {
    if (value === null || encoder.encode(key + value).length <= MAX_BYTES) continue;
    throw driveError(
      "propertyLengthLimitExceeded",
      "Properties and app properties are limited to 124 bytes in UTF-8 encoding, counting both the key and the value.",
    );
  }
}

/** What has properties. */
type Owner = Pick<StoredFile, "properties" | "appProperties">;

/** The properties of a file after a change by a client, or what is wrong with that. */
export function changeProperties(
  before: Owner,
  changes: { readonly properties?: PropertyChanges; readonly appProperties?: PropertyChanges },
  clientId: string,
): Owner {
  checkLengths(changes.properties);
  checkLengths(changes.appProperties);
  const properties = merge(before.properties, changes.properties);
  const own = merge(before.appProperties[clientId] ?? {}, changes.appProperties);
  const appProperties = { ...before.appProperties, [clientId]: own };
  const counts = [properties, ...Object.values(appProperties)].map((all) => Object.keys(all).length);
  if (counts.some((count) => count > MAX_OF_A_KIND) || counts.reduce((sum, n) => sum + n, 0) > MAX_IN_ALL) {
    throw driveError(
      "propertyCountLimitExceeded",
      "The limit on the number of properties and app properties has been exceeded.",
    );
  }
  return { properties, appProperties };
}
