package asic_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/asic"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	emulator, err := signature.OpenEmulator(dir)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := emulator.Issue("ivanova", signature.SignerOptions{Name: "Иванова А. П."})
	if err != nil {
		log.Fatal(err)
	}

	var out bytes.Buffer
	w, err := asic.NewWriter(&out, signature.Std())
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Add("приказ.txt", "text/plain", strings.NewReader("Приказ № 7")); err != nil {
		log.Fatal(err)
	}
	if err := w.Sign(signer.Sign); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}

	container, err := asic.Open(bytes.NewReader(out.Bytes()), int64(out.Len()), asic.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	trust, err := signature.OpenTrustStore(emulator.Folder())
	if err != nil {
		log.Fatal(err)
	}
	verdict, err := container.Verify(signature.NewVerifier(trust, signature.Std()), time.Now())
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range verdict.Signatures {
		fmt.Println(s.Verdict.Status, s.Verdict.Signers[0].Signer.CommonName, s.Objects)
	}
	// Output: valid Иванова А. П. [приказ.txt]
}
