package bign_test

import (
	"crypto/rand"
	"encoding/asn1"
	"fmt"
	"log"

	"github.com/smdo-hub/smdo-hub/contours/signature/belt"
	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
)

// The key comes from a certificate's SubjectPublicKeyInfo, the signature from a CMS. Here the emulator makes both.
func Example() {
	curve256v1 := asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 3, 1}
	hashOID, err := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 31, 81}) // belt-hash256
	if err != nil {
		log.Fatal(err)
	}
	emulated, err := bign.GenerateKey(rand.Reader, curve256v1)
	if err != nil {
		log.Fatal(err)
	}
	digest := belt.Sum([]byte("Поручение исполнено."))
	signature, err := emulated.Sign(rand.Reader, hashOID, digest[:])
	if err != nil {
		log.Fatal(err)
	}
	spki, err := emulated.Public().SubjectPublicKeyInfo()
	if err != nil {
		log.Fatal(err)
	}

	key, err := bign.ParsePublicKey(spki)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Level.Name)
	fmt.Println(bign.Verify(key, hashOID, digest[:], signature))
	other := belt.Sum([]byte("Поручение не исполнено."))
	fmt.Println(bign.Verify(key, hashOID, other[:], signature))
	// Output:
	// bign-curve256v1
	// <nil>
	// signature by STB 34.101.45 does not match
}
