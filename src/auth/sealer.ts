import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Encrypts what must be read back and must not lie open in the database: AES-256-GCM, bound to the row it belongs to. */
export interface Sealer {
  seal(plain: Uint8Array, row: string): Buffer;
  /** Throws when the bytes were changed or belong to another row. */
  open(sealed: Buffer, row: string): Buffer;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createSealer(pepper: string): Sealer {
  const key = Buffer.from(hkdfSync('sha256', Buffer.from(pepper, 'base64'), '', 'defendablecloud/seal/v1', 32));
  return {
    seal(plain, row) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(row));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, row) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(row))
        .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    },
  };
}
