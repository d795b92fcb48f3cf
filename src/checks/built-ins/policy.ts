import { z } from 'zod';
import { isList, isObject, OperandMissing } from '../expression/value.js';
import { flag, listed, pass, skip, type Finding } from '../finding.js';
import { NOT_RECORDED, type EngineEvidence, type EngineInputs } from '../frozen.js';
import { tuned, type BuiltIns } from './built-in.js';

const incidentLevels = ['sev1', 'sev2', 'sev3', 'sev4'] as const;
const autonomyLevels = ['suggest', 'human_approves_each', 'human_on_loop', 'autonomous_in_policy'] as const;
const incidentParams = z.strictObject({ limit: z.enum(incidentLevels).default('sev1') });
const profileParams = z.strictObject({
  max_autonomy: z.enum(autonomyLevels).default('autonomous_in_policy'),
  /** Whether a run must name the agent that works on it. */
  required: z.boolean().default(false),
});
const toolParams = z.strictObject({ tools: z.array(z.string().max(200)).max(500).optional() });
const limitParams = z.strictObject({
  max_tokens: z.int().min(0).optional(),
  max_cost_cents: z.int().min(0).optional(),
  max_latency_ms: z.int().min(0).optional(),
});

/** POL-002 to POL-005; POL-001 evaluates the expression of its rule. */
export const policyRules: BuiltIns = {
  'POL-002': tuned(incidentParams, ({ incidents }, { limit }) => {
    if (incidents === NOT_RECORDED) return skip('Incidents are not recorded here.');
    const grave = incidents.filter(
      ({ is_open, severity }) => is_open && incidentLevels.indexOf(severity) <= incidentLevels.indexOf(limit),
    );
    if (grave.length === 0) return pass(`No open incident of ${limit} or graver.`);
    return flag(
      listed(grave.map(({ id, severity }) => `${id} (${severity})`)),
      `${String(grave.length)} open`,
      '0 open',
      { pointers: grave.map((incident) => `/incidents/${String(incidents.indexOf(incident))}`) },
    );
  }),
  'POL-003': tuned(profileParams, fittingProfile),
  'POL-004': tuned(toolParams, allowedTools),
  'POL-005': tuned(limitParams, ({ submission }, params) => {
    const usage = submission?.usage ?? {};
    const limits = [
      ['tokens', params.max_tokens],
      ['cost_cents', params.max_cost_cents],
      ['latency_ms', params.max_latency_ms],
    ] as const;
    const set = limits.flatMap(([name, limit]) => (limit === undefined ? [] : [{ name, limit }]));
    if (set.length === 0) return skip('The sheet sets no limit.');
    const used = set.map(({ name, limit }) => {
      const value = usage[name];
      if (value === undefined) throw new OperandMissing(`usage.${name}`);
      return { name, limit, value };
    });
    const over = used.filter(({ value, limit }) => value > limit);
    if (over.length === 0)
      return pass(listed(used.map(({ name, value, limit }) => `${name} ${String(value)} of ${String(limit)}`)));
    return flag(
      listed(over.map(({ name, value, limit }) => `${name} ${String(value)} over ${String(limit)}`)),
      listed(over.map(({ value }) => String(value))),
      listed(over.map(({ limit }) => `at most ${String(limit)}`)),
      {
        difference: listed(over.map(({ value, limit }) => String(value - limit))),
        pointers: over.map(({ name }) => `/submission/usage/${name}`),
      },
    );
  }),
};

function fittingProfile(
  { agent_profile: profile, run }: EngineInputs,
  { max_autonomy, required }: z.output<typeof profileParams>,
): Finding {
  if (profile === NOT_RECORDED) return skip('Agent profiles are not recorded here.');
  if (!profile && !required) return skip('The run names no agent profile, and the sheet asks for none.');
  if (!profile) return flag('The run names no agent profile.', 'none', 'one', { pointers: ['/agent_profile'] });
  const limit = autonomyLevels.indexOf(max_autonomy);
  const autonomy = autonomyLevels.findIndex((level) => level === profile.autonomy);
  const faults = [
    ...(profile.state === 'active' ? [] : [['state', profile.state, 'active']]),
    ...(profile.allowed_lanes.includes(run.lane) ? [] : [['allowed_lanes', listed(profile.allowed_lanes), run.lane]]),
    ...(autonomy >= 0 && autonomy <= limit ? [] : [['autonomy', profile.autonomy, `at most ${max_autonomy}`]]),
  ];
  if (faults.length === 0) return pass('The agent profile is active and fits the run.', profile.id);
  return flag(
    listed(faults.map(([field = '', is = '', should = '']) => `${field} is ${is}, must be ${should}`)),
    listed(faults.map(([, is = '']) => is)),
    listed(faults.map(([, , should = '']) => should)),
    { pointers: faults.map(([field = '']) => `/agent_profile/${field}`) },
  );
}

interface ToolCall {
  readonly name: string;
  readonly scope: string | undefined;
}

function allowedTools(
  { evidence, agent_profile: profile }: EngineInputs,
  { tools }: z.output<typeof toolParams>,
): Finding {
  const traces = evidence.filter(({ kind }) => kind === 'tool_call_trace');
  if (traces.length === 0) return skip('The run has no trace of tool calls.');
  const known = profile === NOT_RECORDED || !profile ? undefined : profile.tools;
  const allowed = known ?? tools?.map((name) => ({ name, scope: '*' }));
  if (!allowed) return skip('Neither the agent profile nor the sheet says which tools are allowed.');
  const calls = traces.flatMap((trace) => toolCalls(trace).map((call) => ({ ...call, trace })));
  const foreign = calls.filter(
    ({ name, scope }) =>
      !allowed.some(
        (tool) => tool.name === name && (tool.scope === '*' || scope === undefined || tool.scope === scope),
      ),
  );
  if (foreign.length === 0) return pass(`${String(calls.length)} tool calls are within the list.`);
  return flag(
    listed(foreign.map(({ name, scope }) => (scope === undefined ? name : `${name} (${scope})`))),
    `${String(foreign.length)} of ${String(calls.length)} outside`,
    listed(allowed.map(({ name }) => name)),
    {
      evidence_ids: foreign.map(({ trace }) => trace.id),
      pointers: foreign.map(({ trace }) => `/evidence/${String(evidence.indexOf(trace))}`),
    },
  );
}

/** The calls of a trace: a JSON list, an object with `calls`, or one JSON object a line. */
function toolCalls({ id, text }: EngineEvidence): readonly ToolCall[] {
  if (text === null) throw new Error(`the trace ${id} is no text`);
  return entriesOf(text, id).map((entry) => {
    if (!isObject(entry)) throw new Error(`the trace ${id} holds a call that is no object`);
    const name = entry['tool'] ?? entry['name'];
    if (typeof name !== 'string') throw new Error(`the trace ${id} holds a call without a tool`);
    return { name, scope: typeof entry['scope'] === 'string' ? entry['scope'] : undefined };
  });
}

function entriesOf(text: string, id: string): readonly unknown[] {
  const whole = parsed(text);
  if (isList(whole)) return whole;
  if (isObject(whole)) return isList(whole['calls']) ? whole['calls'] : [whole];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const entry = parsed(line);
    if (entry === undefined) throw new Error(`the trace ${id} is not JSON`);
    return entry;
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
