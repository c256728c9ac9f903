package signature_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// A file is signed by an emulated officer, and checked where the emulator is configured.
func Example() {
	dir, err := os.MkdirTemp("", "emulator")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	emulator, err := signature.OpenEmulator(dir)
	if err != nil {
		log.Fatal(err)
	}
	officer, err := emulator.Issue("ivanova", signature.SignerOptions{Name: "Иванова А. П.", Organisation: "Министерство связи"})
	if err != nil {
		log.Fatal(err)
	}
	order := signature.ContentOf([]byte("Приказ № 7"))
	cms, err := officer.Sign(order)
	if err != nil {
		log.Fatal(err)
	}

	trust, err := signature.OpenTrustStore(emulator.Folder())
	if err != nil {
		log.Fatal(err)
	}
	verifier := signature.NewVerifier(trust, signature.Std())
	good := verifier.Verify(cms, order, time.Now())
	fmt.Println(good.Status, good.Signers[0].Signer.CommonName, "emulated:", good.Emulated)
	bad := verifier.Verify(cms, signature.ContentOf([]byte("Приказ № 8")), time.Now())
	fmt.Println(bad.Status, bad.Reason, bad.Text().EN)
	// Output:
	// valid Иванова А. П. emulated: true
	// invalid SIG-21 The signature is of another file, or the file was altered
}
