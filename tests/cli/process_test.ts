/** The command line as a process: signals, pipes that close, terminals. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startS3 } from "../servers/s3.ts";
import { inDirectory } from "./store.ts";

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;
const ARGS = ["run", "-q", "-A", "--no-check", "--frozen", MAIN];
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const COMMAND = [Deno.execPath(), ...ARGS].map(quoted).join(" ");

/** Runs a line of bash. */
async function bash(
  script: string,
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `cottoncandy() { ${COMMAND} "$@"; }\n${script}`],
    env,
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** Runs a line of bash in a terminal of 80 columns, and gives what the terminal was sent. */
async function inTerminal(
  script: string,
  env: Record<string, string> = {},
): Promise<{ code: number; out: string }> {
  const inner = `stty cols 80 rows 24; cottoncandy() { ${COMMAND} "$@"; }; ${script}`;
  const { code, out } = await bash(`script -qec ${quoted(`bash -c ${quoted(inner)}`)} /dev/null`, {
    TERM: "xterm-256color",
    ...env,
  });
  return { code, out: out.replaceAll("\r\n", "\n") };
}

const hasScript = await new Deno.Command("script", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

/** What colours are made of. */
// deno-lint-ignore no-control-regex -- escape sequences
const COLORS = /\x1b\[\d+m/g;

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`cli: ${signal} in the middle of an upload leaves nothing, and ends with ${code}`, () =>
    inDirectory({}, async (directory) => {
      await using s3 = await startS3({ buckets: ["bucket"] });
      await Deno.writeFile(`${directory}/large`, new Uint8Array(24 * 2 ** 20));
      s3.inject({ operation: "UploadPart", kind: "delay", ms: Infinity, at: "answer", times: Infinity });
      const process = new Deno.Command(Deno.execPath(), {
        args: [
          ...ARGS,
          "cp",
          `${directory}/large`,
          `s3://bucket/large?endpoint=${s3.endpoint}&forcePathStyle=true`,
        ],
        env: {
          AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
          AWS_REGION: s3.region,
        },
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = process.output();
      while (s3.requests.filter(({ operation }) => operation === "UploadPart").length < 2) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      process.kill(signal);
      const ended = await output;
      assertEquals(ended.code, code);
      assertEquals(new TextDecoder().decode(ended.stdout), "");
      assertStringIncludes(new TextDecoder().decode(ended.stderr), "interrupted");
      const left = [...s3.store.buckets.values()].flatMap(({ uploads, objects }) => [...uploads, ...objects]);
      assertEquals(left, []);
    }));
}

Deno.test("cli: cp --resume goes on in the next process where it was interrupted", () =>
  inDirectory({}, async (directory) => {
    await using s3 = await startS3({ buckets: ["bucket"] });
    const bytes = new Uint8Array(24 * 2 ** 20).map((_, i) => i >> 12);
    await Deno.writeFile(`${directory}/large`, bytes);
    const parts = () => s3.requests.filter(({ operation }) => operation === "UploadPart");
    let arrived = 0;
    s3.inject({
      operation: "UploadPart",
      kind: "delay",
      ms: Infinity,
      // Two parts arrive, the others hang.
      when: () => ++arrived > 2,
      times: Infinity,
    });
    const start = () =>
      new Deno.Command(Deno.execPath(), {
        args: [
          ...ARGS,
          "cp",
          "--resume",
          `${directory}/large`,
          `s3://bucket/large?endpoint=${s3.endpoint}&forcePathStyle=true`,
        ],
        env: {
          AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
          AWS_REGION: s3.region,
          XDG_STATE_HOME: directory,
        },
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    const first = start();
    const output = first.output();
    while (parts().filter(({ status }) => status === 200).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    first.kill("SIGINT");
    const ended = await output;
    assertEquals(ended.code, 130);
    assertStringIncludes(new TextDecoder().decode(ended.stderr), "what was under way is kept: run it again");
    s3.clearFaults();
    const before = parts().length;
    const second = await start().output();
    assertEquals(second.code, 0, new TextDecoder().decode(second.stderr));
    const again = parts().length - before;
    assert(again <= 3 && again > 0, `${again} parts were sent again`);
    assertEquals([...s3.store.buckets.values()].flatMap(({ uploads }) => [...uploads]), []);
    assertEquals([...s3.store.buckets.values()].flatMap(({ objects }) => [...objects.keys()]), ["large"]);
  }));

Deno.test("cli: who reads no more is no failure that is told of", () =>
  inDirectory({}, async (directory) => {
    await Deno.writeFile(`${directory}/large`, new Uint8Array(8 * 2 ** 20).fill(65));
    const cut = await bash(`cottoncandy cp ${directory}/large - | head -c 3; echo " \${PIPESTATUS[0]}"`);
    assertEquals([cut.out, cut.err], ["AAA 141\n", ""]);
  }));

Deno.test("cli: standard input and output are bytes as they are", () =>
  inDirectory({}, async (directory) => {
    await Deno.writeFile(`${directory}/in`, crypto.getRandomValues(new Uint8Array(60_000)));
    const { code, err } = await bash(
      `cd ${directory}; cat in | cottoncandy cp -q - out && cottoncandy cp -q out - | cmp - in`,
    );
    assertEquals([code, err], [0, ""]);
  }));

Deno.test({
  name: "cli: in a terminal of 80 columns, with and without colours",
  ignore: !hasScript,
  fn: () =>
    inDirectory({ "d/a.txt": "a", "d/sub/b": "b" }, async (directory) => {
      const script = `cd ${directory}; cottoncandy ls d; cottoncandy cp --help; cottoncandy ls nothing`;
      // Whoever runs the tests may want none.
      const colored = await inTerminal(`unset NO_COLOR; ${script}`);
      assertStringIncludes(colored.out, "\x1b[34msub/\x1b[39m");
      assertStringIncludes(colored.out, "\x1b[31merror:\x1b[39m there is nothing at nothing");
      const plain = await inTerminal(script, { NO_COLOR: "1" });
      assertEquals(plain.out, colored.out.replace(COLORS, "").replaceAll("\x1b[22m", ""));
      assert(!plain.out.includes("\x1b"), JSON.stringify(plain.out));
      assertEquals(plain.out.split("\n").filter((line) => [...line].length > 80), []);
      assertEquals([colored.code, plain.code], [1, 1]);
      assertStringIncludes(plain.out, "a.txt  sub/\n");
    }),
});

Deno.test({
  name: "cli: a bar on a terminal tells how far it is, and is gone in the end; elsewhere there is one line",
  ignore: !hasScript,
  fn: () =>
    inDirectory({}, async (directory) => {
      await using s3 = await startS3({ buckets: ["bucket"] });
      await Deno.writeFile(`${directory}/large`, new Uint8Array(24 * 2 ** 20));
      s3.inject({ operation: "UploadPart", kind: "delay", ms: 400, times: Infinity });
      const env = {
        AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
        AWS_REGION: s3.region,
      };
      const target = quoted(`s3://bucket/large?endpoint=${s3.endpoint}&forcePathStyle=true`);
      const shown = await inTerminal(`cottoncandy cp ${directory}/large ${target}`, env);
      assertEquals(shown.code, 0);
      const drawn = shown.out.split("\r").map((line) => line.replace(COLORS, "").replaceAll("\x1b[K", ""));
      assert(drawn.some((line) => /[█░]{24} +\d+% {2}.*\/24\.0 MiB/.test(line)), shown.out);
      assert(drawn.every((line) => [...line].length <= 80), shown.out);
      assertStringIncludes(shown.out, "\r\x1b[Kcopied 1 object, 24.0 MiB in ");
      const piped = await bash(`cottoncandy cp ${directory}/large ${target}`, env);
      assertEquals(piped.out, "");
      assertMatch(piped.err, /^copied 1 object, 24\.0 MiB in [^\n]*\n$/);
    }),
});
