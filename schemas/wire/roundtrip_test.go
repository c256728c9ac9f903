package wire

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

func TestEveryFieldOfAPacketSurvives(t *testing.T) {
	want := filled[document.Packet](t)
	b := marshal(t, want)
	got, err := UnmarshalPacket(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the packet changed (-want +got):\n%s", diff)
	}
	otherProgramsReadTheSame(t, b, new(smdov1.Packet))
}

func TestEveryFieldOfAReportSurvives(t *testing.T) {
	want := filled[document.Report](t)
	b, err := MarshalReport(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := UnmarshalReport(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report changed (-want +got):\n%s", diff)
	}
	otherProgramsReadTheSame(t, b, new(smdov1.Report))
}

func TestEveryFieldOfAReceiptButItsLeafSurvives(t *testing.T) {
	want := filled[document.Receipt](t)
	b := ReceiptBytes(want)
	got, err := UnmarshalReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Leaf != -1 {
		t.Errorf("leaf %d, want -1: not sealed", got.Leaf)
	}
	got.Leaf = want.Leaf
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the receipt changed (-want +got):\n%s", diff)
	}
	otherProgramsReadTheSame(t, b, new(smdov1.Receipt))

	sealed, err := Unseal(Seal(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sealed); diff != "" {
		t.Errorf("the sealed receipt changed (-want +got):\n%s", diff)
	}
}

func TestTheLeafIsNotPartOfAReceiptsBytes(t *testing.T) {
	r := filled[document.Receipt](t)
	before := ReceiptBytes(r)
	r.Leaf++
	if !bytes.Equal(before, ReceiptBytes(r)) {
		t.Error("the bytes depend on the leaf")
	}
}

func TestFaultsSurviveTheDoorsForm(t *testing.T) {
	want := document.Faults(filled[document.Receipt](t).Faults)
	if diff := cmp.Diff(want, ReadFaults(Faults(want))); diff != "" {
		t.Errorf("the faults changed (-want +got):\n%s", diff)
	}
}

// otherProgramsReadTheSame holds wire to the .proto files: the generated code finds every field of the
// schema in b, none that it does not know, and writes the same bytes.
func otherProgramsReadTheSame(t *testing.T, b []byte, m proto.Message) {
	t.Helper()
	if err := proto.Unmarshal(b, m); err != nil {
		t.Fatal(err)
	}
	everyFieldIsSet(t, m.ProtoReflect(), string(m.ProtoReflect().Descriptor().Name()))
	again, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, again) {
		t.Errorf("the generated code of %T writes other bytes", m)
	}
}

func everyFieldIsSet(t *testing.T, m protoreflect.Message, path string) {
	t.Helper()
	if len(m.GetUnknown()) > 0 {
		t.Errorf("%s: fields that the schema does not have", path)
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		at := path + "." + string(f.Name())
		switch {
		case !m.Has(f):
			t.Errorf("%s is in the schema and never written", at)
		case f.Message() != nil && f.IsList():
			everyFieldIsSet(t, m.Get(f).List().Get(0).Message(), at)
		case f.Message() != nil:
			everyFieldIsSet(t, m.Get(f).Message(), at)
		}
	}
}

func TestAnyPacketSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := new(document.Packet)
		randomFiller(t).fill(reflect.ValueOf(want).Elem())
		b, err := MarshalPacket(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := UnmarshalPacket(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the packet changed (-want +got):\n%s", diff)
		}
		if ContentDigest(want) != ContentDigest(got) {
			t.Fatal("the digest changed")
		}
	})
}

func randomFiller(t *rapid.T) filler {
	return filler{t: t,
		pick: func(most int) int { return rapid.IntRange(0, most).Draw(t, "pick") },
		text: func() string { return rapid.StringN(0, 8, -1).Draw(t, "text") },
	}
}

func TestAnEmptyFileIsNotABlob(t *testing.T) {
	p := &document.Packet{Document: &document.Document{Files: []document.Attachment{{Inline: []byte{}}, {Inline: nil}}}}
	got, err := UnmarshalPacket(marshal(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if files := got.Document.Files; files[0].Inline == nil || files[1].Inline != nil {
		t.Errorf("inline %#v, %#v, want empty and nil", files[0].Inline, files[1].Inline)
	}
}

func TestOneValueHasOneEncoding(t *testing.T) {
	p, r := filled[document.Packet](t), filled[document.Receipt](t)
	packet, receipt := marshal(t, p), ReceiptBytes(r)
	for range 1000 {
		if !bytes.Equal(packet, marshal(t, p)) || !bytes.Equal(receipt, ReceiptBytes(r)) {
			t.Fatal("the bytes changed")
		}
	}
}

func marshal(t testing.TB, p *document.Packet) []byte {
	t.Helper()
	b, err := MarshalPacket(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
