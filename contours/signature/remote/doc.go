// Package remote signs with a provider over HTTP: a service that keeps private keys and makes bare signatures with them.
//
// Where the law asks for a certified cryptographic tool (СКЗИ), an organisation runs one: a signing server of its own, a
// service in the manner of КриптоПро DSS or «Авест», a hardware module behind a small program. None of them speaks
// like another, so that the hub states here the little that it needs, and whoever brings a provider writes a gateway of a page.
// The message around a signature (CMS, CAdES) is composed by the hub; the provider never sees the document, only the signed
// attributes, some 200 octets with the document's digest inside.
//
// # Protocol
//
// A key is a URL such as https://signer.example.org/v1/keys/head-a. Everything is JSON in UTF-8 over TLS 1.2 or later; binary
// values are base64 (RFC 4648, 4, with padding). Every request carries "Authorization: Bearer TOKEN", where the provider gave one,
// or a client certificate, or both.
//
// Describe a key:
//
//	GET {key}                               200, application/json
//	  {
//	    "key":          "head-a",           what people call it
//	    "algorithms":   ["gost2012-256"],   what it signs with, names below; the first is preferred
//	    "input":        "data",             what it wants to be given: "data" or "digest"
//	    "certificates": ["MIIB…", "MIIC…"]  DER: the key's own, then those of its authorities, which may be absent
//	  }
//
// Sign:
//
//	POST {key}/signatures                   200, application/json
//	Content-Type: application/json
//	Idempotency-Key: 6f0d…                  16 random octets in hexadecimal, the same in repetitions
//	  {                                       {
//	    "algorithm": "gost2012-256",            "algorithm":    "gost2012-256",
//	    "data":      "MYGn…"                    "signature":    "q0vB…",
//	  }                                         "certificates": ["MIIB…"]
//	                                          }
//
// The request has either "data", what is to be signed, of at most 64 KiB, or "digest", its digest by the algorithm, as "input" says.
// The signature is a bare value in the form of CMS. The answer names the certificate that it was made with: attributes that are
// signed contain its digest, so that another one than described before makes the signature useless.
//
//	algorithm                         digest       value
//	ecdsa-p256, -p384, -p521          SHA-256, …   DER of r and s
//	rsa-2048 (PKCS #1 v1.5), rsa-pss  SHA-256      as RSA has it, keys of 2048 to 8192 bits; the salt of PSS has 32 octets
//	ed25519                           none         64 octets; "input" has to be "data"
//	gost2012-256, gost2012-512        Streebog     s and r, big-endian (RFC 9215)
//	bign-256                          belt-hash    S0 and S1 (STB 34.101.45), 48 octets
//
// The provider remembers an Idempotency-Key for ten minutes at least and gives the same answer to the same request; the key with another
// request is 422. So a request may safely be repeated when the answer was lost, even where a signature is counted or paid for.
//
// What goes wrong is told as application/problem+json (RFC 9457), with "title" and "detail" fit for a log:
//
//	400  the request is malformed          413  "data" is too long
//	401  no token, or a wrong one          422  the algorithm is not this key's
//	403  the token may not use this key    429  too many: Retry-After says when
//	404  no such key                       5xx  the provider's own trouble
//
// Repeated, with growing pauses until the time of the whole is over, are requests that found nobody, got no answer in time, 429
// and 5xx save 501. Everything else is final. Redirects are not followed: the token is meant for one host. An answer of more than 256 KiB is refused.
//
// # Trust
//
// No answer is believed: signature.KeySigner verifies every value against the certificate before it is used. A provider can
// refuse to sign, but not make the hub send a signature that is not its own.
package remote
