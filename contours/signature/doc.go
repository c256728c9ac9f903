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
// # Trusted lists
//
// States publish which centres and time-stamping authorities they watch, with the status of each, in signed trusted
// lists (доверенный список, TSL; ETSI TS 119 612). Such lists lie in the folder of a domain, in files ending in .xml,
// beside roots, and count when signed with a certificate that the deployment names ([Lists]; package tsl reads them). A
// centre that a list names, self-signed or not, ends a chain; and whatever a list names is good for nothing at moments
// at which its status did not grant it anything, though a root beside the list or a centre above would vouch for it.
// Statuses and history are those as at the moment of the verdict. A list that has run out at that moment follows a rule
// ([Lists.Stale]): its last statuses count with a mark ([SignerVerdict.ListStale]), or the signature is held, or refused.
//
// [TrustStore.Run] reloads folders when they change, as a whole or not at all: a list that was altered, signed by
// somebody else, too long, or older than one that was held before (Lists.Memory, over restarts too) leaves everything as
// it was, and keeps a hub from starting. [TrustStore.With] tries what would become of an addition.
//
// # Terms
//
// Roots, intermediate certificates, lists, the hub's own certificates and time-stamping authorities in use all end one
// day ([Term]). [TermWatch] warns 60, 30, 7 and 1 days ahead, once each, and when the end has come;
// [RevocationStore.Standings] says for which authorities no revocation list, or one that has run out, is held.
//
// # Revocation
//
// A certificate may be revoked before it ends: the key was stolen, the officer left. Its issuer says so in a list
// ([CRL]) that it signs anew every few hours or days, or when asked (OCSP). [RevocationStore] gathers both beside the
// path, so that no verdict ever waits for the network, and a verdict says what is known as at its moment: good,
// revoked, stale or unknown ([Revocation]). What the last two mean for a signature is policy ([RevocationPolicy]).
// Lists that a message carries are held to the same, and count for that message alone, unless the store holds a newer one.
//
// # Time stamps
//
// A signature with a time stamp (штамп времени; CAdES-T) outlives its certificate: the stamp proves that it was made while
// the certificate was good. [Verifier.Stamps] reads stamps, [AddStamps] adds them; package timestamp obtains and checks
// them. The earliest good proof, stamp or receipt, gives the moment of the verdict ([SignerVerdict.Stamps]).
//
// # Signing
//
// Keys that sign for the hub lie where the law and the organisation want them: in a file ([ReadSigner]), in a token (package
// pkcs11), with a provider over HTTP (package remote). The seam is [Key]: it is given the DER of the signed attributes and gives back a bare
// value. The message is composed here for all families, and every value is verified against the certificate before
// it is used ([KeySigner], [ErrKey]). Keys of the standard algorithms sign in this process in a time that does not depend on the
// key. Keys of the national families never do: they sign in a token or with a provider, and here in the emulator alone.
//
// # Emulator
//
// «Эмулятор ЭЦП» ([Emulator]) signs with real algorithms and throw-away keys under roots of its own, one a family. It
// exists for trying, teaching and testing, and can be asked for faults ([Faults]): an expired or revoked certificate, a stale
// list, a late stamp. For those it publishes revocation lists ([Emulator.RevocationFolder], [Emulator.Revoke]) and is a
// time-stamping authority ([Emulator.Stamp]; over HTTP, timestamp.Emulate). Its keys lie on the disk unprotected: never give it
// real ones.
//
// # What this is not
//
// This is not a certified cryptographic tool. Where the law asks for one, a deployment plugs a certified provider
// into the same seam, as a [Family] or as a [Key], and the verdict names the family.
package signature
