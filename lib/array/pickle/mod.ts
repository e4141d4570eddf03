/**
 * Python's pickles, both ways, for data and numpy arrays. Reading never calls anything: what a pickle may make is a fixed list, and whatever else it
 * asks for is refused by name.
 *
 * Source: the modules `pickle` and `pickletools` of Python's standard library, PEP 307, 3154 and 574, and what numpy 1.16 to 2.4 write.
 *
 * @module
 */

export { dumpPickle, picklePieces } from "./writer.ts";
export { loadPickle, type PickleReadOptions } from "./load.ts";
export { type PickleValue, Tuple } from "./nodes.ts";
