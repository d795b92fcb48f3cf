/** A body or query as Stripe takes it: a[b][0][c]=v, always text. */
export interface Form {
  [name: string]: string | Form;
}

export function parseForm(text: string): Form {
  const root: Form = {};
  for (const [path, value] of new URLSearchParams(text)) {
    const steps = path.split(/\[|\]\[|\]/).filter((step) => step !== '');
    const last = steps.pop() ?? '';
    let place = root;
    for (const step of steps) {
      const next = place[step];
      const inner: Form = typeof next === 'object' ? next : {};
      place[step] = inner;
      place = inner;
    }
    place[last] = value;
  }
  return root;
}

export const textOf = (form: Form, name: string): string | undefined => {
  const value = form[name];
  return typeof value === 'string' ? value : undefined;
};

/** The flat texts under a name, as of metadata. */
export function textsOf(form: Form, name: string): Record<string, string> {
  const value = form[name];
  if (typeof value !== 'object') return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])),
  );
}
