/** Marks a switch as exhaustive; reaching it is a bug, and it says with what. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
