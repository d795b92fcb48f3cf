/** A value the test runner must have set; without the stack a test is a failure, not a pass. */
export function fromRunner(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run the tests with npm test.`);
  return value;
}
