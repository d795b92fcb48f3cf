import { signInCode, type Tokens } from '../auth/tokens.js';
import { assertNever } from '../kernel/assert-never.js';
import { membershipMail } from './membership.js';

export type MailTemplate =
  | 'sign_in'
  | 'invite'
  | 'review_reminder'
  | 'membership'
  | 'incident_opened'
  | 'incident_escalation'
  | 'article73_reminder'
  | 'cook_over';
export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** Writes a mail at the moment it is sent or shown; tokens are derived here and nowhere kept. */
export function renderMail(
  template: MailTemplate,
  params: Readonly<Record<string, string>>,
  { publicUrl, tokens }: { readonly publicUrl: string; readonly tokens: Tokens },
): Mail {
  switch (template) {
    case 'sign_in': {
      const linkId = params['link_id'] ?? '';
      const token = tokens.issue('sign-in', linkId);
      return {
        subject: 'Your sign-in link',
        text: `Sign in within 15 minutes; the link works once:\n\n${publicUrl}/auth/verify?token=${token}\n\nIf you did not ask for it, ignore this mail.\n\nOn another device, type this code instead: ${signInCode(tokens, linkId)}\n`,
      };
    }
    case 'invite': {
      const token = tokens.issue('invite', params['invite_id'] ?? '');
      return {
        subject: `You are invited to ${params['org_name'] ?? 'an organization'}`,
        text: `Accept the invitation within 7 days:\n\n${publicUrl}/auth/accept-invite?token=${token}\n`,
      };
    }
    case 'review_reminder':
      return {
        subject: 'A run is waiting for you',
        text: `A run waits for a decision since ${params['since'] ?? 'some days'}:\n\n${publicUrl}/runs/${params['run_id'] ?? ''}\n`,
      };
    case 'membership':
      return membershipMail(params, publicUrl);
    case 'incident_opened':
      return {
        subject: `An incident of ${params['severity'] ?? 'some severity'} has opened`,
        text: `It is of the kind ${(params['kind'] ?? 'other').replaceAll('_', ' ')}:\n\n${publicUrl}/incidents/${params['incident_id'] ?? ''}\n`,
      };
    case 'incident_escalation':
      return {
        subject: `An incident of ${params['severity'] ?? 'some severity'} waits`,
        text: `An incident is still ${params['state'] ?? 'open'}:\n\n${publicUrl}/incidents/${params['incident_id'] ?? ''}\n`,
      };
    case 'article73_reminder':
      return {
        subject: 'A serious incident must be reported',
        text: `The report under Article 73 of the EU AI Act is due by ${params['deadline'] ?? ''}:\n\n${publicUrl}/incidents/${params['incident_id'] ?? ''}\n`,
      };
    case 'cook_over':
      return {
        subject: `A cook is over: ${params['state'] ?? 'see there'}`,
        text: `The cook that you asked for is ${params['state'] ?? 'over'}:\n\n${publicUrl}/cooks/${params['cook_id'] ?? ''}\n`,
      };
    default:
      return assertNever(template);
  }
}
