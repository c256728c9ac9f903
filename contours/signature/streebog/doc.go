// Package streebog computes «Стрибог», the hash function of GOST R 34.11-2012 (RFC 6986; GOST 34.11-2018 between
// states), of 256 and of 512 bits.
//
// Every electronic signature by GOST R 34.10-2012 is taken over this digest, so that files, XML bodies of СМЭВ,
// CMS attributes, certificates, revocation lists and time stamps of the Russian certification centres all pass
// through it. The object identifiers are
//
//	1.2.643.7.1.1.2.2  id-tc26-gost3411-12-256
//	1.2.643.7.1.1.2.3  id-tc26-gost3411-12-512
//
// # Byte order
//
// The standard writes messages and digests as numbers, the least significant octet on the right. [hash.Hash.Sum]
// gives the octets as they stand in files, CMS, XMLDSig and the output of gost12sum: the least significant first.
// So a digest printed in the standard reads backwards here, and the signature equation takes ours as a
// little-endian integer.
//
// The digest of 256 bits is the upper half of a run with another start value: neither can be made from the other.
//
// This is not a certified cryptographic tool, and its table look-ups take a time that depends on the data:
// hash what is no secret.
package streebog
