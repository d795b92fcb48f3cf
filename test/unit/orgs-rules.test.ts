import { expect, test } from '@jest/globals';
import { mayChangeMember } from '../../src/orgs/rules.js';

const by = (role: 'owner' | 'admin' | 'member' | 'viewer') => ({ actor: { role } });

test('the last owner can be neither demoted nor removed, and cannot leave', () => {
  for (const change of [{ kind: 'role', role: 'admin' }, { kind: 'removal' }, { kind: 'leaving' }] as const) {
    expect(mayChangeMember({ ...by('owner'), change, target: { role: 'owner' }, owners: 1 })).toMatchObject({
      because: 'last_owner',
    });
    expect(mayChangeMember({ ...by('owner'), change, target: { role: 'owner' }, owners: 2 })).toEqual({ ok: true });
  }
});

test('nobody but an owner changes a role, their own included; anyone may leave', () => {
  for (const role of ['admin', 'member', 'viewer'] as const) {
    const given = { ...by(role), target: { role }, owners: 1 };
    expect(mayChangeMember({ ...given, change: { kind: 'role', role: 'owner' } })).toMatchObject({
      because: 'forbidden',
    });
    expect(mayChangeMember({ ...given, change: { kind: 'removal' } })).toMatchObject({ because: 'forbidden' });
    expect(mayChangeMember({ ...given, change: { kind: 'leaving' } })).toEqual({ ok: true });
  }
});
