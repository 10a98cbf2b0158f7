import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { anchorContent, type Anchor } from '../domain/audit-chain.ts';

/** Signs the anchors of the audit chain, and checks them. */
export type AnchorKey = {
  /** Sixteen hex digits of the public key's SHA-256. */
  keyId: string;
  /** The public key as PEM: whoever holds it can check anchors and cannot make any. */
  publicKeyPem: string;
  sign: (anchor: Pick<Anchor, 'seq' | 'hash' | 'signedAt'>) => Anchor;
  isSigned: (anchor: Anchor) => boolean;
};

// The fixed head of a PKCS #8 document that holds an Ed25519 key (RFC 8410); the 32 bytes of the key follow it.
const PKCS8_ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Ed25519 with `auditKey` (32 bytes, `FAIRLEAD_AUDIT_KEY`) as its private key. */
export const createAnchorKey = (auditKey: Buffer): AnchorKey => {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519_HEAD, auditKey]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const keyId = createHash('sha256').update(der).digest('hex').slice(0, 16);
  return {
    keyId,
    publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    sign: ({ seq, hash, signedAt }) => {
      const content = { seq, hash, signedAt, keyId };
      const signature = sign(null, Buffer.from(anchorContent(content)), privateKey).toString('base64');
      return { ...content, signature };
    },
    isSigned: (anchor) =>
      anchor.keyId === keyId &&
      verify(null, Buffer.from(anchorContent(anchor)), publicKey, Buffer.from(anchor.signature, 'base64')),
  };
};
