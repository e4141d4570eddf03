/**
 * How much there is in memory is never asked by a typed array's `length`, nor by a `DataView`'s `byteLength`: V8's compiler Maglev takes both, from 2³¹ to 2³², for a negative number
 * (docs/decisions.md), so that a loop over 2 GiB ends before it begins, without an error. Bytes have `byteLength`, which is right, and other items `lengthOf` of `lib/bytes.ts`. What is
 * a typed array, only the type checker knows.
 */
import { assertEquals } from "@std/assert";
import ts from "typescript";
import { productFiles } from "./product_files.ts";

const root = new URL("../", import.meta.url).pathname;

/** What is refused, in the forms that it comes in, and on the last line what is not. */
const PLANTED = {
  name: `${root}planted.ts`,
  text: `
export const bytes = (a: Uint8Array, b?: Int8Array) => a.length + (b?.length ?? 0);
export const taken = ({ length }: Uint8Array) => length;
export const renamed = (a: Float32Array) => { const { length: n } = a; return n; };
export const either = (a: number[] | Int32Array | Float64Array) => a.length;
export const generic = <T extends Uint8Array | BigInt64Array>(a: T) => a.length;
export const view = (a: DataView) => a.byteLength;
export const platform = async () => (await Deno.readFile("a")).length;
export const fine = (a: Uint8Array, b: string, c: readonly Uint8Array[]) => a.byteLength + b.length + c.length;
`,
};

Deno.test("no typed array is measured by its `length`, which is negative from 2 GiB on", async () => {
  const files = (await productFiles()).map((file) => root + file);
  const program = await programOf([...files, PLANTED.name]);
  const found = [...files, PLANTED.name].flatMap((file) => lengthsIn(program, file));
  const planted = (place: string) => place.startsWith("planted.ts:");
  assertEquals(found.filter(planted).map((place) => Number(place.split(":")[1])), [2, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(found.filter((place) => !planted(place)), [], "ask byteLength, or lengthOf of lib/bytes.ts");
});

async function programOf(files: readonly string[]): Promise<ts.Program> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["types"] }).output();
  const virtual = new Map([
    [`${root}deno.d.ts`, new TextDecoder().decode(stdout)],
    [PLANTED.name, PLANTED.text],
  ]);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.dom.asynciterable.d.ts"],
  };
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile;
  host.readFile = (name) => virtual.get(name) ?? readFile(name);
  host.getSourceFile = (name, version) => {
    const text = host.readFile(name);
    return text === undefined ? undefined : ts.createSourceFile(name, text, version);
  };
  return ts.createProgram([...virtual.keys(), ...files], options, host);
}

/** Where a file asks for such a length, as `path:line`. */
function lengthsIn(program: ts.Program, name: string): string[] {
  const file = program.getSourceFile(name);
  if (!file) throw new Error(`${name} was not read`);
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const isWrong = (object: ts.Node, property: string) =>
    namesOf(checker, checker.getTypeAtLocation(object)).some((type) =>
      property === "length" ? TYPED_ARRAY.test(type) : property === "byteLength" && type === "DataView"
    );
  const visit = (node: ts.Node): void => {
    const asked = ts.isPropertyAccessExpression(node)
      ? { object: node.expression, property: node.name.text }
      : ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)
      ? { object: node.parent, property: (node.propertyName ?? node.name).getText(file) }
      : undefined;
    if (asked && /^(byteL|l)ength$/.test(asked.property) && isWrong(asked.object, asked.property)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getEnd());
      found.push(`${name.slice(root.length)}:${line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const TYPED_ARRAY = /^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/;

/** The names of what a value may be. */
function namesOf(checker: ts.TypeChecker, type: ts.Type): string[] {
  const known = checker.getBaseConstraintOfType(type) ?? type;
  if (known.isUnionOrIntersection()) return known.types.flatMap((each) => namesOf(checker, each));
  return [known.getSymbol()?.name ?? ""];
}
