package gost3410_test

import (
	"crypto/rand"
	"encoding/asn1"
	"fmt"
	"log"

	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
	"github.com/smdo-hub/smdo-hub/contours/signature/streebog"
)

// The key comes from a certificate's SubjectPublicKeyInfo, the signature from a CMS or an XMLDSig. Here the emulator
// makes both.
func Example() {
	cryptoProA := asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 1}
	emulated, err := gost3410.GenerateKey(rand.Reader, gost3410.R2012b256, cryptoProA)
	if err != nil {
		log.Fatal(err)
	}
	digest := streebog.Sum256([]byte("Поручение исполнено."))
	signature, err := emulated.Sign(rand.Reader, digest[:])
	if err != nil {
		log.Fatal(err)
	}
	spki, err := emulated.Public().SubjectPublicKeyInfo()
	if err != nil {
		log.Fatal(err)
	}

	key, err := gost3410.ParsePublicKey(spki)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Algorithm, key.Set.Name)
	fmt.Println(gost3410.Verify(key, digest[:], signature))
	other := streebog.Sum256([]byte("Поручение не исполнено."))
	fmt.Println(gost3410.Verify(key, other[:], signature))
	// Output:
	// GOST R 34.10-2012 256 CryptoPro A
	// <nil>
	// signature by GOST R 34.10 does not match
}
