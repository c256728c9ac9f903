// Package signature answers one question about a file: who signed it, and does that hold.
//
// An official document travels with detached electronic signatures (ЭЦП): a CMS SignedData message beside each
// file (RFC 5652, with the attributes of CAdES-BES, ETSI EN 319 122-1) that names the digest of the file, carries
// the certificate of the officer who signed, and leads through certificates of certification centres to a root
// that somebody here decided to trust. Every law of this field asks for the same three findings: the signature is
// arithmetically right and of this very file, the certificate was good at the moment that counts, and its root is
// one of ours.
//
// # Verifier
//
// [Verifier] gives these findings as a [Verdict]: [Valid], [Invalid] or [Undeterminable], with a stable [Reason], for each signer.
// The moment that counts is an argument, never the clock: a verdict can be repeated years later with the same
// outcome. The file itself is not needed, only its digests ([Content]), which a [Digester] takes once while the
// file streams in.
//
// Everything that the envelope says is held against everything else that it says: versions, the set of digest
// algorithms, the signature algorithm and its parameters against key and digest, the identifier of the signer
// against the certificate. An envelope that is changed in any one bit does not verify, except within
// certificates that no chain needs, revocation lists, and unsigned attributes, which by their nature nothing signs.
//
// # Families
//
// Algorithms come in families ([Family]), one for each school of cryptography, and a deployment names those that it
// allows. [Std] is RSA, ECDSA and Ed25519 with SHA-2, [GOST] the standards of Russia, [STB] those of Belarus. Nothing
// above a family knows a curve or a digest: parsing, attributes, chains and verdicts are the same for all, and one
// chain may lead through several families.
//
// National digests run at a tenth of the speed of SHA-256, so that for files the digest is the cost. A file that streams
// to where it is kept is digested for all families in that pass; of a file in memory ([ContentOf]) only those digests
// are taken that its signatures name.
//
// # Trust
//
// [TrustStore] holds roots and intermediate certificates, each in a named domain of trust. Roots of an emulator
// are kept apart, and every verdict that leans on one says so ([Verdict.Emulated]).
//
// # Revocation
//
// A certificate may be revoked before it ends: the key was stolen, the officer left. Its issuer says so in a list
// ([CRL]) that it signs anew every few hours or days, or when asked (OCSP). [RevocationStore] gathers both beside the
// path, so that no verdict ever waits for the network, and a verdict says what is known as at its moment: good,
// revoked, stale or unknown ([Revocation]). What the last two mean for a signature is policy ([RevocationPolicy]).
//
// # Time stamps
//
// A signature with a time stamp (штамп времени; CAdES-T) outlives its certificate: the stamp proves that it was made while
// the certificate was good. [Verifier.Stamps] reads stamps, [AddStamps] adds them; package timestamp obtains and checks
// them. The earliest good proof, stamp or receipt, gives the moment of the verdict ([SignerVerdict.Stamps]).
//
// # Emulator
//
// «Эмулятор ЭЦП» ([Emulator]) signs with real algorithms and throw-away keys under roots of its own, one a family. It
// exists for trying, teaching and testing, and can be asked for faults. Its keys lie on the disk unprotected: never give it real ones.
//
// # What this is not
//
// This is not a certified cryptographic tool. Where the law asks for one, a deployment plugs a certified provider
// into the same seam, as a Family or as a [Signer], and the verdict names it.
package signature
