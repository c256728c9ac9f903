package wire

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func TestAReceiptOfAThousandFaultsFitsAndSaysWhatItLeftOut(t *testing.T) {
	r := sampleReceipt()
	r.Faults = nil
	for i := range 10_000 {
		r.Faults = append(r.Faults, document.NewFault(document.SignatureMissing, "document.files["+strconv.Itoa(i)+"]"))
	}
	b := ReceiptBytes(r)
	if len(b) > MaxReceiptBytes {
		t.Fatalf("%d bytes", len(b))
	}
	got, err := UnmarshalReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	kept := len(got.Faults) - 1
	if diff := cmp.Diff(r.Faults[:kept], got.Faults[:kept]); diff != "" || kept < 1000 {
		t.Errorf("kept %d faults (-want +got):\n%s", kept, diff)
	}
	want := document.NewFault(document.FaultsOmitted, "", strconv.Itoa(len(r.Faults)-kept))
	if diff := cmp.Diff(want, got.Faults[kept]); diff != "" {
		t.Errorf("last fault (-want +got):\n%s", diff)
	}
	if again := ReceiptBytes(got); !bytes.Equal(b, again) {
		t.Error("a fitted receipt is fitted again")
	}
}

func TestFaultsThatJustFitAreAllKept(t *testing.T) {
	one := document.Fault{Code: "A"} // so small that the mark needs the place of several
	each := len(lv(7, make([]byte, measure(&one, fault))))
	for _, extra := range []int{0, 1} {
		r := &document.Receipt{}
		for range faultBudget/each + extra {
			r.Faults = append(r.Faults, one)
		}
		b := ReceiptBytes(r)
		if len(b) > faultBudget {
			t.Errorf("%d faults take %d bytes of %d", len(r.Faults), len(b), faultBudget)
		}
		got, err := UnmarshalReceipt(b)
		if err != nil {
			t.Fatal(err)
		}
		if omitted := document.Faults(got.Faults).Has(document.FaultsOmitted); omitted != (extra == 1) {
			t.Errorf("%d faults: some left out: %v", len(r.Faults), omitted)
		}
	}
}

func TestTextsThatWereCutStayDifferent(t *testing.T) {
	long := strings.Repeat("ж", maxReceiptText)
	a := ReceiptBytes(&document.Receipt{Event: long + "a"})
	b := ReceiptBytes(&document.Receipt{Event: long + "b"})
	if bytes.Equal(a, b) {
		t.Error("two events became one")
	}
}

func TestAnUnsoundReceiptIsStillReadable(t *testing.T) {
	r := &document.Receipt{Event: "\xff\xfe", At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
		Number: document.RegNumber{Number: "1", Date: document.Date{Year: 2026, Month: 13, Day: 1}}}
	got, err := UnmarshalReceipt(ReceiptBytes(r))
	if err != nil {
		t.Fatal(err)
	}
	if got.Number.Number != "1" || !got.Number.Date.IsZero() || !got.At.IsZero() || !strings.HasPrefix(string(got.Event), "~") {
		t.Errorf("got %+v", got)
	}
}

// The largest receipt that the types allow, and any other, stands in the ledger.
func TestEveryReceiptFitsIntoALeaf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := randomFiller(t)
		f.text = func() string {
			unit := rapid.SampledFrom([]string{"x", "ж", "\xff", ""}).Draw(t, "unit")
			return strings.Repeat(unit, rapid.SampledFrom([]int{0, 1, 255, 256, 1023, 1024, 1025, 9_000}).Draw(t, "length"))
		}
		r := new(document.Receipt)
		f.fill(reflect.ValueOf(r).Elem())
		r.Faults = repeat(r.Faults, f.pick(30))
		b := ReceiptBytes(r)
		if len(b) > MaxReceiptBytes {
			t.Fatalf("%d bytes", len(b))
		}
		got, err := UnmarshalReceipt(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, ReceiptBytes(got)) {
			t.Fatal("a fitted receipt is fitted again")
		}
	})
}

func repeat(faults []document.Fault, n int) []document.Fault {
	var all []document.Fault
	for range n {
		all = append(all, faults...)
	}
	return all
}
