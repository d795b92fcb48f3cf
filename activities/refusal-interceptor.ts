import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { Refusal } from '../src/kernel/refusals.js';

/** Carries a refusal to the workflow under its code; anything else stays an error that Temporal retries. */
export const refusalInterceptor: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw ApplicationFailure.create({
          message: error.message,
          type: error.code,
          nonRetryable: true,
          details: [error.details],
          cause: error,
        });
      }
    },
  },
});
