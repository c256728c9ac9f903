// Package bign verifies electronic signatures by STB 34.101.45, the signature standard of Belarus («Алгоритмы
// электронной цифровой подписи и транспорта ключа на основе эллиптических кривых»), which gives the algorithm
// the name bign. Every file of a СМДО packet carries one.
//
// A signature is S0‖S1: S0 is the beginning of a hash, S1 a number modulo the order q. It is right when the point
// R = (S1 + H)·G + (S0 + 2^l)·Q leads back to S0 = the first l bits of belt-hash(OID‖R‖H); H is the digest of what is signed,
// OID the identifier of its hash function in DER, G the base point, Q the public key (7.1.4).
//
// # Levels
//
// The curves differ in the level of security l, and every length follows from it: the digest has 2l bits, a public key 4l,
// a signature 3l. Implementations name the curves by l or by 2l.
//
//	bign-curve256v1  1.2.112.0.2.0.34.101.45.3.1  l = 128  belt-hash or bash256
//	bign-curve384v1  1.2.112.0.2.0.34.101.45.3.2  l = 192  bash384
//	bign-curve512v1  1.2.112.0.2.0.34.101.45.3.3  l = 256  bash512
//
// The hash inside the signature is belt-hash (package belt) at every level.
//
// # Octets
//
// All numbers are little-endian; a public key is X‖Y directly in the BIT STRING. Lengths are exact, S1 is below q,
// coordinates are below p; anything else is refused, also where it would mean the same number.
//
// # Signing
//
// PrivateKey signs for the signature emulator. Its time depends on the key and on the nonce, which whoever
// measures it can turn into the key: throw-away keys only. This is not a certified cryptographic tool.
package bign
