// Package xmldsig signs and verifies elements of XML documents (XML Signature, RFC 3275 and W3C XMLDSig 1.1), as the
// state's exchange systems ask for it: an envelope carries, beside the data, an element Signature that names the
// element it covers, its digest, and the certificate of who signed.
//
// # What is signed
//
// Two texts of XML may mean the same and differ in every octet. What is digested is therefore a canonical form of the
// element (exclusive or inclusive XML canonicalization 1.0, [Canonicalization]), which depends on prefixes, on the
// order of attributes, on entities already resolved and line ends already normalised, but not on how all that was
// written. [Parse] reads a document into a small tree that keeps just this, and refuses what a signed document has no
// use for: a document type with its entities, encodings other than UTF-8, and what exceeds fixed bounds.
//
// # Signature wrapping
//
// A signature says «the element with this id», and a program then reads «the element at this place». Where the two
// may differ, a signed element is moved aside and another one put in its place. Here they cannot differ: a [Profile]
// states the place of the signature and the place of the element that it has to cover, each exactly one, and
// [Verifier.Verify] returns the octets that were digested, and their own tree. Use nothing else of the document.
// SignedInfo too is read from its canonical octets, after their signature held.
//
// KeyInfo is not signed: who has a second certificate for the same key can put it in the place of the first.
//
// # Algorithms
//
// Digests and signatures are those of the families given (package signature): RSA and ECDSA with SHA-2, GOST R
// 34.10 by the names in use, and bign with belt-hash by those that bee2 takes from STB 34.101.50, as far as a family for it is given. SHA-1 is never allowed. Transforms come from a list:
// enveloped signature, canonicalizations, and those that a profile adds, as systems with a transform of their own need.
//
// # XAdES
//
// Where a [Profile] allows it, a signature may carry signed properties (XAdES, ETSI EN 319 132-1), as those under trusted
// lists do: a second reference covers them, and they name the signer's certificate, which then has to be the one used.
// Other properties are not looked at.
//
// TODO(xmldsig): several references to data are refused, and so are Objects of other kinds.
package xmldsig
