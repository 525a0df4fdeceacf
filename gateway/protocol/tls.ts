// What both ends of a TLS connection offer (S10). Said by both alike, the client's first packet is half as long as with all that openssl knows.

/** Only forward-secret AEAD suites of 256 bits, and TLS 1.3's. */
export const tlsSuites = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Of certificates, own or of whatever stands before the gateway: no SHA-1, no DSA. */
export const tlsSignatures = [
  'ecdsa_secp256r1_sha256',
  'ed25519',
  'ecdsa_secp384r1_sha384',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
].join(':');
