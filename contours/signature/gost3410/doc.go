// Package gost3410 verifies electronic signatures by GOST R 34.10, the signature standard of Russia
// («Информационная технология. Процессы формирования и проверки электронной цифровой подписи»): the edition of 2012
// with keys of 256 and 512 bits (RFC 7091), and that of 2001 (RFC 5832), whose signatures stand in archives.
//
// A signature is a pair of numbers (r, s). From the digest of what is signed follows a number e, and the signature is
// right when the point C = (s/e)·G - (r/e)·Q has a first coordinate equal to r modulo the order q; G is the base point of
// the curve, Q the public key. Both editions compute the same; they differ in the hash function before them: GOST R
// 34.11-2012 (package streebog) and GOST R 34.11-94 (package gost94). This package takes the digest.
//
// # Parameter sets
//
// The standard fixes no curve. Sets of parameters have object identifiers, and some sets have several:
//
//	1.2.643.2.2.35.0                         test set of 2001
//	1.2.643.2.2.35.1, …36.0, 1.2.643.7.1.2.1.1.2   CryptoPro A = XchA = TC26 256-B
//	1.2.643.2.2.35.2, 1.2.643.7.1.2.1.1.3    CryptoPro B = TC26 256-C
//	1.2.643.2.2.35.3, …36.1, 1.2.643.7.1.2.1.1.4   CryptoPro C = XchB = TC26 256-D
//	1.2.643.7.1.2.1.1.1                      TC26 256-A
//	1.2.643.7.1.2.1.2.0 to .3                TC26 512 test, A, B, C
//
// TC26 256-A and 512-C are Edwards curves in Weierstrass form and have four times as many points as the group of G.
// The standard defines a public key as a multiple of G (RFC 7091, 5.2), so a key outside that group is refused when it
// is parsed. Verification then needs no factor of four.
//
// # Octets
//
// What goes wrong between implementations is the order of octets. A public key is X‖Y, each little-endian, in an
// OCTET STRING inside the BIT STRING (RFC 9215, 4.3). A signature is s‖r, each big-endian, s first (RFC 9215, 2). A digest
// is as [hash.Hash.Sum] gives it and enters the equation as a little-endian integer. Lengths are exact, r and s lie
// between 1 and q-1, coordinates are below p; anything else is refused, also where it would mean the same number.
//
// # Signing
//
// PrivateKey signs for the signature emulator. Its time depends on the key and on the nonce, which whoever
// measures it can turn into the key: throw-away keys only. This is not a certified cryptographic tool.
package gost3410
