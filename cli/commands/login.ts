/**
 * `login`: lets a person log in to Google Drive.
 *
 * @module
 */
import { type CliCommand, defineCommand, flag, value, values } from "../command.ts";
import { wholeNumber } from "../text.ts";

/** `login`. */
export const command: CliCommand = defineCommand({
  arguments: "",
  description:
    "Opens the browser, where you consent, and writes the login to a file that gdrive:// targets then open Drive with. From another machine: give --port 8080 and forward that port, ssh -L 8080:127.0.0.1:8080 HOST.",
  examples: [["login --scope drive.file", "for files that cottoncandy made, only"]],
  options: {
    secrets: value("--secrets <file>", "the client's secrets, from Google Cloud's console", String),
    token: value("--token <file>", "where to write the login", String),
    scopes: values("--scope <scope>", "what to ask for (default: drive); repeatable", String),
    port: value("--port <n>", "wait for the browser's answer on this port", wholeNumber(0)),
    noBrowser: flag("--no-browser", "only print the address, open nothing"),
  },
  async run(context, _args, { secrets, token, scopes, port, noBrowser }) {
    const { loginToDrive } = await import("../../backends/gdrive/auth/login_main.ts");
    await loginToDrive([
      ...(secrets === undefined ? [] : ["--secrets", secrets]),
      ...(token === undefined ? [] : ["--token", token]),
      ...scopes.flatMap((scope) => ["--scope", scope]),
      ...(port === undefined ? [] : ["--port", String(port)]),
      ...(noBrowser ? ["--no-browser"] : []),
    ], (text) => void context.report.info(text));
  },
});
