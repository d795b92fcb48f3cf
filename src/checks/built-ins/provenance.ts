import { z } from 'zod';
import { isList, isObject } from '../expression/value.js';
import { flag, listed, pass, skip, type Finding } from '../finding.js';
import { NOT_RECORDED, type EngineDataset, type EngineInputs } from '../frozen.js';
import { plain, tuned, type BuiltIns } from './built-in.js';

type Check = (
  datasets: readonly EngineDataset[],
) => readonly { readonly dataset: EngineDataset; readonly text: string }[];

/** A flight sheet that needs a pin says so; elsewhere a run without one is not compared. */
const pinParams = z.strictObject({ required: z.boolean().default(false) });
const overlapParams = z.strictObject({ max: z.int().min(0).default(0) });

/** PRV: the model and the data are the ones named, allowed for this use, and kept apart. */
export const provenanceRules: BuiltIns = {
  'PRV-001': tuned(pinParams, ({ pin, submission }, { required }) => {
    if (pin === NOT_RECORDED) return skip('Model pins are not recorded here.');
    const model = submission?.model;
    if (!pin && !required) return skip("The run pins no model; the one it names is its submitter's word.");
    if (!pin) return flag('The run pins no model.', 'none', model?.name ?? 'one', { pointers: ['/pin'] });
    const named = model ? `${model.name}@${model.revision ?? 'no revision'}` : 'none';
    const pinned = `${pin.slug}@${pin.revision}`;
    if (named === pinned) return pass('The submission names the pinned model.', pinned);
    return flag('The submission names another model than the pinned one.', named, pinned, {
      pointers: ['/submission/model', '/pin'],
    });
  }),
  'PRV-002': plain(({ pin }) => {
    if (pin === NOT_RECORDED) return skip('Model pins are not recorded here.');
    if (!pin) return skip('The run pins no model.');
    if (!pin.catalog)
      return flag('The catalog has no such revision.', pin.card_sha256, 'a catalog entry', { pointers: ['/pin'] });
    const faults = [
      ...(pin.catalog.withdrawn ? ['the revision is withdrawn'] : []),
      ...(pin.catalog.card_sha256 === pin.card_sha256 ? [] : ['the card differs']),
      ...(sorted(pin.files) === sorted(pin.catalog.files) ? [] : ['the files differ']),
    ];
    if (faults.length === 0) return pass('Card and files are those of the catalog.', pin.card_sha256);
    return flag(listed(faults), pin.card_sha256, pin.catalog.card_sha256, { pointers: ['/pin'] });
  }),
  'PRV-003': overDatasets('Every dataset has a grant for its bytes.', (datasets) =>
    datasets.flatMap((dataset) => {
      if (!dataset.grant) return [{ dataset, text: `${dataset.id} was never granted` }];
      if (dataset.grant.state === 'revoked') return [{ dataset, text: `the grant of ${dataset.id} was revoked` }];
      return dataset.grant.sha256 === dataset.sha256
        ? []
        : [{ dataset, text: `${dataset.id} has other bytes than granted` }];
    }),
  ),
  'PRV-004': overDatasets('Every licence allows the declared use.', (datasets) =>
    datasets.flatMap((dataset) => {
      const { id, use, licence, fits_policy } = dataset;
      if (licence.forbids.includes(use)) return [{ dataset, text: `${id}: ${licence.id} forbids ${use}` }];
      return fits_policy ? [] : [{ dataset, text: `${id}: ${licence.id} does not fit the policy in force` }];
    }),
  ),
  'PRV-005': overDatasets('No training data leaves open whether it is personal.', (datasets) =>
    datasets.flatMap((dataset) =>
      dataset.use === 'training' && dataset.sensitive_personal === 'no_assertion'
        ? [{ dataset, text: `${dataset.id} asserts nothing about sensitive personal data` }]
        : [],
    ),
  ),
  'PRV-006': tuned(overlapParams, separateSets),
};

const sorted = (files: readonly string[]): string => [...files].sort().join();

function overDatasets(good: string, check: Check): BuiltIns[string] {
  return plain(({ datasets }) => {
    if (datasets === NOT_RECORDED) return skip('Datasets are not recorded here.');
    if (datasets.length === 0) return skip('The run uses no dataset.');
    const faults = check(datasets);
    if (faults.length === 0) return pass(good, String(datasets.length));
    return flag(listed(faults.map(({ text }) => text)), `${String(faults.length)} faults`, '0 faults', {
      pointers: faults.map(({ dataset }) => `/datasets/${String(datasets.indexOf(dataset))}`),
    });
  });
}

/** PRV-006: manifests list the hashes of their items under `train` and `eval`, in one document or in several. */
function separateSets({ evidence }: EngineInputs, { max }: z.output<typeof overlapParams>): Finding {
  const train = new Set<string>();
  const evaluation: string[] = [];
  const manifests = evidence.filter(({ kind, text }) => kind === 'dataset_manifest' && text !== null);
  for (const { id, text } of manifests) {
    const manifest = readManifest(id, text ?? '');
    for (const hash of strings(manifest['train'])) train.add(hash);
    evaluation.push(...strings(manifest['eval']));
  }
  if (train.size === 0 || evaluation.length === 0) return skip('No manifest lists the items of both sets.');
  const shared = evaluation.filter((hash) => train.has(hash)).length;
  if (shared <= max)
    return pass(`${String(shared)} of ${String(evaluation.length)} evaluation items are in the training set.`);
  return flag(
    `${String(shared)} of ${String(evaluation.length)} evaluation items are in the training set.`,
    String(shared),
    `at most ${String(max)}`,
    { difference: String(shared - max), evidence_ids: manifests.map(({ id }) => id) },
  );
}

function readManifest(id: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`the manifest ${id} is not JSON`, { cause: error });
  }
  if (!isObject(value)) throw new Error(`the manifest ${id} is no object`);
  return value;
}

const strings = (value: unknown): readonly string[] =>
  isList(value) ? value.filter((item) => typeof item === 'string') : [];
