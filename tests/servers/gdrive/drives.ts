/** drives.list, drives.get and about.get. */
import type { Reply } from "../http/reply.ts";
import { type Call, resourceReply } from "./call.ts";
import { parameterError } from "./error.ts";
import type { Json, JsonObject } from "./json.ts";
import { userResource } from "./resource.ts";
import { RESOURCES } from "./schema.ts";
import type { SharedDrive } from "./store.ts";

/** Whether there is such a drive, and the caller is a member. */
export function isMember(drive: SharedDrive | undefined): drive is SharedDrive {
  return drive !== undefined && drive.member !== false;
}

function driveResource(call: Call, { id, name, createdTime }: SharedDrive): JsonObject {
  const { role } = call.settings;
  return {
    kind: "drive#drive",
    id,
    name,
    createdTime: createdTime.toISOString(),
    hidden: false,
    capabilities: {
      canAddChildren: role !== "reader",
      canDeleteChildren: role === "organizer",
      canEdit: role !== "reader",
      canListChildren: true,
      canTrashChildren: role === "organizer" || role === "fileOrganizer",
    },
  };
}

/** drives.list. */
export function listDrives(call: Call): Reply {
  const { store, parameters, pages } = call;
  const size = parameters.integer("pageSize", 10, 1, 100);
  const page = pages.page(
    parameters,
    size,
    () => [...store.drives.values()].filter(isMember).map(({ id }) => id),
  );
  const drives = page.ids.flatMap((id) => store.drives.get(id) ?? []);
  const answer: Record<string, Json> = {
    kind: "drive#driveList",
    drives: drives.map((drive) => driveResource(call, drive)),
  };
  if (page.nextPageToken !== undefined) answer.nextPageToken = page.nextPageToken;
  return resourceReply(call, RESOURCES.drives, answer);
}

/** drives.get. */
export function getDrive(call: Call): Reply {
  const id = call.driveId ?? "";
  const drive = call.store.drives.get(id);
  if (!isMember(drive)) throw parameterError("notFound", "driveId", `Shared drive not found: ${id}`);
  return resourceReply(call, RESOURCES.drive, driveResource(call, drive));
}

/** about.get. */
export function getAbout(call: Call): Reply {
  if (call.parameters.text("fields") === undefined) {
    throw parameterError("required", "fields", "The 'fields' parameter is required for this method.");
  }
  const { store, settings, principal } = call;
  const usage = String(store.usage());
  const trashed = [...store.files.values()].filter(({ id, driveId }) =>
    driveId === undefined && store.isTrashed(id)
  );
  return resourceReply(call, RESOURCES.about, {
    kind: "drive#about",
    user: userResource(principal.email),
    storageQuota: {
      ...(settings.quota === Infinity
        ? {}
        : { limit: principal.isServiceAccount ? "0" : String(settings.quota) }),
      usage,
      usageInDrive: usage,
      usageInDriveTrash: String(trashed.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)),
    },
    maxUploadSize: "5242880000000",
    canCreateDrives: true,
    appInstalled: true,
  });
}
