import { expect as expectThat, test } from '@jest/globals';
import fc from 'fast-check';
import { earnedLanes } from '../../src/agent-profiles/rules.js';
import { expect, scheduleFault } from '../../src/watchdogs/calendar.js';
import { assess, type Turn, type Watch } from '../../src/watchdogs/rules.js';
import { cutMessage, watchdogBody, type WatchdogConfig } from '../../src/watchdogs/schema.js';

const watchOf = (changes: Partial<Watch>): Watch => ({
  ...{ health: 'up', paused: false, episode: 0, goodSignals: 0, progressAt: null, stuckAfterMs: null },
  ...{ expectedAt: 100, downAt: 200, ...changes },
});
const config = (given: unknown): WatchdogConfig => watchdogBody.parse(given);
const at = (text: string): number => Date.parse(text);
const show = (time: number | null): string => (time === null ? 'never' : new Date(time).toISOString());

test('whoever looks once after a long time sees the same turns at the same times as who looks at every moment', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), fc.nat(300), fc.option(fc.nat(300)), (expected, grace, until, stuckAfter) => {
      const given = watchOf({
        expectedAt: expected,
        downAt: expected + grace,
        ...(stuckAfter === null ? {} : { progressAt: 0, stuckAfterMs: stuckAfter }),
      });
      const once = assess(given, until);
      let watch = given;
      const turns: Turn[] = [];
      for (let now = 0; now <= until; now += 1) {
        const { health, episode, turns: more } = assess(watch, now);
        turns.push(...more);
        watch = { ...watch, health, episode };
      }
      expectThat({ health: watch.health, episode: watch.episode, turns }).toEqual({
        health: once.health,
        episode: once.episode,
        turns: once.turns,
      });
      expectThat(once.episode).toBeLessThanOrEqual(1);
      if (once.lookAt !== null) expectThat(once.lookAt).toBeGreaterThan(until);
    }),
  );
});

test('silence makes an agent late, then down, each at its own time', () => {
  expectThat(assess(watchOf({}), 99)).toMatchObject({ health: 'up', turns: [], lookAt: 100 });
  expectThat(assess(watchOf({}), 150)).toMatchObject({
    health: 'late',
    turns: [{ health: 'late', at: 100 }],
    lookAt: 200,
  });
  expectThat(assess(watchOf({ health: 'late' }), 999)).toMatchObject({
    health: 'down',
    episode: 1,
    turns: [{ health: 'down', at: 200 }],
    lookAt: null,
  });
});

test('a progress token that repeats for too long is stuck, also while signals come', () => {
  const stuck = watchOf({ expectedAt: 5000, downAt: 6000, progressAt: 0, stuckAfterMs: 1000 });
  expectThat(assess(stuck, 1000)).toMatchObject({
    health: 'stuck',
    episode: 1,
    turns: [{ health: 'stuck', at: 1000 }],
  });
});

test('nothing is awaited of a paused agent, and an outage goes on in silence without a new one', () => {
  expectThat(assess(watchOf({ paused: true }), 9999)).toMatchObject({ health: 'up', turns: [], lookAt: null });
  const back = watchOf({ health: 'down', episode: 3, goodSignals: 1 });
  expectThat(assess(back, 150)).toMatchObject({ episode: 3, goodSignals: 1, lookAt: 200 });
  expectThat(assess(back, 250)).toMatchObject({ health: 'down', episode: 3, goodSignals: 0, lookAt: null });
});

test('a nightly job in Berlin is awaited once in the night that skips its hour and once in the one that repeats it', () => {
  const nightly = config({ mode: 'cron', cron: '30 2 * * *', tz: 'Europe/Berlin', grace_seconds: 600 });
  const spring = expect(nightly, at('2026-03-28T12:00:00Z'));
  expectThat(show(spring.expectedAt)).toBe('2026-03-29T01:00:00.000Z');
  expectThat(show(spring.downAt)).toBe('2026-03-29T01:10:00.000Z');
  const autumn = expect(nightly, at('2026-10-24T12:00:00Z'));
  expectThat(show(autumn.expectedAt)).toBe('2026-10-25T00:30:00.000Z');
  expectThat(show(expect(nightly, autumn.expectedAt ?? 0).expectedAt)).toBe('2026-10-26T01:30:00.000Z');
});

test('outside working hours no time passes, and the hours move with daylight saving', () => {
  const hours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' };
  const office = config({
    ...{ mode: 'heartbeat', period_seconds: 7200, grace_seconds: 3600, tz: 'Europe/Berlin', working_hours: hours },
  });
  // Friday 16:00 in Berlin, the weekend of the spring change: one hour is left, the next comes on Monday in summer time.
  const silent = expect(office, at('2026-03-27T15:00:00Z'));
  expectThat(show(silent.expectedAt)).toBe('2026-03-30T08:00:00.000Z');
  expectThat(show(silent.downAt)).toBe('2026-03-30T09:00:00.000Z');
  expectThat(show(expect(office, at('2026-10-24T10:00:00Z')).expectedAt)).toBe('2026-10-26T10:00:00.000Z');
});

test('a schedule that cannot be kept is refused with its fault', () => {
  const cron = { mode: 'cron', cron: '30 2 * * *' };
  expectThat(scheduleFault(config(cron))).toBeNull();
  expectThat(scheduleFault(config({ ...cron, tz: 'Europe/Nowhere' }))).toContain('time zone');
  expectThat(scheduleFault(config({ ...cron, cron: 'every day' }))).toContain('CronPattern');
  expectThat(scheduleFault(config({ ...cron, cron: '0 0 30 2 *' }))).toContain('never');
  const working_hours = { days: [1], from: '17:00', to: '09:00' };
  expectThat(scheduleFault(config({ mode: 'hook', working_hours }))).toContain('hours');
});

test('a message that is too long is cut and says so', () => {
  const cut = cutMessage('x'.repeat(20_000));
  expectThat(cut).toHaveLength(10_240);
  expectThat(cut.endsWith('[cut]')).toBe(true);
  expectThat(cutMessage('short')).toBe('short');
});

test('a lane is earned by cleared verdicts, at least three, and lost by the next that is grounded', () => {
  const cleared = { lane: 'agent', outcome: 'cleared' } as const;
  const grounded = { lane: 'agent', outcome: 'grounded' } as const;
  expectThat(earnedLanes([cleared, cleared])).toEqual([]);
  expectThat(earnedLanes([cleared, cleared, cleared])).toEqual(['agent']);
  expectThat(earnedLanes([grounded, ...Array<typeof cleared>(9).fill(cleared)])).toEqual([]);
  expectThat(earnedLanes([cleared, grounded, ...Array<typeof cleared>(8).fill(cleared)])).toEqual(['agent']);
  expectThat(earnedLanes([cleared, grounded, grounded, grounded, cleared])).toEqual([]);
});
