// Whom the gateway believes when it calls others over TLS: the public authorities, and one that the config names for that place.
import { rootCertificates } from 'node:tls';

/** For any connection over TLS (D10). @param caPem an authority trusted beside the public ones */
export const trusting = (caPem: string | undefined) =>
  ({ minVersion: 'TLSv1.2', ...(caPem === undefined ? {} : { ca: [...rootCertificates, caPem] }) }) as const;
