import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { isRefusalCode } from '../src/kernel/refusals.js';

/** The refusal inside what an activity failed with; undefined when it failed for another reason. */
export function refusalOf(error: unknown): ApplicationFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const isRefusal = cause instanceof ApplicationFailure && cause.nonRetryable === true && isRefusalCode(cause.type);
  return isRefusal ? cause : undefined;
}

/** Hands a refusal on to whoever gave the command; every other failure is left to the caller. */
export function rethrowRefusal(error: unknown): void {
  const refusal = refusalOf(error);
  if (refusal) throw refusal;
}
