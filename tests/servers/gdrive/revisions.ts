/** revisions.list and revisions.get. */
import type { Reply } from "../http/reply.ts";
import { type Call, resourceReply } from "./call.ts";
import { parameterError } from "./error.ts";
import { fileWithRevisions } from "./files.ts";
import type { Json } from "./json.ts";
import { mediaReply } from "./media.ts";
import { revisionResource } from "./resource.ts";
import { RESOURCES } from "./schema.ts";

/** revisions.list. */
export function listRevisions(call: Call): Reply {
  const { revisions } = fileWithRevisions(call);
  const size = call.parameters.integer("pageSize", 200, 1, 1000);
  const page = call.pages.page(call.parameters, size, () => revisions.map(({ id }) => id));
  const answer: Record<string, Json> = {
    kind: "drive#revisionList",
    revisions: revisions.filter(({ id }) => page.ids.includes(id)).map(revisionResource),
  };
  if (page.nextPageToken !== undefined) answer.nextPageToken = page.nextPageToken;
  return resourceReply(call, RESOURCES.revisions, answer);
}

/** revisions.get: of the bytes too, with alt=media. */
export function getRevision(call: Call): Reply {
  const { revisions } = fileWithRevisions(call);
  const id = call.revisionId ?? "";
  const revision = id === "head" ? revisions.at(-1) : revisions.find((one) => one.id === id);
  if (!revision) throw parameterError("notFound", "revisionId", `Revision not found: ${id}.`);
  if (call.parameters.text("alt") === "media") return mediaReply(call, revision.bytes, revision.mimeType);
  return resourceReply(call, RESOURCES.revision, revisionResource(revision));
}
