import type { z } from 'zod';
import type { eventView } from './schema.js';
import type { LoggedEvent } from './store.js';

type Shown = z.input<typeof eventView>;

export function showEvent(event: LoggedEvent): Shown {
  const { id, at, actor, action, target, beforeDigest, afterDigest, requestId, network } = event;
  return {
    id,
    at: at.toISOString(),
    actor: { kind: actor.kind, id: actor.id, key_id: actor.key_id ?? null },
    action,
    target,
    before_digest: beforeDigest,
    after_digest: afterDigest,
    request_id: requestId,
    network,
  };
}

const CSV_HEAD = 'id,at,actor_kind,actor_id,key_id,action,target,before_digest,after_digest,request_id,network\r\n';
export const exportHead = { csv: CSV_HEAD, jsonl: '' } as const;

/** One entry as a line of an export: RFC 4180 for CSV, one JSON object for JSON Lines. */
export function exportLine(event: LoggedEvent, format: 'csv' | 'jsonl'): string {
  const shown = showEvent(event);
  if (format === 'jsonl') return `${JSON.stringify(shown)}\n`;
  const { actor, ...rest } = shown;
  const cells = [
    rest.id,
    rest.at,
    actor.kind,
    actor.id,
    actor.key_id,
    rest.action,
    rest.target,
    rest.before_digest,
    rest.after_digest,
    rest.request_id,
    rest.network,
  ];
  return `${cells.map(cell).join(',')}\r\n`;
}

/** Quoted, and never read as a formula by a spreadsheet. */
const cell = (value: string | null): string => {
  if (value === null) return '';
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
};
