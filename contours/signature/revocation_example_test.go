package signature_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// A stolen key: what was signed before the certificate was revoked stays valid, what comes later does not.
func ExampleRevocationStore() {
	dir, err := os.MkdirTemp("", "emulator")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	emulator, err := signature.OpenEmulator(dir)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := emulator.Issue("petrov", signature.SignerOptions{Name: "Петров С. И."})
	if err != nil {
		log.Fatal(err)
	}
	content := signature.ContentOf([]byte("О графике приёма граждан"))
	cms, err := signer.Sign(content)
	if err != nil {
		log.Fatal(err)
	}

	trust, err := signature.OpenTrustStore(emulator.Folder())
	if err != nil {
		log.Fatal(err)
	}
	verifier := signature.NewVerifier(trust, signature.Std())
	if verifier.Revocation, err = signature.OpenRevocationStore(trust, signature.RevocationConfig{}, signature.Std()); err != nil {
		log.Fatal(err)
	}
	now := time.Now()
	stolen := now.Add(-time.Hour)
	lists, err := emulator.RevocationLists(now, now.AddDate(0, 0, 1), signature.EmulatedRevocation{Certificate: signer.Certificate(), At: stolen, Reason: 1})
	if err != nil {
		log.Fatal(err)
	}
	if err := verifier.Revocation.Add(lists[0]); err != nil {
		log.Fatal(err)
	}
	for _, at := range []time.Time{stolen.Add(-time.Minute), now} {
		verdict := verifier.Verify(cms, content, at)
		fmt.Println(verdict.Status, verdict.Signers[0].Revocation)
	}
	// Output:
	// valid good
	// invalid revoked
}
