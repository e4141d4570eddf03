/**
 * Keys of encrypted objects, as a person types them in. They stay in the page's memory.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Keys } from "@cottoncandy/cottoncandy";
import { InvalidArgumentError } from "@cottoncandy/cottoncandy/errors";
import { h } from "./dom.ts";

/** Makes keys of what was typed in: a key of AES, an identity of age, a private key of RSA in PEM, or a passphrase. */
export async function keysFrom(kind: string, text: string): Promise<Keys> {
  const { aesKeys, ageKeys, rsaKeys } = await import("@cottoncandy/cottoncandy/crypto");
  switch (kind) {
    case "AES":
      return aesKeys(text.trim());
    case "age":
      return await ageKeys({ identities: text.trim().split(/\s+/) });
    case "passphrase":
      return await ageKeys({ passphrase: text });
    case "RSA":
      return await rsaKeys({ privateKey: text });
    default:
      throw new InvalidArgumentError(`there is no kind of key "${kind}"`);
  }
}

const KINDS = {
  AES: "AES key, base64",
  age: "age identity",
  passphrase: "age passphrase",
  RSA: "RSA private key, PEM",
} as const;

/**
 * A form for a key.
 *
 * @param onKeys Is given the keys; a rejection is told in the form.
 */
export function keyForm(onKeys: (keys: Keys) => Promise<void>): HTMLElement {
  const kind = h("select", { id: "key-kind", "aria-label": "Kind of key" });
  kind.append(...Object.entries(KINDS).map(([value, label]) => h("option", { value }, label)));
  // PEM has lines, which a field for passwords would lose.
  const text = h("textarea", {
    id: "key-text",
    class: "secret",
    rows: 1,
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": "Key",
    placeholder: "Key",
    required: true,
  });
  const problem = h("p", { class: "warning", role: "alert", hidden: true });
  return h(
    "form",
    {
      class: "key-form",
      onsubmit: async (event) => {
        event.preventDefault();
        problem.hidden = true;
        try {
          await onKeys(await keysFrom(kind.value, text.value));
          text.value = "";
        } catch (error) {
          problem.hidden = false;
          problem.textContent = error instanceof Error ? error.message : String(error);
        }
      },
    },
    kind,
    text,
    h("button", { class: "primary" }, "Decrypt"),
    h("p", { class: "small" }, "The key stays in this page's memory, and goes with it."),
    problem,
  );
}
