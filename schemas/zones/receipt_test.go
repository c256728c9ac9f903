package zones_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/gost53898"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

var (
	day    = document.Date{Year: 2026, Month: 11, Day: 24}
	about  = document.PacketID{Sender: "OrgA", MsgID: "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7701"}
	given  = document.RegNumber{Number: "552-вх", Date: day}
	number = document.RegNumber{Number: "01-05/77", Date: document.Date{Year: 2026, Month: 11, Day: 23}}
)

// told writes a receipt in a format, and reads it as its receiver does.
var told = map[string]func(*testing.T, *document.Receipt) *zones.Acknowledgement{
	"sdip": func(t *testing.T, r *document.Receipt) *zones.Acknowledgement {
		m := envelope((&zones.Codec{Format: zones.SDIP2}).FromReceipt(r, number, document.Russian))
		text, losses := sdip.Encode(m, sdip.Options{})
		got, err := sdip.Decode(text, sdip.Options{})
		same(t, m.Receipt, got.Receipt, err, text, losses.Lost, losses.Missing, losses.Made)
		return got.Receipt
	},
	"twin": func(t *testing.T, r *document.Receipt) *zones.Acknowledgement {
		m := envelope((&zones.Codec{Format: zones.SDIP2}).FromReceipt(r, number, document.English))
		text, losses := sdip.EncodePackage(&sdip.Package{Ack: true, Message: m}, sdip.Options{})
		got, err := sdip.DecodePackage(text, sdip.Options{})
		same(t, m.Receipt, got.Message.Receipt, err, text, losses.Lost, losses.Missing, losses.Made)
		return got.Message.Receipt
	},
	"gost": func(t *testing.T, r *document.Receipt) *zones.Acknowledgement {
		a := (&zones.Codec{Format: zones.GOST}).FromReceipt(r, number, document.Russian)
		if a == nil {
			return nil
		}
		m := &gost53898.Message{ID: "7702", Sent: r.At, From: gost53898.Party{Code: "OrgB", System: document.System{Name: "Б", SysID: "b", System: "СЭД Б"}}, To: gost53898.Party{Code: "OrgA", System: document.System{Name: "А"}}, Receipt: a}
		text, losses := gost53898.Encode(m, gost53898.Options{})
		got, err := gost53898.Decode(text, gost53898.Options{})
		same(t, a, got.Receipt, err, text, losses.Lost, losses.Missing, losses.Made)
		return got.Receipt
	},
}

func envelope(a *zones.Acknowledgement) *sdip.Message {
	return &sdip.Message{Version: sdip.V2, ID: "7702", Subject: "Уведомление", Sent: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC), Receipt: a,
		Sender: sdip.Party{Code: "OrgB", System: document.System{Name: "Б", SysID: "b", System: "СЭД Б", Details: "1"}}, To: []document.Receiver{{Contour: "OrgA", System: document.System{Name: "А"}}}}
}

func same(t *testing.T, want, got *zones.Acknowledgement, err error, text []byte, losses ...[]string) {
	t.Helper()
	diff := documenttest.Diff(want, got)
	if err != nil || diff != "" || len(slices.Concat(losses...)) > 0 {
		t.Fatalf("%v %q\n%s\n%s", err, losses, diff, text)
	}
}

// Each stage is told by a type of receipt, and understood as a report of it.
func TestStages(t *testing.T) {
	for name, c := range map[string]struct {
		receipt document.Receipt
		stage   document.Stage // by SDIP
		code    int
		gost    document.Stage // 0: it cannot be told
	}{
		"delivered":   {document.Receipt{Stage: document.Deliver}, 1, 0, 1},
		"undelivered": {document.Receipt{Stage: document.Deliver, Code: 35}, 1, 35, 1},
		"registered":  {document.Receipt{Stage: document.Register, Number: given}, 2, 0, 2},
		"not subject": {document.Receipt{Stage: document.Register, Code: 1}, 2, 1, 2},
		"refused":     {document.Receipt{Stage: document.Register, Code: 2}, 2, 2, 2},
		"untrusted":   {document.Receipt{Stage: document.Register, Code: 3, Faults: document.Faults{document.NewFault(document.SignatureUntrusted, "document.files[0]")}}, 2, 3, 2},
		"note":        {document.Receipt{Stage: document.UserNote}, 4, 0, 0},
		"accepted":    {document.Receipt{Stage: document.Accept}, 100, 0, 0},
		"forwarded":   {document.Receipt{Stage: document.Forward}, 101, 0, 0},
		"rejected":    {document.Receipt{Stage: document.Reject, Code: 10}, 103, 10, 1},
		"blocked":     {document.Receipt{Stage: document.Block}, 104, 0, 1},
		"old format":  {document.Receipt{Stage: document.OldFormat, Code: 2}, 105, 2, 1},
		"expired":     {document.Receipt{Stage: document.Expire}, 103, -202, 1},
		"conflict":    {document.Receipt{Stage: document.Conflict, Faults: document.Faults{document.NewFault(document.PacketConflict, "")}}, 103, 40, 1},
		"executed":    {document.Receipt{Stage: document.Execute, Task: "A-1", TaskTo: document.TaskExecuted}, 4, 0, 0},
		"closed":      {document.Receipt{Stage: document.Close, Task: "A-1"}, 4, 0, 0},
		"withdrawn":   {document.Receipt{Stage: document.Withdraw}, 4, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.receipt
			r.Packet, r.At = about, time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC)
			for format, tell := range told {
				a := tell(t, &r)
				codec, stage := &zones.Codec{Format: zones.SDIP2}, c.stage
				if format == "gost" {
					codec, stage = &zones.Codec{Format: zones.GOST}, c.gost
				}
				if a == nil {
					if stage != 0 {
						t.Errorf("%s: nothing is told", format)
					}
					continue
				}
				got := codec.Report(a, "e1", "OrgB", about)
				bad := r.Bad()
				if got.Stage != stage || format != "gost" && got.Code != c.code || stage == document.Deliver && bad != (got.Code != 0) || got.Number != r.Number || got.Note == "" {
					t.Errorf("%s: %+v of %+v", format, got, a)
				}
				if stage == document.Register && len(got.Validate()) > 0 {
					t.Errorf("%s: %v", format, got.Validate())
				}
			}
		})
	}
}

// Every error code of the formats, one by one and all at once: as the hub tells it, and as it is understood.
func TestErrorCodes(t *testing.T) {
	all := map[document.FaultCode]int{
		document.PacketMalformed: -1, document.SignatureInvalid: -21, document.SignatureMissing: -22, document.SignatureUntrusted: -23,
		document.FormatStandard: 1, document.PacketEdition: 2, document.PacketKindUnknown: 3, document.PacketNoReceiver: 10, document.FormatReceiver: 11, document.FormatHeader: 12,
		document.PacketZone: 20, document.FormatZone: 21, document.FormatZoneTwice: 22, document.FormatElement: 30, document.FormatNesting: 31, document.FormatCount: 32,
		document.FormatAttributeType: 33, document.FormatContent: 34, document.FormatAttribute: 35, document.PacketConflict: 40,
	}
	var every document.Faults
	for code := range all {
		every = append(every, document.NewFault(code, "Body/Document:9", "x", "1", "2"))
	}
	for i := range every {
		check(t, all, every[i:i+1])
	}
	check(t, all, every)
	// A code that nobody has described comes through as it is.
	check(t, map[document.FaultCode]int{document.FormatOther: -77}, document.Faults{document.NewFault(document.FormatOther, "", "-77")})
}

func check(t *testing.T, codes map[document.FaultCode]int, faults document.Faults) {
	t.Helper()
	for _, stage := range []document.Stage{document.Deliver, document.Reject} {
		r := &document.Receipt{Packet: about, Stage: stage, Code: faults[0].SDIP(), Faults: faults, At: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC)}
		for format, tell := range told {
			a := tell(t, r)
			if len(a.Results) != len(faults) {
				t.Fatalf("%s: %d results for %d faults", format, len(a.Results), len(faults))
			}
			got := (&zones.Codec{Format: zones.SDIP2}).Report(a, "e1", "OrgB", about)
			for i := range faults {
				if a.Results[i].Code != codes[faults[i].Code] || got.Faults[i].Code != faults[i].Code || !strings.Contains(a.Results[i].Text, faults[i].Field) {
					t.Errorf("%s: fault %v was told as %+v and understood as %v", format, &faults[i], a.Results[i], &got.Faults[i])
				}
			}
			if text := got.Faults[0].Text(document.Russian); strings.Contains(text, "{") {
				t.Errorf("a person would read %q", text)
			}
		}
	}
}

// What receivers write beside the letter of the format.
func TestReportsOfReceivers(t *testing.T) {
	for name, c := range map[string]struct {
		format  zones.Format
		receipt zones.Acknowledgement
		want    document.Report
	}{
		"+23 for -23":             {zones.SDIP2, zones.Acknowledgement{Type: 1, Results: []zones.Result{{Code: 23, Text: "истёк"}}}, document.Report{Stage: 1, Code: -23, Note: "истёк", Faults: document.Faults{document.NewFault(document.SignatureUntrusted, "", "…", "…", "…")}}},
		"the code, not a phrase":  {zones.SDIP2, zones.Acknowledgement{Type: 2, IncNumber: document.RegNumber{Number: "Отказ в регистрации", Date: day}, Results: []zones.Result{{Code: 1, Text: "в дело"}}}, document.Report{Stage: 2, Code: 1, Note: "в дело"}},
		"a number with a phrase":  {zones.SDIP2, zones.Acknowledgement{Type: 2, IncNumber: document.RegNumber{Number: "Регистрации не подлежит", Date: day}, Results: []zones.Result{{}}}, document.Report{Stage: 2, Number: document.RegNumber{Number: "Регистрации не подлежит", Date: day}}},
		"ГОСТ: the number":        {zones.GOST, zones.Acknowledgement{Type: 2, RegNumber: given, Results: []zones.Result{{Text: "да"}}}, document.Report{Stage: 2, Number: given, Note: "да"}},
		"success and then faults": {zones.SDIP2, zones.Acknowledgement{Type: 1, Results: []zones.Result{{Text: "получено"}, {Code: -22, Text: "нет ЭЦП"}}}, document.Report{Stage: 1, Code: -22, Note: "получено; нет ЭЦП", Faults: document.Faults{document.NewFault(document.SignatureMissing, "", "…", "…", "…")}}},
		"reserved":                {zones.SDIP2, zones.Acknowledgement{Type: 3, Results: []zones.Result{{Text: "x"}}}, document.Report{Stage: document.UserNote, Note: "x"}},
		"none":                    {zones.SDIP2, zones.Acknowledgement{Type: 102, Results: []zones.Result{{Text: "x"}}}, document.Report{Stage: document.UserNote, Note: "x"}},
		"a long text":             {zones.SDIP2, zones.Acknowledgement{Type: 4, Results: []zones.Result{{Text: strings.Repeat("ы", 5000)}}}, document.Report{Stage: document.UserNote, Note: strings.Repeat("ы", document.MaxNote)}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.ID, c.want.Reporter, c.want.Packet = "e1", "OrgB", about
			got := (&zones.Codec{Format: c.format}).Report(&c.receipt, "e1", "OrgB", about)
			if diff := documenttest.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A receipt passes from one format to the other, where the receiver's number stands elsewhere.
func TestRewrite(t *testing.T) {
	a := &zones.Acknowledgement{MsgID: "1", Type: 2, RegNumber: number, IncNumber: given, Results: []zones.Result{{Text: "да"}}}
	g, lost := a.Rewrite(zones.SDIP2, zones.GOST)
	if g.RegNumber != given || g.IncNumber.Number != "" || !slices.Equal(lost, []string{"RegNumber"}) {
		t.Errorf("%+v %q", g, lost)
	}
	back, lost := g.Rewrite(zones.GOST, zones.SDIP1)
	if back.IncNumber != given || back.RegNumber.Number != "" || lost != nil {
		t.Errorf("%+v %q", back, lost)
	}
	a.Type = document.Forward
	if g, lost := a.Rewrite(zones.SDIP2, zones.GOST); g != nil || !slices.Equal(lost, []string{"ack_type 101"}) {
		t.Errorf("%+v %q", g, lost)
	}
}
