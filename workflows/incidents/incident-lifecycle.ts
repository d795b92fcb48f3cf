import { defineSearchAttributeKey } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { IncidentActivities } from '../../activities/incidents.js';
import type { IncidentCommandRef, IncidentRef, IncidentSnapshot } from '../../src/incidents/apply.js';
import type { IncidentState } from '../../src/incidents/rules.js';
import { searchAttributes } from '../../src/kernel/search-attributes.js';
import { databaseProfile, quickProfile } from '../profiles.js';
import { rethrowRefusal } from '../refusals.js';

const quick = proxyLocalActivities<IncidentActivities>(quickProfile);
const durable = proxyActivities<IncidentActivities>(databaseProfile);
const stateAttribute = defineSearchAttributeKey(searchAttributes.state.name, searchAttributes.state.kind);
const deadlineAttribute = defineSearchAttributeKey(searchAttributes.deadline.name, searchAttributes.deadline.kind);

export interface IncidentLifecycleInput extends IncidentRef {
  /** False for a new incident, whose first update opens it; true when the row is there already. */
  readonly resume: boolean;
}
type CommandName = 'openIncident' | 'changeIncident' | 'mintIncident';

/** An incident that is over rests so long for what may still come, its receipt or its reopening; then its row remains. */
const REST = '10m';
const isOver = (state: IncidentState): boolean => state === 'closed' || state === 'cancelled';

/** Keeps what is owed to one incident: its commands one by one, escalations, and the reminders of the Article 73 clock. */
export async function incidentLifecycle(
  input: IncidentLifecycleInput,
): Promise<{ readonly state: IncidentState | null }> {
  const ref: IncidentRef = { orgId: input.orgId, incidentId: input.incidentId };
  const known: { current: IncidentSnapshot | null; absent: boolean; stale: boolean } = {
    current: null,
    absent: false,
    stale: input.resume,
  };
  const adopt = (next: IncidentSnapshot | null): void => {
    if (!next || (known.current && next.version < known.current.version)) return;
    if (known.current?.state !== next.state) tell(next);
    known.current = next;
  };
  setHandler(defineQuery<IncidentSnapshot | null>('state'), () => known.current);
  setHandler(defineSignal('refresh'), () => {
    known.stale = true;
  });
  for (const name of ['openIncident', 'changeIncident', 'mintIncident'] as const)
    setHandler(defineUpdate<IncidentSnapshot | null, [IncidentCommandRef]>(name), async (command) => {
      try {
        const next = await attempt(name, command);
        adopt(next);
        known.absent = known.current === null;
        return next;
      } catch (error) {
        known.absent = known.current === null && name === 'openIncident';
        throw error;
      }
    });

  for (;;) {
    const { current } = known;
    const isNews = (): boolean =>
      known.stale ||
      known.absent ||
      known.current?.version !== current?.version ||
      workflowInfo().continueAsNewSuggested;
    if (!isNews()) {
      const happened = await untilNews(isNews, current);
      if (!happened) {
        if (current && isOver(current.state) && !current.deadline) break;
        adopt(await durable.actOnIncidentDeadline(ref));
        continue;
      }
    }
    if (known.stale) {
      known.stale = false;
      const found = await durable.readIncident(ref);
      adopt(found);
      if (!found && !known.current) known.absent = true;
    }
    if (known.absent) break;
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof incidentLifecycle>({ ...input, resume: true });
    }
  }
  await condition(allHandlersFinished);
  return { state: known.current?.state ?? null };
}

/** Waits for news, at most until the next deadline; false when that has come. */
async function untilNews(isNews: () => boolean, current: IncidentSnapshot | null): Promise<boolean> {
  if (current?.deadline) return condition(isNews, Math.max(1, current.deadline.at - current.now));
  if (current && isOver(current.state)) return condition(isNews, REST);
  await condition(isNews);
  return true;
}

/** First inside the workflow task; what is no refusal goes on as a durable activity, so that an accepted command is never lost. */
async function attempt(name: CommandName, command: IncidentCommandRef): Promise<IncidentSnapshot | null> {
  try {
    return await quick[name](command);
  } catch (error) {
    rethrowRefusal(error);
  }
  try {
    return await durable[name](command);
  } catch (error) {
    rethrowRefusal(error);
    throw error;
  }
}

function tell({ state, deadline, now }: IncidentSnapshot): void {
  upsertSearchAttributes([
    { key: stateAttribute, value: state },
    { key: deadlineAttribute, value: deadline ? new Date(deadline.at) : null },
  ]);
  const next = deadline ? `, ${deadline.kind} due ${new Date(deadline.at).toISOString()}` : '';
  setCurrentDetails(`State: **${state}** since ${new Date(now).toISOString()}${next}`);
}
