// Package bash computes bash-hash, the hash functions of 256, 384 and 512 bits of the Belarusian standard
// STB 34.101.77 («Криптографические алгоритмы на основе sponge-функции»).
//
// Signatures by STB 34.101.45 on the stronger curves are taken over these digests (bign-with-bash256, -bash384 and
// -bash512), while СМДО asks for belt-hash (package belt). The object identifiers are
//
//	1.2.112.0.2.0.34.101.77.11  bash256
//	1.2.112.0.2.0.34.101.77.12  bash384
//	1.2.112.0.2.0.34.101.77.13  bash512
//
// # Byte order
//
// The standard has one order for everything: octets as they stand in the file, numbers with the least significant
// octet first. [hash.Hash.Sum] gives the digest as the standard prints it and as CMS carries it.
//
// A digest of 2l bits has the security level l: 128, 192 or 256. The state of 192 octets is a sponge, of which each
// block replaces (it does not add to) the first 192-l/2 octets, so that the longer digest is the slower one.
//
// This is not a certified cryptographic tool. No step of it depends on the data in time.
package bash
