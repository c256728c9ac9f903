// Package gost94 computes the hash function of GOST R 34.11-94 (RFC 5831) with the parameters of CryptoPro
// (RFC 4357, 11.2), of 256 bits.
//
// Until the end of 2019 electronic signatures by GOST R 34.10-2001 were taken over this digest: it stands in archives
// of СМЭВ and of certification centres, and in the signatures under them. New documents use «Стрибог» (package streebog);
// this package is here so that old ones can still be verified. The object identifiers are
//
//	1.2.643.2.2.9     id-GostR3411-94
//	1.2.643.2.2.30.1  id-GostR3411-94-CryptoProParamSet, its parameters, meant where none are given (RFC 4490, 2.1)
//	1.2.643.2.2.30.0  id-GostR3411-94-TestParamSet, which is not implemented and must be refused
//
// # Byte order
//
// The standard writes messages and digests as numbers. [hash.Hash.Sum] gives the octets as they stand in files, CMS
// and the output of openssl's md_gost94: the least significant first. The signature equation takes them as a
// little-endian integer.
//
// # The empty message
//
// By the letter of the standard an empty message is one block of zeros and has the digest 3f25bc1f…, which openssl's
// gost engine gives. Most other implementations, and the tables of examples in circulation, hash no block at all and have
// 981e5f3c…, and so does this package. Nothing else is read in two ways.
//
// # Strength
//
// Collisions can be found faster than they should (2^105 instead of 2^128, Mendel and others, 2008), and the law let
// go of it. A policy must not accept it on anything new. This is not a certified cryptographic tool, and its table
// look-ups take a time that depends on the data.
package gost94
