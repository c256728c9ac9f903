// Package belt computes belt-hash, the hash function of 256 bits of the Belarusian standard STB 34.101.31
// («Информационные технологии и безопасность. Алгоритмы шифрования и контроля целостности»), with the block cipher
// that it is made of.
//
// Every file of a СМДО packet carries a signature by STB 34.101.45 (bign-with-hbelt) over this digest; certificates
// and revocation lists of ГосСУОК, the Belarusian public key infrastructure, use it likewise. Its object identifier is
//
//	1.2.112.0.2.0.34.101.31.81  belt-hash256
//
// # Byte order
//
// The standard has one order for everything: octets as they stand in the file, numbers with the least significant
// octet first. [hash.Hash.Sum] gives the digest as the standard prints it and as CMS carries it.
//
// The cipher is not exported: nothing here encrypts. This is not a certified cryptographic tool, and its table
// look-ups take a time that depends on the data: hash what is no secret.
package belt
