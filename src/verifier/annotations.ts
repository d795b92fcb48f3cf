import { createHash } from 'node:crypto';
import { preAuthEncoding } from '../ledger/entry.js';
import type { ParsedBundle } from './bundle.js';
import { VerifierFault } from './fault.js';
import { rung, type Rung } from './ladder.js';
import { asList, asObject, asText, isObject } from './read.js';
import { verifyBundle } from './signed.js';
import { parseStatement, type Statement } from './statement.js';
import type { Trust } from './trust.js';

const ANNOTATION = 'https://defendablecloud.com/receipt/annotation/v1';

/** The receipt that the annotations are held against. */
interface Annotated {
  readonly signedBytes: Buffer;
  readonly statement: Statement;
}

/**
 * What newer entries say about a receipt. Each is verified like a receipt of its own, must be by the same organization,
 * and about these signed bytes; a revocation fails the receipt. An entry about another receipt says nothing here.
 */
export function annotationRungs(
  receipt: Annotated,
  annotations: readonly ParsedBundle[],
  trust: Trust,
): readonly Rung[] {
  return annotations.map((annotation) => annotationRung(receipt, annotation, trust));
}

function annotationRung(receipt: Annotated, annotation: ParsedBundle, trust: Trust): Rung {
  if (annotation.signed.form !== 'dsse') throw new VerifierFault('malformed', 'an annotation is a DSSE envelope');
  const { payloadType, payload } = annotation.signed;
  const own = verifyBundle(annotation, preAuthEncoding(payloadType, payload), trust);
  const broken = own.find(({ state }) => state === 'failed') ?? own.find(({ state }) => state === 'missing');
  if (broken)
    return { name: 'annotation', state: broken.state, detail: `is not proven: ${broken.name} ${broken.detail}` };
  const { predicateType, predicate, frame } = parseStatement(payload);
  if (predicateType !== ANNOTATION) throw new VerifierFault('malformed', 'this is no annotation');
  const { status, receipt: about, at, erased } = asObject(predicate['annotation'], 'the annotation');
  const digest = createHash('sha256').update(receipt.signedBytes).digest('hex');
  if (asText(asObject(about, 'the annotated receipt')['digest'], 'digest') !== digest)
    return { name: 'annotation', state: 'not_asked', detail: 'is about another receipt' };
  if (aliasOf(frame) !== aliasOf(receipt.statement.frame))
    return rung('annotation', false, 'is by another organization than the receipt');
  const time = asText(at, 'at');
  if (status === 'revoked') return rung('not revoked', false, `REVOKED by its issuer at ${time}`);
  if (status === 'superseded')
    return { name: 'not superseded', state: 'not_asked', detail: `another receipt speaks instead since ${time}` };
  const count = asList(erased, 'erased').length;
  return { name: 'nothing erased', state: 'not_asked', detail: `${String(count)} fields were erased at ${time}` };
}

const aliasOf = ({ organization }: Statement['frame']): string =>
  asText(isObject(organization) ? organization['alias'] : undefined, 'organization.alias');
