package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

// Whatever is taken can be written, read again as the same, and is understood by other programs.
func FuzzUnmarshalPacket(f *testing.F) {
	f.Add(marshal(f, samplePacket()))
	f.Add(lv(10, lv(14, lv(4), lv(5), lv(6, lv(1)))))
	f.Add(join(lv(1), vi(3, 1), vi(5, 1), lv(7), lv(9), lv(12), lv(14, vi(3, 20260228))))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := UnmarshalPacket(in)
		if err != nil {
			return
		}
		if err := proto.Unmarshal(in, new(smdov1.Packet)); err != nil {
			t.Fatalf("taken here and refused by the generated code: %v", err)
		}
		p.Validate(document.DefaultLimits())
		again, err := UnmarshalPacket(marshal(t, p))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Fatalf("the packet changed (-first +second):\n%s", diff)
		}
		if ContentDigest(p) != ContentDigest(again) {
			t.Fatal("the digest changed")
		}
	})
}

func FuzzUnmarshalReport(f *testing.F) {
	b, err := MarshalReport(sampleReport())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := UnmarshalReport(in)
		if err != nil {
			return
		}
		r.Validate()
		b, err := MarshalReport(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := UnmarshalReport(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Fatalf("the report changed (-first +second):\n%s", diff)
		}
	})
}
