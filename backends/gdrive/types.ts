/** Begins the types of what has no bytes: folders, documents, sheets, shortcuts. */
const GOOGLE = "application/vnd.google-apps.";

/** Folders are files of this type. */
export const FOLDER: string = `${GOOGLE}folder`;

/** Whether a type says that there are no bytes; Drive would make a document of what is uploaded with it. */
export function isGoogleType(type: string): boolean {
  return type.toLowerCase().startsWith(GOOGLE);
}

/** What My Drive's own folder is called beside its id. */
export const ROOT = "root";
