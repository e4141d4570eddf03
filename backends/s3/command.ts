/** A request before it is signed. */
export interface UnsignedRequest {
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** What is sent. */
  readonly body?: unknown;
}

interface Building<Input> {
  input: Input;
  request: unknown;
}

interface Built<Output> {
  response: unknown;
  output: Output;
}

type Build<Input, Output> = (args: Building<Input>) => Promise<Built<Output>>;

/** As much of an SDK command as is needed here. */
export interface Adjustable<Input extends object, Output extends object> {
  readonly middlewareStack: {
    add(
      middleware: (next: Build<Input, Output>) => Build<Input, Output>,
      options: { step: "build"; name: string; priority: "low" },
    ): void;
  };
}

/**
 * Changes the request that a command makes, before it is signed. The command's own stack is used, so that a client which was passed in stays as it is.
 */
export function adjust<Input extends object, Output extends object>(
  command: Adjustable<Input, Output>,
  change: (request: UnsignedRequest) => void | Promise<void>,
): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      if (isRequest(args.request)) await change(args.request);
      return next(args);
    },
    { step: "build", name: "cottoncandy", priority: "low" },
  );
}

function isRequest(request: unknown): request is UnsignedRequest {
  return typeof request === "object" && request !== null && "headers" in request &&
    typeof request.headers === "object";
}
