import { sign, type KeyObject } from 'node:crypto';
import { encode } from 'cborg';
import type { Knex } from 'knex';
import type { System } from '../db/database.js';
import { noteKeyId, type NoteVerifier } from './note.js';

/** RFC 9052 §3.1 and RFC 9942 §4: header labels, and the values for EdDSA and for RFC 9162 trees. */
const ALG = 1;
const KID = 4;
const CWT_CLAIMS = 15;
const VDS = 395;
const VDP = 396;
const EDDSA = -8;
const RFC9162_SHA256 = 1;
const INCLUSION = -1;
const ISSUER = 1;
/** RFC 9052 §2: CBOR tag 18 marks a COSE_Sign1. */
const SIGN1_TAG = 0xd2;

/** The same bytes for every receipt of a log, so that one signature per tree serves them all. */
const protectedHeader = (log: NoteVerifier): Uint8Array =>
  encode(
    new Map<number, unknown>([
      [ALG, EDDSA],
      [KID, noteKeyId(log)],
      [CWT_CLAIMS, new Map([[ISSUER, log.name]])],
      [VDS, RFC9162_SHA256],
    ]),
  );

/** Signs a root as the payload of a COSE_Sign1 (RFC 9052 §4.4). Ed25519: the same bytes at every repetition. */
export const signRoot = (log: NoteVerifier, root: Buffer, privateKey: KeyObject): Buffer =>
  sign(null, encode(['Signature1', protectedHeader(log), Buffer.alloc(0), root]), privateKey);

/** RFC 9942 receipt of inclusion: the proof, and the log's signature over the root it leads to. */
export function coseReceipt(
  log: NoteVerifier,
  proof: {
    readonly size: number;
    readonly index: number;
    readonly hashes: readonly Buffer[];
    readonly signature: Buffer;
  },
): Buffer {
  const inclusion = encode([proof.size, proof.index, proof.hashes]);
  const unprotected = new Map([[VDP, new Map([[INCLUSION, [inclusion]]])]]);
  const message = encode([protectedHeader(log), unprotected, null, proof.signature]);
  return Buffer.concat([Buffer.from([SIGN1_TAG]), message]);
}

/** Keeps the signature of a tree. Safe to repeat: the first stands, and another would be the same. */
export async function keepRootSignature(
  { trx }: System,
  logId: string,
  size: number,
  signature: Buffer,
): Promise<void> {
  await trx('ledger_root_signature').insert({ logId, size, signature }).onConflict(['log_id', 'size']).ignore();
}

export async function findRootSignature(knex: Knex, logId: string, size: number): Promise<Buffer | undefined> {
  const row = await knex<{ logId: string; size: number; signature: Buffer }>('ledger_root_signature')
    .where({ logId, size })
    .first();
  return row?.signature;
}
