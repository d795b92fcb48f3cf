const CONTEXT = 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld';

/** What an SPDX 3 document says of one package, besides what its profile adds. */
export interface SpdxPackage {
  readonly type: 'ai_AIPackage' | 'dataset_DatasetPackage';
  readonly profile: 'ai' | 'dataset';
  readonly iri: string;
  readonly name: string;
  readonly version: string;
  readonly purpose: 'model' | 'data';
  readonly supplier: string;
  readonly released: Date;
  readonly published: Date;
  readonly licence: { readonly id: string; readonly url: string };
  readonly sha256: string;
  readonly description: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** SPDX wants seconds. */
const seconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z');

/** An SPDX 3.0.1 document (JSON-LD) around one AI or dataset package. */
export function spdxDocument(given: SpdxPackage): Record<string, unknown> {
  const { iri, licence, supplier, published } = given;
  const creationInfo = '_:creation';
  const named = (suffix: string): string => `${iri}#${suffix}`;
  const relation = (type: string): Record<string, unknown> => ({
    type: 'Relationship',
    spdxId: named(type),
    creationInfo,
    from: iri,
    relationshipType: type,
    to: [named('licence')],
  });
  const organization = named('supplier');
  const custom = licence.id.startsWith('LicenseRef-')
    ? { simplelicensing_customIdToUri: [{ type: 'DictionaryEntry', key: licence.id, value: licence.url }] }
    : {};
  return {
    '@context': CONTEXT,
    '@graph': [
      {
        type: 'CreationInfo',
        '@id': creationInfo,
        specVersion: '3.0.1',
        created: seconds(published),
        createdBy: [organization],
      },
      { type: 'Organization', spdxId: organization, creationInfo, name: supplier },
      {
        type: 'SpdxDocument',
        spdxId: named('document'),
        creationInfo,
        profileConformance: ['core', 'software', 'simpleLicensing', given.profile],
        rootElement: [iri],
      },
      {
        type: given.type,
        spdxId: iri,
        creationInfo,
        name: given.name,
        description: given.description,
        software_packageVersion: given.version,
        software_downloadLocation: iri,
        software_primaryPurpose: given.purpose,
        suppliedBy: organization,
        originatedBy: [organization],
        releaseTime: seconds(given.released),
        builtTime: seconds(given.released),
        verifiedUsing: [{ type: 'Hash', algorithm: 'sha256', hashValue: given.sha256 }],
        ...given.facts,
      },
      {
        type: 'simplelicensing_LicenseExpression',
        spdxId: named('licence'),
        creationInfo,
        simplelicensing_licenseExpression: licence.id,
        ...custom,
      },
      relation('hasDeclaredLicense'),
      relation('hasConcludedLicense'),
    ],
  };
}
