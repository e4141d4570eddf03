/**
 * The explorer: opens what the address says, or asks.
 *
 * @module
 */
/// <reference lib="dom" />
import { App } from "./app.ts";
import { initTheme } from "./theme.ts";

initTheme();
await new App().start();
