import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { ObjectStore } from '../adapters/object-store.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';

/** Larger files are refused; they would go straight to storage by a pre-signed upload. */
const MAX_UPLOAD_BYTES = 25 * 1024 * 1024;
const MAX_FIELD_BYTES = 4096;
const MAX_FIELDS = 20;
/** Room for the fields and boundaries around the file. */
const ENVELOPE_BYTES = 256 * 1024;

export interface ReceivedUpload {
  readonly fields: Readonly<Record<string, string>>;
  readonly filename: string;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
  /** Where the bytes wait until their digest is settled. */
  readonly incomingKey: string;
}

/**
 * Streams one multipart upload to storage, counting and hashing on the way; at no time is the file held whole. It is
 * evidence only when the parser finished, nothing was cut off, and the storage has taken every byte; else the bytes
 * that arrived are removed.
 */
export async function receiveUpload(request: IncomingMessage, objects: ObjectStore): Promise<ReceivedUpload> {
  const incomingKey = `incoming/${newId('evidence')}`;
  try {
    return await receive(request, objects, incomingKey);
  } catch (error) {
    request.unpipe();
    request.resume();
    await objects.remove(incomingKey);
    throw error;
  }
}

function parserFor(request: IncomingMessage): BusboyInstance {
  const type = request.headers['content-type'] ?? '';
  if (Number(request.headers['content-length'] ?? 0) > MAX_UPLOAD_BYTES + ENVELOPE_BYTES) {
    throw new Refusal('payload_too_large', 'The upload is larger than 25 MiB.');
  }
  if (!type.startsWith('multipart/form-data')) {
    throw new Refusal('unsupported_media_type', `The Content-Type is ${type || 'missing'}, not multipart/form-data.`);
  }
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': type },
      limits: {
        fileSize: MAX_UPLOAD_BYTES,
        files: 2,
        fields: MAX_FIELDS,
        fieldSize: MAX_FIELD_BYTES,
        parts: MAX_FIELDS + 2,
      },
    });
  } catch (cause) {
    throw new Refusal('invalid_upload', 'The multipart body has no boundary.', {}, { cause });
  }
}

async function receive(request: IncomingMessage, objects: ObjectStore, incomingKey: string): Promise<ReceivedUpload> {
  const parser = parserFor(request);
  const fields: Record<string, string> = {};
  const hash = createHash('sha256');
  let file: { filename: string; mediaType: string; body: PassThrough; stored: Promise<void> } | undefined;
  let size = 0;
  let fault: Refusal | undefined;
  const fail = (code: 'invalid_upload' | 'payload_too_large', message: string): void => {
    fault ??= new Refusal(code, message);
  };
  parser.on('field', (name, value, nameCut, valueCut) => {
    if (file) fail('invalid_upload', 'A field came after the file.');
    if (nameCut || valueCut)
      fail('payload_too_large', `The field ${name} is longer than ${String(MAX_FIELD_BYTES)} bytes.`);
    if (Object.hasOwn(fields, name)) fail('invalid_upload', `The field ${name} came twice.`);
    fields[name] = value;
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) {
    parser.on(limit, () => {
      fail('invalid_upload', 'The upload has too many parts.');
    });
  }
  parser.on('file', (name, stream, filename, _encoding, mediaType) => {
    if (file || name !== 'file') {
      fail('invalid_upload', 'There must be exactly one file part, named file.');
      stream.resume();
      return;
    }
    const body = new PassThrough();
    stream.on('limit', () => {
      fail('payload_too_large', 'The file is larger than 25 MiB.');
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      hash.update(chunk);
    });
    stream.on('error', (cut) => {
      body.destroy(cut);
    });
    stream.pipe(body);
    const stored = objects.putStream(incomingKey, body, 'application/octet-stream');
    stored.catch(() => undefined);
    file = { filename, mediaType, body, stored };
  });
  try {
    await pipeline(request, parser);
  } catch (cause) {
    file?.body.destroy(new Error('the upload was cut off'));
    await file?.stored.catch(() => undefined);
    throw new Refusal('invalid_upload', 'The upload ended before it was complete.', {}, { cause });
  }
  await file?.stored;
  if (fault) throw fault;
  if (!file) throw new Refusal('invalid_upload', 'The upload has no file part.');
  if (size === 0) throw new Refusal('empty_file', 'The file has no bytes.');
  const { filename, mediaType } = file;
  return { fields, filename, mediaType, size, sha256: hash.digest('hex'), incomingKey };
}

/** A name to show: no path, no control characters, no direction marks. Never used as a storage key. */
export function safeFilename(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';

  const clean = last
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .trim()
    .slice(0, 200);
  return clean === '' || clean === '.' || clean === '..' ? 'unnamed' : clean;
}
