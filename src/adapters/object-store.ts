import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

export interface StoredObject {
  readonly size: number;
  readonly etag: string;
  /** SHA-256 of the whole object as the storage computed it, in hex; undefined when it keeps none. */
  readonly sha256: string | undefined;
}

/** Object storage with the S3 API. Returning means the object is durable. */
export interface ObjectStore {
  /** Stores bytes under a key that names them. Putting the same bytes again succeeds; other bytes are never overwritten. */
  putOnce(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** Replaces an object only if it still has the given ETag (null: only if it is not there); undefined if it has not. */
  replaceIf(key: string, bytes: Uint8Array, contentType: string, etag: string | null): Promise<string | undefined>;
  /** Streams bytes of unknown length to a key; the caller counts and hashes on the way. */
  putStream(key: string, body: Readable, contentType: string): Promise<void>;
  /** Copies within the bucket; the storage computes the SHA-256 of what it wrote and it must be the one given. */
  copyVerified(from: string, to: string, sha256: string): Promise<void>;
  /** A link by which its holder stores exactly these bytes under this key, with the headers that must go along. */
  signUpload(
    upload: SignedUpload,
  ): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
  /** A link by which its holder reads one object, or ranges of it, as a file of this name. */
  signDownload(key: string, filename: string, seconds: number): Promise<string>;
  /** Bytes from `start` up to, without, `end` of an object that is there. */
  readRange(key: string, start: number, end: number): Promise<Buffer>;
  head(key: string): Promise<StoredObject | undefined>;
  read(key: string): Promise<{ readonly body: Readable; readonly etag: string } | undefined>;
  remove(key: string): Promise<void>;
  /** Creates the bucket where it is missing; for a fresh machine. */
  ensureBucket(): Promise<void>;
  ping(): Promise<void>;
  close(): void;
}

/** What a pre-signed upload is bound to: the signature covers key, size, digest and type. */
export interface SignedUpload {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly seconds: number;
}

/** The bytes in storage are not the bytes that were meant to be there. */
export class ObjectConflict extends Error {
  override readonly name = 'ObjectConflict';
}

export interface S3Config {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
}

const PART_BYTES = 5 * 1024 * 1024;

export function createObjectStore({
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
  bucket: Bucket,
}: S3Config): ObjectStore {
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 3,
  });
  const store: ObjectStore = {
    async putOnce(Key, bytes, ContentType) {
      const digest = createHash('sha256').update(bytes).digest();
      try {
        await s3.send(
          new PutObjectCommand({
            Bucket,
            Key,
            Body: bytes,
            ContentType,
            ChecksumSHA256: digest.toString('base64'),
            IfNoneMatch: '*',
          }),
        );
      } catch (error) {
        if (!hasStatus(error, 412)) throw error;
        const present = await store.head(Key);
        const same =
          present?.size === bytes.length && (present.sha256 === undefined || present.sha256 === digest.toString('hex'));
        if (!same) throw new ObjectConflict(`${Key} holds other bytes`, { cause: error });
      }
    },
    async replaceIf(Key, bytes, ContentType, etag) {
      const condition = etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag };
      try {
        const { ETag } = await s3.send(
          new PutObjectCommand({ Bucket, Key, Body: bytes, ContentType, CacheControl: 'no-cache', ...condition }),
        );
        return ETag;
      } catch (error) {
        if (hasStatus(error, 412) || hasStatus(error, 404) || hasStatus(error, 409)) return undefined;
        throw error;
      }
    },
    async putStream(Key, Body, ContentType) {
      const upload = new Upload({
        client: s3,
        partSize: PART_BYTES,
        queueSize: 2,
        params: { Bucket, Key, Body, ContentType, ChecksumAlgorithm: 'SHA256' },
      });
      Body.once('error', () => void upload.abort());
      await upload.done();
    },
    async copyVerified(from, to, sha256) {
      const present = await store.head(to);
      if (present?.sha256 === sha256) return;
      const { CopyObjectResult } = await s3.send(
        new CopyObjectCommand({
          Bucket,
          Key: to,
          CopySource: `${Bucket}/${encodeURI(from)}`,
          ChecksumAlgorithm: 'SHA256',
        }),
      );
      const written = toHex(CopyObjectResult?.ChecksumSHA256);
      if (written === sha256) return;
      await store.remove(to);
      throw new ObjectConflict(`${to} was written with digest ${written ?? 'unknown'}`);
    },
    async signUpload({ key: Key, size, sha256, contentType: ContentType, seconds }) {
      const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
      const put = new PutObjectCommand({ Bucket, Key, ContentLength: size, ContentType, ChecksumSHA256 });
      const url = await getSignedUrl(s3, put, {
        expiresIn: seconds,
        unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
        signableHeaders: new Set(['host', 'content-length', 'content-type', 'x-amz-checksum-sha256']),
      });
      const headers = {
        'content-type': ContentType,
        'content-length': String(size),
        'x-amz-checksum-sha256': ChecksumSHA256,
      };
      return { url, headers };
    },
    signDownload: (Key, filename, seconds) =>
      getSignedUrl(
        s3,
        new GetObjectCommand({ Bucket, Key, ResponseContentDisposition: `attachment; filename="${filename}"` }),
        { expiresIn: seconds },
      ),
    async readRange(Key, start, end) {
      const { Body } = await s3.send(
        new GetObjectCommand({ Bucket, Key, Range: `bytes=${String(start)}-${String(end - 1)}` }),
      );
      if (!isReadable(Body)) throw new Error(`readRange: ${Key} has no body`);
      return collect(Body);
    },
    async head(Key) {
      try {
        const {
          ContentLength = 0,
          ETag = '',
          ChecksumSHA256,
          ChecksumType,
        } = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
        return {
          size: ContentLength,
          etag: ETag,
          sha256: ChecksumType === 'COMPOSITE' ? undefined : toHex(ChecksumSHA256),
        };
      } catch (error) {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      }
    },
    async read(Key) {
      try {
        const { Body, ETag = '' } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        return isReadable(Body) ? { body: Body, etag: ETag } : undefined;
      } catch (error) {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      }
    },
    async remove(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async ensureBucket() {
      try {
        await s3.send(new CreateBucketCommand({ Bucket }));
      } catch (error) {
        if (!hasStatus(error, 409)) throw error;
      }
    },
    async ping() {
      await s3.send(new HeadBucketCommand({ Bucket }));
    },
    close: () => {
      s3.destroy();
    },
  };
  return store;
}

/** Reads a whole small object; undefined when it is not there. */
export async function readBytes(
  store: ObjectStore,
  key: string,
): Promise<{ readonly bytes: Buffer; readonly etag: string } | undefined> {
  const object = await store.read(key);
  if (!object) return undefined;
  return { bytes: await collect(object.body), etag: object.etag };
}

async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;
const toHex = (base64: string | undefined): string | undefined =>
  base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
const isReadable = (body: unknown): body is Readable => typeof body === 'object' && body !== null && 'pipe' in body;

/** The same storage seen from a folder: every key gets the prefix. */
export function underPrefix(store: ObjectStore, prefix: string): ObjectStore {
  return {
    ...store,
    putOnce: (key, bytes, type) => store.putOnce(prefix + key, bytes, type),
    replaceIf: (key, bytes, type, etag) => store.replaceIf(prefix + key, bytes, type, etag),
    putStream: (key, body, type) => store.putStream(prefix + key, body, type),
    copyVerified: (from, to, sha256) => store.copyVerified(prefix + from, prefix + to, sha256),
    head: (key) => store.head(prefix + key),
    read: (key) => store.read(prefix + key),
    remove: (key) => store.remove(prefix + key),
  };
}
