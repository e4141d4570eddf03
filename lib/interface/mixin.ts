/**
 * Methods of one class given to another: TypeScript's classes have one parent.
 *
 * @module
 */

/** By the prototype of the class that gives its methods, the prototypes of those that took them. */
const takers = new WeakMap<object, WeakSet<object>>();

/**
 * Gives the instances of a class the methods and accessors of another that are its own, but for those that it defines itself. Both must derive from
 * one class, and the methods must not touch private fields of the class that gives them.
 */
export function mixInto(taker: { readonly prototype: object }, giver: { readonly prototype: object }): void {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(giver.prototype);
  for (const [name, method] of Object.entries(methods)) {
    if (!Object.hasOwn(taker.prototype, name)) Object.defineProperty(taker.prototype, name, method);
  }
  const known = takers.get(giver.prototype) ?? new WeakSet();
  takers.set(giver.prototype, known.add(taker.prototype));
}

/** Whether a value is an instance of a class, of one derived from it, or of one that took its methods. */
export function isInstance(value: unknown, giver: { readonly prototype: object }): boolean {
  const known = takers.get(giver.prototype);
  let prototype: unknown = value;
  while (typeof prototype === "object" && prototype !== null) {
    prototype = Object.getPrototypeOf(prototype);
    if (prototype === giver.prototype || (isObject(prototype) && known?.has(prototype))) return true;
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
