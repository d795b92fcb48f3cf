import { isList } from './expression/value.js';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON Schema 2020-12 §10.2: keywords that apply a schema to the very same value, so that going round them never ends. */
const ONE = ['not', 'if', 'then', 'else'] as const;
const LISTS = ['allOf', 'anyOf', 'oneOf'] as const;

/**
 * The reference of a schema by which checking a value would come back to itself without going into the value. A
 * schema that goes deeper each time round, like that of a tree, has none.
 */
export function findRefCycle(schema: Node): string | undefined {
  const named = namesIn(schema);
  const done = new Set<Node>();
  for (const start of nodesIn(schema)) {
    const found = walk(start, [], done, (node) => stepsFrom(node, schema, named));
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Step {
  readonly node: Node;
  /** The reference taken; undefined for a keyword that holds the schema itself. */
  readonly ref?: string;
}

function walk(
  node: Node,
  path: readonly Step[],
  done: Set<Node>,
  stepsOf: (node: Node) => readonly Step[],
): string | undefined {
  if (path.slice(0, -1).some((step) => step.node === node)) return path.findLast(({ ref }) => ref !== undefined)?.ref;
  if (done.has(node)) return undefined;
  for (const step of stepsOf(node)) {
    const found = walk(step.node, [...(path.length === 0 ? [{ node }] : path), step], done, stepsOf);
    if (found !== undefined) return found;
  }
  done.add(node);
  return undefined;
}

function stepsFrom(node: Node, root: Node, named: ReadonlyMap<string, Node>): readonly Step[] {
  const { $ref, $dynamicRef, dependentSchemas } = node;
  const inPlace = [
    ...ONE.map((name) => node[name]),
    ...LISTS.flatMap((name) => listAt(node, name)),
    ...(isNode(dependentSchemas) ? Object.values(dependentSchemas) : []),
  ];
  const references = [$ref, $dynamicRef].flatMap((ref): readonly Step[] => {
    const target = typeof ref === 'string' ? resolve(ref, root, named) : undefined;
    return target && typeof ref === 'string' ? [{ node: target, ref }] : [];
  });
  return [...references, ...inPlace.filter(isNode).map((one) => ({ node: one }))];
}

function listAt(node: Node, name: string): readonly unknown[] {
  const list = node[name];
  return isList(list) ? list : [];
}

/** What a reference inside the schema points at: a pointer, an anchor, or an id. */
function resolve(ref: string, root: Node, named: ReadonlyMap<string, Node>): Node | undefined {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return named.get(ref);
  const steps = ref
    .slice(2)
    .split('/')
    .map((step) => decode(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  const found = steps.reduce<unknown>(
    (at, step) => (Array.isArray(at) ? at[Number(step)] : isNode(at) && Object.hasOwn(at, step) ? at[step] : undefined),
    root,
  );
  return isNode(found) ? found : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function nodesIn(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return isNode(value) ? [value, ...Object.values(value).flatMap(nodesIn)] : [];
}

function namesIn(root: Node): ReadonlyMap<string, Node> {
  const named = new Map<string, Node>();
  for (const node of nodesIn(root)) {
    const { $id, $anchor, $dynamicAnchor } = node;
    if (typeof $id === 'string') named.set($id, node);
    for (const anchor of [$anchor, $dynamicAnchor]) if (typeof anchor === 'string') named.set(`#${anchor}`, node);
  }
  return named;
}
