// Checks a demo folder with @sigstore/verify. Two arguments: where its packages are installed, and the folder.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , packages, folder] = process.argv;
const load = createRequire(join(packages, 'package.json'));
const { bundleFromJSON } = load('@sigstore/bundle');
const { Verifier, toSignedEntity, toTrustMaterial } = load('@sigstore/verify');
const { TrustedRoot } = load('@sigstore/protobuf-specs');
const read = (name) => readFileSync(join(folder, name));
const bundle = bundleFromJSON(JSON.parse(read('receipt.sigstore.json')));
const root = TrustedRoot.fromJSON(JSON.parse(read('trusted_root.json')));
const publicKey = createPublicKey(read('receipt.pub.pem'));
const trust = toTrustMaterial(root, () => ({ publicKey, validFor: () => true }));
new Verifier(trust, { tlogThreshold: 1, ctlogThreshold: 0, tsaThreshold: 0 }).verify(toSignedEntity(bundle));
