/**
 * Python's pickles, both ways, for data and numpy arrays. Reading never calls anything: what a pickle may make is a fixed list, and whatever else it
 * asks for is refused by name.
 *
 * A pickle is a program for a machine with a stack. Reading one, protocols 0 to 5: `opcodes.ts` names the instructions; `machine.ts` follows them,
 * with what `encodings.ts` reads from the bytes, `globals.ts` allows to be made, and `arrays.ts` knows of numpy; it makes `nodes.ts`, in which dicts
 * and sets have Python's keys (`keys.ts`); `load.ts` turns these into `values.ts`. Writing one, protocol 4: `writer.ts` turns values into instructions
 * (arrays by way of what numpy's `__reduce__` gives, in `arrays.ts`), and `output.ts` gathers them in frames.
 *
 * Source: the modules `pickle` and `pickletools` of Python's standard library, PEP 307, 3154 and 574, and what numpy 1.16 to 2.4 write.
 *
 * @module
 */
export { loadPickle, type PickleReadOptions } from "./load.ts";
export { type PickleValue, Tuple } from "./values.ts";
export { dumpPickle, picklePieces } from "./writer.ts";
