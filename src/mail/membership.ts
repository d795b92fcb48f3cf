/** What happened to a membership, in the words of a mail. No link in it is a secret. */
export function membershipMail(
  params: Readonly<Record<string, string>>,
  publicUrl: string,
): { readonly subject: string; readonly text: string } {
  const day = (params['period_end'] ?? '').slice(0, 10);
  const portal = `Manage payment and invoices: POST ${publicUrl}/membership/portal opens the billing portal.`;
  const texts: Readonly<Record<string, readonly [string, string]>> = {
    approved: [
      'Your application is approved',
      `Pay for the membership: POST ${publicUrl}/membership/checkout opens the payment page.`,
    ],
    rejected: [
      'Your application was not approved',
      `The reason is in GET ${publicUrl}/membership. You may apply again later.`,
    ],
    unpaid: [
      'Your approved membership waits for its payment',
      `POST ${publicUrl}/membership/checkout opens the payment page. An approval that is not paid expires after 60 days.`,
    ],
    expired: [
      'Your application has expired',
      `It was not decided in 90 days, or approved and not paid in 60. Apply again: POST ${publicUrl}/membership/apply.`,
    ],
    active: ['Your membership is active', `It is paid until ${day}. ${portal}`],
    renewed: ['Your membership is renewed', `It is paid until ${day}. ${portal}`],
    payment_failed: ['A payment for your membership failed', `Nothing is lost yet. ${portal}`],
    lapsed: ['Your membership has lapsed', `Become a member again: POST ${publicUrl}/membership/checkout.`],
    cancelled: ['Your membership has ended', `Become a member again: POST ${publicUrl}/membership/checkout.`],
    suspended: ['Your membership is suspended', `The reason is in GET ${publicUrl}/membership.`],
    refunded: [
      'A payment was given back',
      `It could not be counted for your membership. See GET ${publicUrl}/membership.`,
    ],
    reminder:
      params['ending'] === 'true'
        ? ['Your membership ends soon', `It ends on ${day}. ${portal}`]
        : ['Your membership renews soon', `The next year is charged on ${day}. ${portal}`],
  };
  const [subject, text] = texts[params['news'] ?? ''] ?? ['Your membership', `See GET ${publicUrl}/membership.`];
  return { subject, text: `${text}\n` };
}
