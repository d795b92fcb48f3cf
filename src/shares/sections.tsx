import type { ComponentChildren, VNode } from 'preact';

export function Row({ name, children }: { readonly name: string; readonly children?: ComponentChildren }): VNode {
  return (
    <tr>
      <th>{name}</th>
      <td>{children}</td>
    </tr>
  );
}

/** Members that every receipt shows elsewhere, or that are of use to programs alone. */
const FRAME = new Set([
  'redaction',
  'notChecked',
  'chain',
  'organization',
  'receiptId',
  'kind',
  'schemaVersion',
  'issuedAt',
  'revision',
  'supersedes',
]);

/** A receipt of any kind as rows, one for each value that is shown. */
export function Rows({ value }: { readonly value: Readonly<Record<string, unknown>> }): VNode {
  return (
    <table>
      {flatten(value, '').map(([name, text]) => (
        <Row name={name}>
          <bdi>{text}</bdi>
        </Row>
      ))}
    </table>
  );
}

function flatten(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([name, member]) =>
    FRAME.has(name) ? [] : flatten(member, path === '' ? name : `${path} · ${name}`),
  );
}
