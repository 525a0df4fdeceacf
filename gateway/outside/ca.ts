// The gateway's own certificate authority (D10): made at `init`, signs the gateway's server certificate. The only file that touches X.509.
// The CA key is written here and read here; the server certificate is remade when it nears its end or its names change.

import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import fs from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;
const caDays = 3650;
/** The longest a public client accepts; ours hold to it too. */
const certificateDays = 397;
const renewDays = 30;

export type ServerCertificate = { readonly certificatePem: string; readonly keyPem: string };

const pemOf = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

const keyOf = (pem: string): Promise<webcrypto.CryptoKey> => {
  const der = x509.PemConverter.decode(pem)[0];
  if (der === undefined) throw new Error('no key in the PEM file');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
};

const serial = (random: Uint8Array): string =>
  Buffer.from(random.subarray(0, 16))
    .toString('hex')
    .replace(/^[89a-f]/, '7');

/** SHA-256 of a certificate's DER, hex: what enrolment tokens and people compare. */
export const certificateDigest = (pem: string): string => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

type Files = { readonly ca: string; readonly keys: string };

/** Makes a CA: its certificate at `ca`, readable by all, its key in `keys`, 0600. Refuses to replace one. Gives the certificate as PEM. */
export async function makeAuthority({ ca, keys: folder }: Files, name: string, now: number, random: Uint8Array): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(random),
    name: [{ CN: [`${name} gateway CA`] }],
    notBefore: new Date(now - day),
    notAfter: new Date(now + caDays * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pem = `${certificate.toString('pem')}\n`;
  await fs.writeFile(path.join(folder, 'ca.key'), await pemOf(keys.privateKey), { mode: 0o600, flag: 'wx' });
  await fs.writeFile(ca, pem, { mode: 0o644, flag: 'wx' });
  return pem;
}

/** The server certificate for these host names and addresses: the one on disk while it is good, else a new one. */
export async function serverCertificate(
  { ca, keys: folder }: Files,
  hosts: readonly string[],
  now: number,
  random: Uint8Array,
): Promise<ServerCertificate> {
  const certificateFile = path.join(folder, 'server.pem');
  const keyFile = path.join(folder, 'server.key');
  try {
    const certificatePem = await fs.readFile(certificateFile, 'utf8');
    const held = new X509Certificate(certificatePem);
    const covers = hosts.every((host) => (isIP(host) === 0 ? held.checkHost(host) : held.checkIP(host)) !== undefined);
    if (covers && Date.parse(held.validTo) - now > renewDays * day)
      return { certificatePem, keyPem: await fs.readFile(keyFile, 'utf8') };
  } catch {
    // Not there yet, or not readable as a certificate: it is made anew below.
  }
  const caPem = await fs.readFile(ca, 'utf8');
  const authority = new x509.X509Certificate(caPem);
  const signingKey = await keyOf(await fs.readFile(path.join(folder, 'ca.key'), 'utf8'));
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(random),
    subject: [{ CN: [hosts[0] ?? 'sallyport gateway'] }],
    issuer: authority.subjectName,
    notBefore: new Date(now - day),
    notAfter: new Date(now + certificateDays * day),
    signingAlgorithm: algorithm,
    signingKey,
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }))),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
    ],
  });
  // The chain: the CA travels too, so that a stranger can compare its digest before trusting it (enrolment).
  const made = { certificatePem: `${certificate.toString('pem')}\n${caPem}`, keyPem: await pemOf(keys.privateKey) };
  await fs.writeFile(keyFile, made.keyPem, { mode: 0o600 });
  await fs.writeFile(certificateFile, made.certificatePem, { mode: 0o644 });
  return made;
}
