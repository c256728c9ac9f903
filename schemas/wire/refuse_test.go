package wire

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// lv is field n with a length and a value; vi is field n with a number.
func lv(n protowire.Number, value ...[]byte) []byte {
	b := protowire.AppendTag(nil, n, protowire.BytesType)
	return protowire.AppendBytes(b, join(value...))
}

func vi(n protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), value)
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func times(n int, b []byte) []byte { return []byte(strings.Repeat(string(b), n)) }

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	file := func(value ...[]byte) []byte { return lv(10, lv(14, value...)) }
	group := join(protowire.AppendTag(nil, 15, protowire.StartGroupType), protowire.AppendTag(nil, 15, protowire.EndGroupType))
	malformed := document.PacketMalformed
	for _, test := range []struct {
		name  string
		in    []byte
		code  document.FaultCode
		field string
		arg   string
	}{
		{"unknown field", vi(77, 1), malformed, "", "unknown field 77"},
		{"unknown field inside", file(lv(1, []byte("a")), vi(99, 1)), malformed, "document.files[0]", "unknown field 99"},
		{"unknown group", group, malformed, "", "unknown field 15"},
		{"twice", join(vi(3, 1), vi(3, 2)), malformed, "kind", "given twice or out of order"},
		{"message twice", join(lv(10), lv(10)), malformed, "document", "given twice or out of order"},
		{"out of order", join(vi(4, 1), vi(3, 1)), malformed, "kind", "given twice or out of order"},
		{"list torn apart", join(lv(9), lv(10), lv(9)), malformed, "to", "given twice or out of order"},
		{"number for text", vi(2, 1), malformed, "edition", "wrong type"},
		{"text for number", lv(3, []byte("1")), malformed, "kind", "wrong type"},
		{"number for list", vi(9, 1), malformed, "to", "wrong type"},
		{"number for message", vi(10, 1), malformed, "document", "wrong type"},
		{"not UTF-8", lv(1, lv(2, []byte("\xff"))), malformed, "id.msg_id", "not UTF-8"},
		{"not UTF-8 in a list", lv(13, lv(4, []byte("a")), lv(4, []byte("\xc0\x80"))), malformed, "folders[0].notes", "not UTF-8"},
		{"no such day", lv(10, lv(5, vi(2, 20260231))), malformed, "document.number.date", "no such day"},
		{"negative day", lv(10, lv(5, vi(2, ^uint64(0)))), malformed, "document.number.date", "no such day"},
		{"digest too short", file(lv(4, make([]byte, 31))), malformed, "document.files[0].sha256", "not 32 bytes"},
		{"digest too long", file(lv(4, make([]byte, 33))), malformed, "document.files[0].sha256", "not 32 bytes"},
		{"flag of 2", lv(10, vi(8, 2)), malformed, "document.collection", "neither 0 nor 1"},
		{"length beyond the end", []byte{1<<3 | 2, 5, 'a'}, malformed, "id", "truncated"},
		{"list entry beyond the end", []byte{9<<3 | 2, 5, 'a'}, malformed, "to", "truncated"},
		{"endless number", append([]byte{3 << 3}, times(10, []byte{0xff})...), malformed, "kind", "truncated"},
		{"no tag", []byte{0xff}, malformed, "", "truncated"},
		{"field number 0", []byte{0}, malformed, "", "truncated"},
		{"receivers", times(document.MaxReceivers+1, lv(9)), document.PacketParts, "to", "101"},
		{"tasks", times(document.MaxTasks+1, lv(11)), document.PacketParts, "tasks", "501"},
		{"files", lv(10, times(document.MaxFiles+1, lv(14))), document.PacketParts, "document.files", "501"},
		{"signatures", file(times(document.MaxSignatures+1, lv(6))), document.PacketParts, "document.files[0].signatures", "21"},
		{"executors", lv(11, times(document.MaxReceivers+1, lv(18))), document.PacketParts, "tasks[0].executors", "101"},
		{"notes", lv(13, times(maxList+1, lv(4))), document.PacketParts, "folders[0].notes", "1001"},
		{"parts in all", times(60, lv(13, times(maxList, lv(4)))), document.PacketParts, "folders[49].notes", "50060"},
		{"bytes", make([]byte, MaxPacketBytes+1), document.PacketTooLarge, "", "4194305"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := UnmarshalPacket(test.in)
			wantFault(t, err, test.code, test.field, test.arg)
			if p != nil {
				t.Error("half a packet came back")
			}
		})
	}
}

func TestTheLargestListsAreTaken(t *testing.T) {
	p := &document.Packet{
		To:       make([]document.Receiver, document.MaxReceivers),
		Document: &document.Document{Files: make([]document.Attachment, document.MaxFiles)},
		Tasks:    make([]document.Task, document.MaxTasks),
	}
	for i := range p.Document.Files {
		p.Document.Files[i].Signatures = make([]document.Signature, document.MaxSignatures)
	}
	if _, err := UnmarshalPacket(marshal(t, p)); err != nil {
		t.Error(err)
	}
}

func TestEveryCutIsRefusedOrShorter(t *testing.T) {
	whole := marshal(t, samplePacket())
	for n := range whole {
		p, err := UnmarshalPacket(whole[:n])
		if err == nil && len(marshal(t, p)) > n {
			t.Fatalf("%d of %d bytes were taken for more than they are", n, len(whole))
		}
	}
}

// A packet of empty parts is the dearest to read: two bytes each.
func TestHostilePacketsDoNotFillTheMemory(t *testing.T) {
	officials := times(maxList, lv(7)) // of an organisation
	author := lv(15, lv(1, lv(1, officials)))
	hostile := [][]byte{
		lv(10, times(900, author)),
		times(document.MaxTasks, lv(11, times(document.MaxFiles, lv(17)))),
		append(lv(10), times(600_000, lv(13))...),
	}
	for i, in := range hostile {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := UnmarshalPacket(in); err == nil {
			t.Errorf("packet %d was taken", i)
		}
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 32<<20 {
			t.Errorf("packet %d of %d bytes took %d bytes of memory", i, len(in), spent)
		}
	}
}

func TestWhatCannotBeWrittenFaithfullyIsRefused(t *testing.T) {
	file := func(a document.Attachment) document.Packet {
		return document.Packet{Document: &document.Document{Files: []document.Attachment{{}, a}}}
	}
	for _, test := range []struct {
		packet document.Packet
		code   document.FaultCode
		field  string
		arg    string
	}{
		{document.Packet{Subject: "\xff"}, document.PacketMalformed, "subject", "not UTF-8"},
		{file(document.Attachment{Name: "a\x80"}), document.PacketMalformed, "document.files[1].name", "not UTF-8"},
		{file(document.Attachment{Created: document.Date{Year: 2026, Month: 2, Day: 31}}), document.PacketMalformed, "document.files[1].created", "no such day"},
		{document.Packet{Sent: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}, document.PacketMalformed, "sent", "not between 1678 and 2262"},
		{document.Packet{Folders: []document.Folder{{Notes: []string{"\xff"}}}}, document.PacketMalformed, "folders[0].notes", "not UTF-8"},
		{file(document.Attachment{Inline: make([]byte, MaxPacketBytes)}), document.PacketTooLarge, "", "4194321"},
	} {
		_, err := MarshalPacket(&test.packet)
		wantFault(t, err, test.code, test.field, test.arg)
	}
}

func TestReportsAndReceiptsAreRefusedToo(t *testing.T) {
	_, err := UnmarshalReport(vi(14, 1))
	wantFault(t, err, document.PacketMalformed, "", "unknown field 14")
	_, err = UnmarshalReport(make([]byte, MaxReportBytes+1))
	wantFault(t, err, document.PacketTooLarge, "", "262145")
	_, err = UnmarshalReport(times(document.MaxFaults+1, lv(7)))
	wantFault(t, err, document.PacketParts, "faults", "501")
	_, err = MarshalReport(&document.Report{Note: "\xff"})
	wantFault(t, err, document.PacketMalformed, "note", "not UTF-8")
	_, err = UnmarshalReceipt(vi(22, 1))
	wantFault(t, err, document.PacketMalformed, "", "unknown field 22")
	_, err = UnmarshalReceipt(make([]byte, MaxReceiptBytes+1))
	wantFault(t, err, document.PacketTooLarge, "", "65536")
}

func wantFault(t *testing.T, err error, code document.FaultCode, field, arg string) {
	t.Helper()
	var fault *document.Fault
	if !errors.As(err, &fault) {
		t.Errorf("error %v, want a fault %s", err, code)
		return
	}
	got := fmt.Sprint(fault.Code, " ", fault.Field, ": ", fault.Args[0])
	if want := fmt.Sprint(code, " ", field, ": ", arg); got != want {
		t.Errorf("fault %q, want %q", got, want)
	}
}
