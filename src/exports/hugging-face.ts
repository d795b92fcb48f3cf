import { stringify } from 'yaml';

/** The licence as the Hub names it: lower-case SPDX, or `other` with its name and link. */
export const hubLicence = ({ id, url }: { readonly id: string; readonly url: string }): Record<string, string> =>
  id.startsWith('LicenseRef-')
    ? { license: 'other', license_name: id.slice('LicenseRef-'.length).toLowerCase(), license_link: url }
    : { license: id.toLowerCase() };

/** A card as the Hugging Face Hub reads it: YAML between dashes, then Markdown. */
export const hubCard = (front: Readonly<Record<string, unknown>>, markdown: string): string =>
  `---\n${stringify(front)}---\n\n${markdown}\n`;

export const bullets = (lines: readonly string[]): string =>
  lines.length === 0 ? 'None stated.' : lines.map((line) => `- ${line}`).join('\n');
