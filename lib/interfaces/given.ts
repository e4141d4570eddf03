import { InvalidArgumentError } from "../errors.ts";

/**
 * What an option says, or the target's URL.
 *
 * @throws {InvalidArgumentError} when they say different things.
 */
export function given<T>(name: string, option: T | undefined, parameter: T | undefined): T | undefined {
  if (option === undefined || parameter === undefined || option === parameter) return option ?? parameter;
  throw new InvalidArgumentError(
    `the option ${name} is "${option}" and the target's URL says "${parameter}": give one of them`,
  );
}
