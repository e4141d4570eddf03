/** files.list. */
import { faultOf } from "../http/fault.ts";
import type { Reply } from "../http/reply.ts";
import { checkResourceKey, isVisible } from "./access.ts";
import { type Call, jsonReply, requestedFields } from "./call.ts";
import { isMember } from "./drives.ts";
import { fileNotFound, parameterError } from "./error.ts";
import { maskOf } from "./fields.ts";
import type { Json } from "./json.ts";
import { fileMatches } from "./match.ts";
import { parseOrder } from "./order.ts";
import type { Page } from "./pages.ts";
import { type Condition, parentsOf, parseQuery } from "./query.ts";
import { fileResource } from "./resource.ts";
import { RESOURCES } from "./schema.ts";
import type { StoredFile } from "./store.ts";

/** Which files a list is of. */
interface Corpus {
  readonly withDrives: boolean;
  readonly driveId?: string;
}

function readCorpus({ parameters, store }: Call): Corpus {
  const corpora = parameters.text("corpora") ?? "user";
  const driveId = parameters.text("driveId");
  const wanted = parameters.flag("includeItemsFromAllDrives"), known = parameters.flag("supportsAllDrives");
  const spaces = parameters.text("spaces") ?? "drive";
  if (!["user", "drive", "allDrives", "domain"].includes(corpora)) throw parameterError("invalid", "corpora");
  if (spaces !== "drive") throw parameterError("invalid", "spaces");
  if (wanted && !known) {
    throw parameterError(
      "invalidParameter",
      "includeItemsFromAllDrives",
      "The includeItemsFromAllDrives parameter requires supportsAllDrives.",
    );
  }
  if ((corpora === "drive" || corpora === "allDrives") && !wanted) {
    throw parameterError(
      "invalidParameter",
      "corpora",
      "The corpora require includeItemsFromAllDrives and supportsAllDrives.",
    );
  }
  if ((driveId !== undefined) !== (corpora === "drive")) {
    throw parameterError(
      "invalidParameter",
      "driveId",
      "The driveId parameter must be specified if and only if corpora is set to drive.",
    );
  }
  // Who is no member does not get to know of it, whatever in it is shared with them.
  if (driveId !== undefined && !isMember(store.drives.get(driveId))) {
    throw parameterError("notFound", "driveId", `Shared drive not found: ${driveId}`);
  }
  return { withDrives: wanted, driveId };
}

/** Whoever asks for what is in a folder must see the folder. */
function checkParents(call: Call, condition: Condition): void {
  for (const id of parentsOf(condition)) {
    const folder = call.store.files.get(call.store.resolve(id));
    // Drive does not say which.
    if (!folder || !isVisible(call, folder, call.parameters.flag("supportsAllDrives"))) {
      throw fileNotFound("");
    }
    checkResourceKey(call, folder, "");
  }
}

/** files.list. */
export function listFiles(call: Call): Reply {
  const { parameters, store, principal } = call;
  const mask = requestedFields(parameters, RESOURCES.files);
  const size = parameters.integer("pageSize", 100, 1, 1000);
  const corpus = readCorpus(call);
  const order = parseOrder(parameters.text("orderBy"));
  const q = parameters.text("q");
  const condition = q === undefined ? undefined : parseQuery(q);
  if (condition) checkParents(call, condition);
  const view = store.listed();
  const context = { view, principal, resolve: (id: string) => store.resolve(id) };

  const isListed = (file: StoredFile): boolean =>
    file.parents.length > 0 && isVisible(call, file, corpus.withDrives) &&
    (corpus.driveId === undefined || file.driveId === corpus.driveId) &&
    (condition === undefined || fileMatches(condition, file, context));
  const most = Math.min(size, faultOf(call.faults, "shortPage")?.most ?? size);
  const whole = () => [...view.all()].filter(isListed).sort(order).map(({ id }) => id);
  const page: Page = faultOf(call.faults, "emptyList")
    ? { ids: [] }
    : call.pages.page(parameters, most, whole);
  const omit = faultOf(call.faults, "omitFromList")?.omit;

  const fileMask = maskOf(mask, "files");
  const answer: Record<string, Json> = {};
  if (maskOf(mask, "kind")) answer.kind = "drive#fileList";
  if (maskOf(mask, "nextPageToken") && page.nextPageToken !== undefined) {
    answer.nextPageToken = page.nextPageToken;
  }
  if (maskOf(mask, "incompleteSearch")) {
    answer.incompleteSearch = faultOf(call.faults, "incompleteSearch") !== undefined;
  }
  if (fileMask) {
    answer.files = page.ids.flatMap((id) => {
      const file = view.get(id);
      return file && !omit?.(file) ? [fileResource(file, fileMask, { call, view })] : [];
    });
  }
  return jsonReply(answer);
}
