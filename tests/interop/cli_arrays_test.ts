// Files that the command line writes, read by numpy; and files of numpy's, read by the command line.
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { cli } from "../cli/run.ts";

const python = fromFileUrl(new URL("../../.tmp/venv-current/bin/python", import.meta.url));

/** Runs a Python program in a directory, with numpy. */
async function run(directory: string, program: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(python, {
    args: ["-c", `import numpy as np\n${program}`],
    cwd: directory,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await cli(args);
  assertEquals(code, 0, `${args.join(" ")}: ${err}`);
  return out;
}

Deno.test("arrays on the command line and in numpy: slices, text, npy, npz and csv", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await run(
      directory,
      `a = np.arange(2 * 3 * 400, dtype='<f4').reshape(2, 3, 400) / 7
a[0, 0, 0] = np.nan
np.save('a.npy', a)
np.save('f.npy', np.asfortranarray(a.T.astype('>i2')))
np.save('s.npy', np.array([(1, 2.5, 'x,y'), (3, -np.inf, 'z')], dtype=[('n', '<i4'), ('x', '<f8'), ('t', '<U3')]))
np.savez('b.npz', one=a[0], two=np.array(['é', 'b']))
np.savez_compressed('c.npz', one=a[1])`,
    );
    const at = (name: string) => `${directory}/${name}`;
    const slices = ["", "[0]", "[...,::-7]", "[1,:,-5:]", "[0,None,2,10:20:3]", "[-1,::-1,0]", "[1,1,1]"];
    for (const slice of slices) {
      const expected = await run(
        directory,
        `print(repr(np.asarray(np.load('a.npy')${slice === "" ? "" : slice})))`,
      );
      assertEquals(await ok("cat", at(`a.npy${slice}`)), expected, slice);
    }
    assertEquals(
      await ok("cat", at("f.npy[5:7]")),
      await run(directory, "print(repr(np.load('f.npy')[5:7]))"),
    );
    assertEquals(
      await ok("cat", at("c.npz/one")),
      await run(directory, "print(repr(np.load('c.npz')['one']))"),
    );

    await ok("put", at("b.npz"), at("members"));
    await ok("get", at("members"), at("again.npz"));
    await ok("convert", at("a.npy"), at("a.zarr"), "--chunks", "1,2,100");
    await ok("get", at("a.zarr[:,1]"), at("part.npy"));
    await ok("get", at("a.npy[0]"), at("a.csv"));
    await ok("get", at("s.npy"), at("s.csv"));
    await ok("get", at("f.npy"), at("f2.npy"));
    const verdict = await run(
      directory,
      `a, again, b = np.load('a.npy'), np.load('again.npz'), np.load('b.npz')
assert sorted(again.files) == sorted(b.files), again.files
for name in b.files:
    assert again[name].dtype == b[name].dtype and again[name].tobytes() == b[name].tobytes(), name
import zipfile
assert zipfile.ZipFile('again.npz').testzip() is None
assert np.load('part.npy').tobytes() == a[:, 1].tobytes()
table = np.loadtxt('a.csv', delimiter=',', dtype='f4')
assert table.tobytes() == a[0].tobytes() or np.array_equal(table, a[0], equal_nan=True)
rows = open('s.csv').read()
assert rows == 'n,x,t\\n1,2.5,"x,y"\\n3,-inf,z\\n', rows
assert open('f2.npy', 'rb').read() == open('f.npy', 'rb').read()
print('same')`,
    );
    assertEquals(verdict, "same\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** Runs the command line in a terminal of 80 columns, and gives what it shows. */
const TERMINAL = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
shown = b''
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    shown += piece
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

Deno.test("plot in a terminal of 80 columns: colours, and none where they are not wanted", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await run(
      directory,
      "np.save('wave.npy', np.sin(np.arange(300) / 20)[None] * np.cos(np.arange(200) / 20)[:, None])",
    );
    const root = fromFileUrl(new URL("../../", import.meta.url));
    // CI wants no colours of what it runs; these are about colours.
    const { NO_COLOR: _noColor, COLORTERM: _colorTerm, ...inherited } = Deno.env.toObject();
    const shown = async (slice: string, env: Record<string, string>) => {
      const { success, stdout, stderr } = await new Deno.Command(python, {
        args: [
          "-c",
          TERMINAL,
          Deno.execPath(),
          "run",
          "-A",
          "--no-check",
          `${root}cli/main.ts`,
          "plot",
          `${directory}/wave.npy${slice}`,
        ],
        cwd: root,
        clearEnv: true,
        env: { ...inherited, TERM: "xterm-256color", ...env },
      }).output();
      const text = new TextDecoder().decode(stdout);
      assertEquals(success, true, text + new TextDecoder().decode(stderr));
      // deno-lint-ignore no-control-regex -- what a terminal obeys
      const lines = text.replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, "").trimEnd().split(/\r?\n/);
      assertEquals(lines.filter((line) => [...line].length > 80), []);
      assertEquals(lines.length <= 24, true);
      return { text, lines };
    };
    const colored = await shown("", { COLORTERM: "truecolor" });
    assertEquals(colored.text.includes("\x1b[38;2;") && colored.text.includes("▀"), true);
    assertEquals((await shown("", {})).text.includes("\x1b[38;5;"), true);
    const plain = await shown("", { NO_COLOR: "1" });
    assertEquals(plain.text.includes("\x1b[3"), false);
    assertEquals(plain.lines[0].startsWith("<f8 [200, 300], "), true, plain.lines[0]);
    const line = await shown("[0]", { NO_COLOR: "1" });
    assertEquals(/\*/.test(line.text), true);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
