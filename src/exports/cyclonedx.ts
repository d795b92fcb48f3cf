import { v5 } from 'uuid';

/** Namespace of serial numbers: the same content gives the same document. */
const NAMESPACE = '0d9a3f6e-8a43-4c7d-9a0e-6a1f3f0c6b11';

/** A CycloneDX 1.6 document around one component. */
export const cyclonedxDocument = (
  digest: string,
  published: Date,
  component: Readonly<Record<string, unknown>>,
): Record<string, unknown> => ({
  $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  serialNumber: `urn:uuid:${v5(digest, NAMESPACE)}`,
  version: 1,
  metadata: { timestamp: published.toISOString() },
  components: [component],
});

/** A licence by its SPDX id, or by name and address when it has none. */
export const cyclonedxLicence = ({
  id,
  url,
}: {
  readonly id: string;
  readonly url: string;
}): Record<string, unknown> =>
  id.startsWith('LicenseRef-') ? { license: { name: id, url } } : { license: { id, url } };
