/** Opens a stream of stored bytes. */
type Open = (offset: number, length: number) => ReadableStream<Uint8Array<ArrayBuffer>>;

/** The first stored bytes of an object, of which the header is read before it is known what the others are. */
export class Beginning {
  readonly #open: Open;
  readonly #size: number;
  #end: number;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array();

  /**
   * Begins to read.
   *
   * @param size Stored bytes of the object.
   * @param length How many of them to ask for to begin with.
   */
  constructor(open: Open, size: number, length: number) {
    this.#open = open;
    this.#size = size;
    this.#end = Math.min(length, size);
    this.#reader = open(0, this.#end).getReader();
  }

  /** Where in the object that ends which has been asked for. */
  get end(): number {
    return this.#end;
  }

  /** The first bytes, as many as are asked for or as there are. */
  async first(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#bytes.length < length) {
      if (!this.#reader) {
        if (this.#end === this.#size) break;
        const start = this.#end;
        this.#end = Math.min(length, this.#size);
        this.#reader = this.#open(start, this.#end - start).getReader();
      }
      const { done, value } = await this.#reader.read();
      if (done) this.#reader = undefined;
      else this.#append(value);
    }
    return this.#bytes.slice(0, length);
  }

  /** All bytes from `offset` to `end`; `offset` lies in what has been read already. To be called once. */
  rest(offset: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const reader = this.#reader;
    let waiting: Uint8Array<ArrayBuffer> | undefined = this.#bytes.subarray(offset);
    this.#bytes = new Uint8Array();
    return new ReadableStream({
      async pull(controller) {
        if (waiting && waiting.length > 0) {
          controller.enqueue(waiting);
          waiting = undefined;
          return;
        }
        const step = await reader?.read();
        if (!step || step.done) controller.close();
        else controller.enqueue(step.value);
      },
      cancel: (reason) => reader?.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /** Gives up what has not been read. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader?.cancel(reason).catch(() => {});
  }

  #append(bytes: Uint8Array<ArrayBuffer>): void {
    const both = new Uint8Array(this.#bytes.length + bytes.length);
    both.set(this.#bytes);
    both.set(bytes, this.#bytes.length);
    this.#bytes = both;
  }
}
