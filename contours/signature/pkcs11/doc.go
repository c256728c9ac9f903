// Package pkcs11 signs with a key in a token: a card, a stick (Рутокен, JaCarta) or a hardware security module, through
// the library that its maker gives along with it (PKCS #11, «Cryptoki»).
//
// The private key never leaves the token. What the token is given is a digest; the message around the signature is
// composed by the hub (signature.KeySigner), which also verifies every value against the certificate before it uses it.
//
// # The key's address
//
// A key is named by a URI of RFC 7512:
//
//	pkcs11:token=Head%20A;object=sign;id=%01?module-path=/usr/lib/librtpkcs11ecp.so&pin-source=file:/etc/smdo/token.pin
//
// The path finds token (token, serial, manufacturer, model, slot-id) and key (object, id), and one of each has to answer to it. Of the
// query both parts are needed. The PIN lies in a file and nowhere else: pin-value is refused, and errors never show it. A wrong
// PIN is tried once, for tokens lock themselves after a few.
//
// The certificate is the token's with the id of the key, and those of authorities that lie beside it are sent along; Open may be
// given others instead.
//
// # Algorithms
//
// ECDSA (CKM_ECDSA), RSA (CKM_RSA_PKCS, CKM_RSA_PKCS_PSS), Ed25519 (CKM_EDDSA), GOST R 34.10-2012 as the tokens of Russian makers have
// it: CKM_GOSTR3410 for 256 bits, and for 512 bits the mechanism 0xD4321006 of TC26. A token that signs GOST with the halves of the
// value in another order than CMS is found out by the verification, and unusable here. For STB there is no mechanism that makers agree
// on: those keys sign through package remote.
//
// # Build
//
// The library of a maker is loaded into the process, which takes cgo: a hub that wants it is built with
//
//	go build -tags pkcs11 ./cmd/smdo
//
// Without the tag Open says so (ErrAbsent), and the rest of the package is there all the same.
//
// # Lost tokens
//
// Sessions are kept open, four at most, and shared. Where one has died, because the token was pulled out or its library begun
// anew, the token is looked for again, logged in to, and the signature is made once more: nobody has seen the first.
package pkcs11
