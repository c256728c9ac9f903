package sdip

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
)

func TestTheTwinCarriesWhatXMLCarries(t *testing.T) {
	for seed := range uint64(200) {
		p, _ := written(t, random(seed))
		text, losses := EncodePackage(&Package{HeaderID: HeaderID, Message: Of(p)}, Options{Inline: true})
		if !losses.none() {
			t.Fatalf("seed %d: %+v", seed, losses)
		}
		got, err := DecodePackage(text, Options{})
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if diff := documenttest.Diff(p, got.Message.Packet); diff != "" {
			t.Fatalf("seed %d:\n%s\n%s", seed, diff, text)
		}
	}
}

// The samples of a working client of the router: a package as it is sent, and a page with a receipt.
func TestReferencePackages(t *testing.T) {
	dir := os.Getenv("SMDO_REFERENCE")
	if dir == "" {
		t.Log("0 cases: SMDO_REFERENCE names no folder")
		return
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "medo-gost53898", "smdo-rest-sdip-2.1.1", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	p, err := DecodePackage(read("primer_data_out.json"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	files := p.Message.Packet.Document.Files
	if len(files) != 2 || files[0].Size != 11822 || len(files[0].Signatures) != 1 || p.Message.Packet.Document.Sheets != 5 {
		t.Errorf("%+v", files)
	}
	again, losses := EncodePackage(p, Options{})
	q, err := DecodePackage(again, Options{})
	if diff := documenttest.Diff(p, q); diff != "" || err != nil || !losses.none() {
		t.Errorf("%v %+v\n%s", err, losses, diff)
	}
	page, faults, more, err := DecodePage(read("primer_asc.json"), Options{})
	if err != nil || len(page) != 1 || faults[0] != nil || !more {
		t.Fatalf("%v %v %v", err, faults, more)
	}
	if r := page[0].Message.Receipt; r.Type != 2 || r.IncNumber.Number != "60" || page[0].From.ID != "7aff2b5b-b422-455d-9bf1-02fe8ebc645c" || !page[0].Ack {
		t.Errorf("%+v", r)
	}
	t.Log("2 cases")
}
