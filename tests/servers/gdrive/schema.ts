/** The fields of Drive's resources, as Google's own client names them, and those that come when none are asked for. */
import type { Schema } from "./fields.ts";

function values(names: string): { [name: string]: Schema } {
  return Object.fromEntries(names.trim().split(/\s+/).map((name) => [name, "value"]));
}

const USER = values("displayName emailAddress kind me permissionId photoLink");

/** A file. What is not served is not in the answer, as when a file has no such thing. */
export const FILE: { readonly [name: string]: Schema } = {
  ...values(`
    copyRequiresWriterPermission createdTime description driveId explicitlyTrashed fileExtension folderColorRgb
    fullFileExtension hasAugmentedPermissions hasThumbnail headRevisionId iconLink id inheritedPermissionsDisabled
    isAppAuthorized kind md5Checksum mimeType modifiedByMe modifiedByMeTime modifiedTime name originalFilename ownedByMe
    parents permissionIds quotaBytesUsed resourceKey sha1Checksum sha256Checksum shared sharedWithMeTime size spaces starred
    teamDriveId thumbnailLink thumbnailVersion trashed trashedTime version viewedByMe viewedByMeTime viewersCanCopyContent
    webContentLink webViewLink writersCanShare`),
  appProperties: "map",
  capabilities: "map",
  contentHints: "map",
  contentRestrictions: "map",
  exportLinks: "map",
  imageMediaMetadata: "map",
  labelInfo: "map",
  lastModifyingUser: USER,
  linkShareMetadata: "map",
  owners: USER,
  permissions: "map",
  properties: "map",
  sharingUser: USER,
  shortcutDetails: values("targetId targetMimeType targetResourceKey"),
  trashingUser: USER,
  videoMediaMetadata: "map",
};

/** A shared drive. */
const DRIVE: { readonly [name: string]: Schema } = {
  ...values("backgroundImageLink colorRgb createdTime hidden id kind name orgUnitId themeId"),
  capabilities: "map",
  restrictions: "map",
};

const REVISION: { readonly [name: string]: Schema } = {
  ...values(`
    id keepForever kind md5Checksum mimeType modifiedTime originalFilename publishAuto published publishedLink
    publishedOutsideDomain size`),
  exportLinks: "map",
  lastModifyingUser: USER,
};

/** The fields of a resource and its default ones. */
export interface Resource {
  readonly schema: { readonly [name: string]: Schema };
  /** A `fields` parameter. */
  readonly defaults: string;
}

export const RESOURCES = {
  about: {
    schema: {
      ...values("appInstalled canCreateDrives canCreateTeamDrives folderColorPalette kind maxUploadSize"),
      driveThemes: "map",
      exportFormats: "map",
      importFormats: "map",
      maxImportSizes: "map",
      storageQuota: values("limit usage usageInDrive usageInDriveTrash"),
      teamDriveThemes: "map",
      user: USER,
    },
    defaults: "kind",
  },
  drive: { schema: DRIVE, defaults: "kind,id,name" },
  drives: {
    schema: { kind: "value", nextPageToken: "value", drives: DRIVE },
    defaults: "kind,nextPageToken,drives(kind,id,name)",
  },
  file: { schema: FILE, defaults: "kind,id,name,mimeType,driveId,teamDriveId" },
  files: {
    schema: { kind: "value", nextPageToken: "value", incompleteSearch: "value", files: FILE },
    defaults: "kind,nextPageToken,incompleteSearch,files(kind,id,name,mimeType,driveId,teamDriveId)",
  },
  ids: { schema: values("kind space ids"), defaults: "*" },
  revision: { schema: REVISION, defaults: "kind,id,mimeType,modifiedTime" },
  revisions: {
    schema: { kind: "value", nextPageToken: "value", revisions: REVISION },
    defaults: "kind,nextPageToken,revisions(kind,id,mimeType,modifiedTime)",
  },
} satisfies Record<string, Resource>;
