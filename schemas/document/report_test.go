package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func registration() document.Report {
	return document.Report{
		ID: "ack-1", Reporter: "OrgB", Packet: document.PacketID{Sender: "OrgA", MsgID: "7701"}, Stage: document.Register,
		Number: document.RegNumber{Number: "552-вх", Date: document.Date{Year: 2026, Month: 11, Day: 24}},
	}
}

func TestAReportIsToldEverythingThatIsWrong(t *testing.T) {
	type report = document.Report
	refusal := document.NewFault(document.RegistrationRefused, "document")
	for _, test := range []struct {
		name   string
		change func(*report)
		want   []string
	}{
		{"registered", func(r *report) {}, nil},
		{"delivered", func(r *report) {
			*r = report{ID: r.ID, Reporter: r.Reporter, Packet: r.Packet, Stage: document.Deliver}
		}, nil},
		{"a note", func(r *report) { r.Stage, r.Note = document.UserNote, "передано в отдел" }, nil},
		{"not subject needs no reason", func(r *report) { r.Code = document.CodeNotSubject }, nil},
		{"refused by code", func(r *report) { r.Code, r.Faults = document.CodeRefused, []document.Fault{refusal} }, nil},
		{"refused in words", func(r *report) { r.Code, r.Note = document.CodeUntrusted, "сертификат отозван" }, nil},

		{"hub's own stage", func(r *report) { r.Stage = document.Accept }, []string{"REP-01 stage"}},
		{"no stage", func(r *report) { r.Stage = 0 }, []string{"REP-01 stage"}},
		{"unknown code", func(r *report) { r.Code = 4 }, []string{"REP-01 code"}},
		{"no number", func(r *report) { r.Number.Number = "" }, []string{"REP-02 number"}},
		{"no date", func(r *report) { r.Number.Date = document.Date{} }, []string{"REP-02 number"}},
		{"impossible date", func(r *report) { r.Number.Date.Month = 13 }, []string{"REP-02 number"}},
		{"refused without reason", func(r *report) { r.Code = document.CodeRefused }, []string{"REP-03 note"}},
		{"untrusted without reason", func(r *report) { r.Code = document.CodeUntrusted }, []string{"REP-03 note"}},
		{"failed without reason", func(r *report) { r.Stage, r.Code = document.Deliver, -21 }, []string{"REP-03 note"}},
		{"long note", func(r *report) { r.Note = strings.Repeat("ж", document.MaxNote+1) }, []string{"PKT-13 note"}},
		{"too many faults", func(r *report) { r.Faults = make([]document.Fault, document.MaxFaults+1) }, []string{"PKT-12 faults"}},
		{"identifiers", func(r *report) { r.ID, r.Reporter, r.Packet = "", "a b", document.PacketID{} },
			[]string{"PKT-06 id", "CTR-01 reporter", "PKT-05 packet.sender", "PKT-06 packet.msg_id"}},
		{"executor and outcome", func(r *report) { r.Executor, r.Outcome = "И. Иванов", "lost" }, []string{"TSK-06 executor", "TSK-13 outcome"}},
		{"task", func(r *report) { r.Task = "a\x00" }, []string{"PKT-13 task"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := registration()
			test.change(&r)
			var got []string
			for _, f := range r.Validate() {
				got = append(got, fmt.Sprint(f.Code, " ", f.Field))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("faults %q, want %q", got, test.want)
			}
		})
	}
}

func TestDaysOutsideTheCalendarAreNotValid(t *testing.T) {
	for date, want := range map[document.Date]bool{
		{Year: 2028, Month: 2, Day: 29}: true,
		{Year: 2026, Month: 2, Day: 29}: false,
		{Year: 2026, Month: 0, Day: 1}:  false,
		{Year: 10000, Month: 1, Day: 1}: false,
		{}:                              false,
	} {
		if date.Valid() != want {
			t.Errorf("%v valid: %v, want %v", date, date.Valid(), want)
		}
	}
}
