/** Each operation's function. */
import type { Reply } from "../http/reply.ts";
import type { Call } from "./call.ts";
import { getAbout, getDrive, listDrives } from "./drives.ts";
import {
  copyFile,
  createFromMetadata,
  deleteFile,
  downloadFile,
  generateIds,
  getFile,
  updateFromMetadata,
} from "./files.ts";
import { listFiles } from "./listing.ts";
import { cancelUpload, putPiece, startUpload, tellProgress } from "./resumable.ts";
import { getRevision, listRevisions } from "./revisions.ts";
import type { Operation } from "./route.ts";
import { uploadChange, uploadNew } from "./upload.ts";

/** Those that need no token of Drive: they give them. */
export type OAuthOperation = "auth" | "token";

/** Each does its work in one turn: what it checks is still true when it acts. */
export const OPERATIONS: Readonly<Record<Exclude<Operation, OAuthOperation>, (call: Call) => Reply>> = {
  "about.get": getAbout,
  "drives.get": getDrive,
  "drives.list": listDrives,
  "files.copy": copyFile,
  "files.create": createFromMetadata,
  "files.delete": deleteFile,
  "files.download": downloadFile,
  "files.generateIds": generateIds,
  "files.get": getFile,
  "files.list": listFiles,
  "files.update": updateFromMetadata,
  "revisions.get": getRevision,
  "revisions.list": listRevisions,
  "upload.cancel": cancelUpload,
  "upload.create": uploadNew,
  "upload.put": putPiece,
  "upload.start": startUpload,
  "upload.status": tellProgress,
  "upload.update": uploadChange,
};
