/**
 * Light or dark: as the system is, until somebody says otherwise.
 *
 * @module
 */
/// <reference lib="dom" />
import { byId, fill, icon } from "./dom.ts";

const SUN =
  "M8 4.5a3.5 3.5 0 100 7 3.5 3.5 0 000-7M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1";
const MOON = "M13 10A6 6 0 016 3a6 6 0 107 7z";
const STORED = "cottoncandy-theme";

/** Sets up the button that changes it. */
export function initTheme(): void {
  const button = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const isDark = (stored() ?? (system.matches ? "dark" : "light")) === "dark";
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    button.ariaLabel = button.title = isDark ? "Light colours" : "Dark colours";
    fill(button, icon(isDark ? SUN : MOON));
  };
  button.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(STORED, next);
    } catch {
      // Where nothing may be stored it holds until the page is left.
    }
    document.documentElement.dataset.theme = next;
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

function stored(): string | undefined {
  try {
    return localStorage.getItem(STORED) ?? undefined;
  } catch {
    return undefined;
  }
}
