/**
 * Asking a person what to open, and with which keys. What is typed in is handed on, and kept nowhere.
 *
 * @module
 */
/// <reference lib="dom" />
import { fill, h } from "./dom.ts";
import { type Credentials, SAMPLE } from "./stores.ts";

/** What a person wants to open. */
export interface OpenRequest {
  /** The store's address. */
  readonly target: string;
  /** What was typed in to be let in. */
  readonly credentials: Credentials;
}

/** Fields of the form, each with what it is called. */
const SECRETS = {
  accessKeyId: "Access key id",
  secretAccessKey: "Secret access key",
  sessionToken: "Session token, of temporary keys",
  driveToken: "Access token of Google Drive",
  authorization: "Authorization header of plain URLs",
} as const;

/** Asks in a dialog. Resolves with what is to be opened, or `undefined` when the person has thought better of it. */
export async function askWhatToOpen(
  dialog: HTMLElement,
  current: string,
  why?: string,
): Promise<OpenRequest | undefined> {
  if (!(dialog instanceof HTMLDialogElement)) return undefined;
  const target = h("input", {
    id: "target",
    name: "target",
    value: current === SAMPLE ? "" : current,
    placeholder: "s3://bucket/prefix?endpoint=https://… or https://…",
    spellcheck: "false",
    autocomplete: "off",
    required: true,
    autofocus: true,
  });
  const fields = new Map(
    Object.keys(SECRETS).map((name) => [
      name,
      h("input", { id: name, type: "password", autocomplete: "off", spellcheck: "false" }),
    ]),
  );
  const valueOf = (name: keyof typeof SECRETS) => fields.get(name)?.value.trim() || undefined;
  return await new Promise((resolve) => {
    const done = (request: OpenRequest | undefined) => {
      resolve(request);
      dialog.close();
      // Nothing of it stays in the page.
      fill(dialog);
    };
    const credentials = (): Credentials => {
      const [accessKeyId, secretAccessKey] = [valueOf("accessKeyId"), valueOf("secretAccessKey")];
      const s3 = accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, sessionToken: valueOf("sessionToken") }
        : undefined;
      return { s3, driveToken: valueOf("driveToken"), authorization: valueOf("authorization") };
    };
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          done({ target: target.value.trim(), credentials: credentials() });
        },
      },
      h("h2", { id: "open-title" }, "Open a store"),
      why === undefined ? undefined : h("p", { class: "warning" }, why),
      h("label", { for: "target" }, "Address"),
      target,
      h(
        "ul",
        { class: "hints" },
        h("li", {}, h("code", {}, "https://host/folder/"), " a web server, or one file of it"),
        h(
          "li",
          {},
          h("code", {}, "s3://bucket/prefix?endpoint=https://host&region=…"),
          " any S3; Amazon without endpoint",
        ),
        h("li", {}, h("code", {}, "gdrive://folder"), " Google Drive"),
      ),
      h(
        "details",
        { open: why !== undefined },
        h("summary", {}, "Credentials"),
        h(
          "p",
          { class: "small" },
          "They stay in this page's memory: never in its address, nor anywhere else.",
        ),
        ...Object.entries(SECRETS).flatMap((
          [name, label],
        ) => [h("label", { for: name }, label), fields.get(name)]),
      ),
      h(
        "p",
        { class: "buttons" },
        h("button", { class: "primary" }, "Open"),
        h(
          "button",
          { type: "button", onclick: () => done({ target: SAMPLE, credentials: {} }) },
          "Try a sample",
        ),
        h("button", { type: "button", class: "quiet", onclick: () => done(undefined) }, "Cancel"),
      ),
    );
    fill(dialog, form);
    dialog.oncancel = () => done(undefined);
    dialog.showModal();
    target.select();
  });
}
