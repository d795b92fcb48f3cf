const VALUE = { dependencyTypesNot: ['type-only'] };
const LEDGER_FORMAT = '^src/ledger/(entry|tree|proof|note|tiles|verify)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: VALUE } },
    {
      name: 'workflows-reach-only-rules',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        ...VALUE,
        pathNot: [
          '^workflows/',
          '^src/[^/]+/rules\\.ts$',
          '^src/kernel/',
          'node_modules/@temporalio/(workflow|common)/',
        ],
      },
    },
    {
      name: 'rules-are-pure',
      severity: 'error',
      from: { path: '^src/([^/]+/rules\\.ts$|kernel/)' },
      to: { ...VALUE, pathNot: ['^src/[^/]+/rules\\.ts$', '^src/kernel/'] },
    },
    {
      name: 'ledger-format-is-pure',
      severity: 'error',
      from: { path: LEDGER_FORMAT },
      to: { ...VALUE, pathNot: [LEDGER_FORMAT, '^src/kernel/', '^(node:)?crypto$'] },
    },
    {
      name: 'verifier-needs-node-alone',
      severity: 'error',
      from: { path: '^src/verifier/' },
      to: {
        ...VALUE,
        pathNot: [
          '^src/verifier/',
          LEDGER_FORMAT,
          '^src/receipts/(disclosures|approval-signature)\\.ts$',
          '^src/kernel/',
          '^(node:)?(crypto|fs|fs/promises|path|util|zlib)$',
          '^src/ledger/(policy|cosignature|sandbox-log)\\.ts$',
        ],
      },
    },
    {
      name: 'planner-is-pure',
      severity: 'error',
      from: { path: '^src/planner/', pathNot: '^src/planner/(routes|cli)\\.ts$' },
      to: { ...VALUE, pathNot: ['^src/planner/', '^src/kernel/', 'node_modules/zod/', '^(node:)?crypto$'] },
    },
    {
      name: 'models-stay-behind-stores',
      severity: 'error',
      from: { pathNot: ['^src/[^/]+/(store|model|keys)\\.ts$', '^src/[^/]+/[a-z]+-store\\.ts$', '^src/db/'] },
      to: { ...VALUE, path: '^src/[^/]+/model\\.ts$' },
    },
    {
      name: 'http-knows-no-worker',
      severity: 'error',
      from: { path: '^src/' },
      to: { ...VALUE, path: '^(activities|workers|workflows|scripts|test)/' },
    },
    {
      name: 'activities-know-no-http',
      severity: 'error',
      from: { path: '^activities/' },
      to: { ...VALUE, path: '^src/(http/|[^/]+/(routes|durable)\\.tsx?$)' },
    },
    { name: 'nothing-ships-tests', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};
