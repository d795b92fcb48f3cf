import { page } from '../../../src/http/page.js';
import type { Session, Subscription } from './objects.js';

function Choice({ action, name, value, label }: Readonly<Record<'action' | 'name' | 'value' | 'label', string>>) {
  return (
    <form method="post" action={action}>
      <input type="hidden" name={name} value={value} />
      <button id={value} type="submit">
        {label}
      </button>
    </form>
  );
}

/** The payment page: what Stripe hosts, without a card. */
export function payPage({ id, status }: Session): string {
  const action = `/pay/${id}`;
  const choices: readonly (readonly [string, string])[] = [
    ['paid', 'Pay 100 USD'],
    ['bank_debit', 'Pay by bank debit, confirmed later'],
    ['free', 'Use a coupon of 100 %'],
    ['declined', 'Be declined'],
    ['cancelled', 'Cancel'],
  ];
  return page(
    'Stripe stand-in: payment',
    <main>
      <h1>Membership, 100 USD a year</h1>
      <p class="soft">This is a stand-in for Stripe on this machine. No money moves.</p>
      {status === 'open' ? (
        choices.map(([value, label]) => <Choice action={action} name="outcome" value={value} label={label} />)
      ) : (
        <p>This session is {status}.</p>
      )}
    </main>,
  );
}

/** The billing portal: end or resume a subscription. */
export function portalPage(customer: string, subscriptions: readonly Subscription[]): string {
  return page(
    'Stripe stand-in: billing portal',
    <main>
      <h1>Subscriptions</h1>
      <p class="soft">This is a stand-in for Stripe on this machine. No money moves.</p>
      {subscriptions.map(({ id, status, cancel_at_period_end }) => (
        <section>
          <h2>{id}</h2>
          <p>
            {status}
            {cancel_at_period_end ? ', ends with the period' : ''}
          </p>
          <Choice
            action={`/portal/${customer}?subscription=${id}`}
            name="change"
            value={cancel_at_period_end ? 'resume' : 'cancel'}
            label={cancel_at_period_end ? 'Resume' : 'Cancel at the end of the period'}
          />
        </section>
      ))}
    </main>,
  );
}
