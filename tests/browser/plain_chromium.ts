/**
 * Chromium without playwright, for what a tab takes: playwright has every page keep the answers of its requests for the inspector, 200 MB of them. Loads a page, evaluates
 * expressions in it, and tells the memory of its process.
 *
 * @module
 */
const executablePath = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** A page of a browser that has no other. */
export class PlainPage implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  #session: string | undefined;
  #count = 0;

  private constructor(process: Deno.ChildProcess, socket: WebSocket, profile: string) {
    this.#process = process;
    this.#socket = socket;
    this.#profile = profile;
    socket.onmessage = ({ data }) => {
      const { id, result, error }: Answer = JSON.parse(String(data));
      const waiting = id === undefined ? undefined : this.#waiting.get(id);
      if (id !== undefined) this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result ?? {});
    };
  }

  /** Starts the browser, and loads a page. */
  static async open(url: string): Promise<PlainPage> {
    const profile = await Deno.makeTempDir({ prefix: "plain-chromium-" });
    const process = new Deno.Command(executablePath, {
      args: [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--window-size=900,760",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const socket = new WebSocket(await debuggerUrl(process));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const page = new PlainPage(process, socket, profile);
    const { targetId } = await page.#send("Target.createTarget", { url });
    const { sessionId } = await page.#send("Target.attachToTarget", { targetId, flatten: true });
    page.#session = String(sessionId);
    await page.until(`location.href === ${JSON.stringify(url)} && document.readyState === "complete"`);
    return page;
  }

  /** What an expression, or the promise that it is, gives. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    }, this.#session) as { result?: { value?: unknown }; exceptionDetails?: unknown };
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result?.value;
  }

  /** Presses a key that is known by its name and its number. */
  async press(key: string, number: number): Promise<void> {
    const event = { key, code: key, windowsVirtualKeyCode: number };
    await this.#send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...event }, this.#session);
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...event }, this.#session);
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    for (let tries = 0; tries < 1200; tries++) {
      if (await this.evaluate(expression)) return;
      await pause(25);
    }
    throw new Error(`it never came to be that ${expression}`);
  }

  /** The most memory that its process has had, in MiB, as Linux counts it. */
  async peak(): Promise<number> {
    const { processInfo } = await this.#send("SystemInfo.getProcessInfo") as {
      processInfo: readonly { readonly type: string; readonly id: number }[];
    };
    const peaks = processInfo.filter(({ type }) => type === "renderer").map(async ({ id }) => {
      const status = await Deno.readTextFile(`/proc/${id}/status`).catch(() => "");
      return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
    });
    return Math.max(...await Promise.all(peaks));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#process.kill("SIGTERM");
    await this.#process.status;
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }

  #send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#count;
    const waiting = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return waiting.promise;
  }
}

async function debuggerUrl({ stderr }: Deno.ChildProcess): Promise<string> {
  const [told, rest] = stderr.tee();
  // A full pipe would stop it.
  rest.pipeTo(new WritableStream()).catch(() => {});
  let text = "";
  for await (const piece of told.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const url = /DevTools listening on (ws:\S+)\s/.exec(text)?.[1];
    if (url) return url;
  }
  throw new Error(`Chromium ended before it listened: ${text}`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
