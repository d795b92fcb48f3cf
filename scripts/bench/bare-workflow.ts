import { condition, defineUpdate, proxyLocalActivities, setHandler } from '@temporalio/workflow';

const { nothing } = proxyLocalActivities<{ nothing(): Promise<void> }>({
  startToCloseTimeout: '2s',
  retry: { maximumAttempts: 2 },
});

/** What a workflow costs at least: a number of updates, each with one empty local activity. */
export async function bare(updates: number): Promise<void> {
  let done = 0;
  setHandler(defineUpdate('step'), async () => {
    await nothing();
    done += 1;
  });
  await condition(() => done >= updates);
}
