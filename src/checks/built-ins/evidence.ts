import { RE2JS } from 're2js';
import type { EngineEvidence, EngineInputs } from '../frozen.js';
import { flag, listed, pass, skip, type Finding } from '../finding.js';
import { plain, type BuiltIns } from './built-in.js';

const HOUR_MS = 3_600_000;
const ids = (items: readonly EngineEvidence[]): readonly string[] => items.map(({ id }) => id);
const pointersTo = (evidence: readonly EngineEvidence[], bad: readonly EngineEvidence[]): readonly string[] =>
  bad.map((item) => `/evidence/${String(evidence.indexOf(item))}`);

/** EVD: the evidence is all there, unchanged, fresh, and what it says it is. */
export const evidenceRules: BuiltIns = {
  'EVD-001': plain(({ evidence }) => {
    const missing = evidence.filter(({ observed_sha256 }) => observed_sha256 === null);
    const changed = evidence.filter((item) => item.observed_sha256 !== null && item.observed_sha256 !== item.sha256);
    const bad = [...missing, ...changed];
    if (bad.length === 0)
      return pass(`${String(evidence.length)} objects read again, every digest equal.`, String(evidence.length));
    return flag(
      `${String(missing.length)} missing, ${String(changed.length)} changed in storage: ${listed(ids(bad))}.`,
      `${String(bad.length)} bad`,
      '0 bad',
      { evidence_ids: ids(bad), pointers: pointersTo(evidence, bad) },
    );
  }),
  'EVD-002': plain(({ submission, evidence_root }) => {
    if (!submission) return skip('There is no submission to compare with.');
    if (submission.evidence_root === evidence_root)
      return pass('The evidence root is the one submitted on.', evidence_root);
    return flag('Evidence was added or withdrawn after the submission.', evidence_root, submission.evidence_root, {
      pointers: ['/evidence_root'],
    });
  }),
  'EVD-003': plain(requiredEvidence),
  'EVD-004': plain(freshEvidence),
  'EVD-005': plain(({ evidence }) => {
    const files = evidence.filter(({ filename }) => filename !== null);
    if (files.length === 0) return skip('The run has no file.');
    const without = files.filter(({ sha256, client_sha256 }) => client_sha256 !== sha256);
    if (without.length === 0) return pass('Every file came with its digest, and it is the one stored.');
    return flag(
      `${String(without.length)} files without an equal declared digest.`,
      `${String(without.length)} without`,
      '0 without',
      { evidence_ids: ids(without), pointers: pointersTo(evidence, without) },
    );
  }),
  'EVD-006': plain(({ evidence }) => {
    const unready = evidence.filter(({ state }) => state !== 'stored' && state !== 'verified');
    if (unready.length === 0) return pass('No item is quarantined or pending.');
    return flag(
      `${String(unready.length)} items are not ready.`,
      listed(unready.map(({ state }) => state)),
      'stored or verified',
      { evidence_ids: ids(unready), pointers: pointersTo(evidence, unready) },
    );
  }),
  'EVD-007': plain(({ evidence }) => {
    const seen = new Set<string>();
    const twice = evidence.filter((item) => {
      const fingerprint = item.text === null ? item.sha256 : normalized(item.text);
      const isTwice = seen.has(fingerprint);
      seen.add(fingerprint);
      return isTwice;
    });
    if (twice.length === 0) return pass('No two items have the same content.');
    return flag(
      `${String(twice.length)} items repeat another one's content.`,
      `${String(twice.length)} repeated`,
      '0',
      {
        evidence_ids: ids(twice),
        pointers: pointersTo(evidence, twice),
      },
    );
  }),
  'EVD-008': plain(({ evidence }) => {
    const wrong = evidence.filter((item) => !typesAgree(item));
    if (wrong.length === 0) return pass('No content contradicts its declared type.');
    return flag(
      listed(wrong.map((item) => `${item.id} says ${item.media_type}, is ${item.sniffed_type ?? 'binary'}`)),
      `${String(wrong.length)} contradict`,
      '0 contradict',
      { evidence_ids: ids(wrong), pointers: pointersTo(evidence, wrong) },
    );
  }),
};

/** Space and case do not make a copy independent. */
const normalized = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().toLowerCase();

function requiredEvidence({ sheet, evidence }: EngineInputs): Finding {
  const required = sheet.required_evidence ?? [];
  if (required.length === 0) return skip('The sheet requires no evidence of a kind.');
  const missing = required.flatMap(({ kind, min, label_pattern }) => {
    const pattern = label_pattern === undefined ? undefined : RE2JS.compile(label_pattern);
    const found = evidence.filter(
      (item) => item.kind === kind && (pattern === undefined || pattern.matcher(item.label).find()),
    ).length;
    return found >= min ? [] : [`${kind}: ${String(found)} of ${String(min)}`];
  });
  if (missing.length === 0) return pass('Every required kind of evidence is there.', String(required.length));
  const expected = listed(required.map(({ kind, min }) => `${kind}: ${String(min)}`));
  return flag(`Missing evidence: ${listed(missing)}.`, listed(missing), expected, { pointers: ['/evidence'] });
}

function freshEvidence({ sheet, evidence, submission }: EngineInputs): Finding {
  const limits = (sheet.required_evidence ?? []).filter(({ max_age_hours }) => max_age_hours !== undefined);
  if (limits.length === 0) return skip('The sheet limits no age of evidence.');
  if (!submission) return skip('There is no submission to measure the age at.');
  const at = Date.parse(submission.submitted_at);
  const old = evidence.flatMap((item) => {
    const limit = limits.find(({ kind }) => kind === item.kind)?.max_age_hours;
    if (limit === undefined) return [];
    const hours = (at - Date.parse(item.captured_at ?? item.stored_at)) / HOUR_MS;
    return hours <= limit ? [] : [{ item, text: `${item.id}: ${hours.toFixed(1)} h, limit ${String(limit)} h` }];
  });
  if (old.length === 0) return pass('Every item was fresh at the submission.');
  const stale = old.map(({ item }) => item);
  return flag(listed(old.map(({ text }) => text)), `${String(old.length)} too old`, '0 too old', {
    evidence_ids: ids(stale),
    pointers: pointersTo(evidence, stale),
  });
}

const families: Readonly<Record<string, readonly string[]>> = {
  'application/zip': [
    'application/zip',
    'application/vnd.',
    'application/epub',
    'application/java-archive',
    'application/octet-stream',
  ],
  'application/gzip': ['application/gzip', 'application/x-gzip', 'application/x-tar', 'application/octet-stream'],
};

/** Whether first bytes and declared type may both be right. A binary without a mark of its own may be any binary. */
function typesAgree({ media_type, sniffed_type, filename, text }: EngineEvidence): boolean {
  const declared = media_type.split(';')[0]?.trim() ?? '';
  const found = sniffed_type ?? (text === null ? null : TEXT);
  if (found === null) return filename === null || !isText(declared);
  if (found === TEXT) return !binaries.has(declared);
  const allowed = families[found] ?? [found, 'application/octet-stream'];
  return allowed.some((prefix) => declared.startsWith(prefix));
}

const TEXT = 'text/plain';
/** Types that always begin with their own mark, so text under their name is something else. */
const binaries = new Set([
  'application/pdf',
  'image/png',
  'image/jpeg',
  'image/gif',
  'application/zip',
  'application/gzip',
]);
const isText = (type: string): boolean => type.startsWith('text/') || type === 'application/json';
