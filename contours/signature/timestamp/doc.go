// Package timestamp obtains and checks time stamps (штамп времени, RFC 3161).
//
// A signature alone does not say when it was made: its author states a time, and may state any. A certificate lasts a
// year or two, a document decades. So a third party, the time-stamping authority (служба штампов времени, TSA), is
// shown the digest of something, never the thing itself, and signs a short statement: this digest existed on that
// day at that second. Put over the value of a signature and kept beside it (CAdES-T), the statement proves for ever
// that the signature was made while its certificate was good.
//
// # Asking
//
// [NewRequest] says what to stamp, [Fetch] asks an authority over HTTP, and [Request.Accept] takes from the response
// the token, when it is what was asked for. None of them knows whom to trust, and none belongs on the path of
// documents: tokens are fetched beside it. [signature.AddStamps] puts tokens into signatures.
//
// # Verifying
//
// [Verifier] checks a token: what it is over, its policy, the authority's signature and certificate, the chain to a
// root as at the moment of the stamp. It needs no network and no clock. As [signature.Verifier.Stamps] it gives
// signatures with stamps their time:
//
//	documents.Stamps = timestamp.NewVerifier(authorities, families...).Verify
//
// Algorithms are those of the families given, national ones like all others.
package timestamp
