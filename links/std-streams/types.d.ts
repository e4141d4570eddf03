export function concatReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
export class LimitedBytesTransformStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(size: number, options?: { error?: boolean });
}
export function mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
export function toBytes(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>>;
export function toText(stream: ReadableStream): Promise<string>;
