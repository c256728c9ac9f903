package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// warned is what a watch logged, a line each: kind and days left.
func warned(t *testing.T, log *bytes.Buffer) (all []string) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var entry struct {
			Level, Kind, Fingerprint string
			Days                     int `json:"days_left"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %s %d", entry.Level, entry.Kind, entry.Days))
	}
	log.Reset()
	return all
}

func TestAWarningComesOncePerThreshold(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	term := TermOf(RootTerm, root.certificate)
	var log bytes.Buffer
	shown := 0
	w := &TermWatch{
		Terms: func(time.Time) []Term { return []Term{term, term} }, // the same one twice, as where two folders hold it
		Show:  func(terms []Term, _ time.Time) { shown += len(terms) },
		Log:   slog.New(slog.NewJSONHandler(&log, nil)),
	}
	looks := 0
	for now := term.Ends.AddDate(0, 0, -70); now.Before(term.Ends.AddDate(0, 0, 5)); now = now.Add(6 * time.Hour) {
		w.Look(now)
		looks++
	}
	want := []string{"WARN root 60", "WARN root 30", "WARN root 7", "WARN root 1", "ERROR root 0"}
	if got := warned(t, &log); !slices.Equal(got, want) {
		t.Errorf("warned %q, want %q", got, want)
	}
	if shown != 2*looks {
		t.Errorf("shown %d terms in %d looks", shown, looks)
	}
}

// Who starts late hears the one threshold that holds now; a renewed certificate is another matter.
func TestAWarningSaysHowThingsStand(t *testing.T) {
	ends := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	term := Term{OwnTerm, "", "hub", "00112233", ends}
	var log bytes.Buffer
	w := &TermWatch{Terms: func(time.Time) []Term { return []Term{term} }, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	w.Look(ends.AddDate(0, 0, -5))
	w.Look(ends.AddDate(0, 0, -4))
	if got := warned(t, &log); !slices.Equal(got, []string{"WARN own 5"}) {
		t.Errorf("started late: %q", got)
	}
	term.Ends = ends.AddDate(1, 0, 0)
	w.Look(ends.AddDate(0, 0, -3))
	if got := warned(t, &log); len(got) != 0 {
		t.Errorf("renewed: %q", got)
	}
	w.Look(term.Ends.AddDate(0, 0, -60).Add(time.Second))
	if got := warned(t, &log); !slices.Equal(got, []string{"WARN own 59"}) {
		t.Errorf("a year later: %q", got)
	}
}

func TestTermsOfATrustStore(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	middle := newCentre(t, "РУЦ", root, func(c *x509.Certificate) { c.NotAfter = moment.AddDate(2, 0, 0) })
	emulator := newCentre(t, "Эмулятор", nil)
	listed := newCentre(t, "По списку", nil)
	list := &HeldList{TrustList: &TrustList{Scheme: "BY", Sequence: 1, Issued: moment, NextUpdate: moment.AddDate(0, 6, 0),
		Services: []TrustService{{Kind: IssuingService, Certificates: []*x509.Certificate{listed.certificate}, Statuses: []ServiceStatus{{From: moment, Granted: true}}}}}, Domain: "b", SHA256: []byte{1, 2, 3, 4, 5}}
	store, err := NewTrustStore(Domain{Name: "a", Certificates: []*x509.Certificate{root.certificate, middle.certificate}}, Domain{Name: "b", Lists: []*HeldList{list}},
		Domain{Name: "e", Emulator: true, Certificates: []*x509.Certificate{emulator.certificate}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Term{
		{ListTerm, "b", "BY", "01020304", moment.AddDate(0, 6, 0)},
		{IntermediateTerm, "a", "РУЦ", Short(sumOf(middle.certificate)), middle.certificate.NotAfter},
		{RootTerm, "a", "КУЦ", Short(sumOf(root.certificate)), root.certificate.NotAfter},
	}
	if got := store.Terms(); !slices.Equal(got, want) {
		t.Errorf("terms %+v\nwant  %+v", got, want)
	}
}

// stamped is a good stamp of the n-th authority.
func stamped(n int, at time.Time) Stamp {
	return Stamp{Status: Valid, Time: at, Authority: SignerVerdict{Signer: Identity{CommonName: fmt.Sprint(n), Certificate: []byte{byte(n), 0, 0, 0, 0}, NotAfter: at.AddDate(1, 0, 0)}}}
}

func TestStampersAreThoseInUse(t *testing.T) {
	var next Stamp
	var used Stampers
	verify := used.Watch(func([]byte, Content) Stamp { return next })
	meet := func(s Stamp) {
		next = s
		if got := verify(nil, Content{}); got.Status != s.Status {
			t.Fatal("the watch changes verdicts")
		}
	}
	bad := stamped(1, moment)
	bad.Status = Invalid
	exercise := stamped(2, moment)
	exercise.Authority.Emulated = true
	meet(bad)
	meet(exercise)
	meet(stamped(3, moment.AddDate(0, -2, 0))) // an old document
	meet(stamped(4, moment))
	meet(stamped(4, moment.AddDate(0, -2, 0))) // of one in use an old document too
	got := used.Terms(moment)
	if len(got) != 1 || got[0].Name != "4" || got[0].Kind != StampTerm {
		t.Errorf("in use: %+v", got)
	}
	if got := used.Terms(moment.AddDate(0, 2, 0)); len(got) != 0 {
		t.Errorf("two months later: %+v", got)
	}
	for n := range 2 * maxStampers {
		meet(stamped(n, moment.Add(time.Duration(n)*time.Minute)))
	}
	if got := used.Terms(moment); len(got) != maxStampers || got[len(got)-1].Name != fmt.Sprint(2*maxStampers-1) {
		t.Errorf("%d are remembered", len(got))
	}
}

func TestStandingsOfRevocationLists(t *testing.T) {
	good, stale, missing := newCentre(t, "А", nil, around), newCentre(t, "Б", nil, around), newCentre(t, "В", nil, around)
	_, store := revoking(t, RevocationConfig{Grace: time.Minute}, good, stale, missing)
	now := present()
	for _, data := range [][]byte{good.list(listing{}), stale.list(listing{issued: now.Add(-48 * time.Hour)})} {
		if err := store.Add(data); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]Revocation{"А": Good, "Б": Stale, "В": Unknown}
	all := store.Standings(now)
	if len(all) != len(want) {
		t.Fatalf("standings %+v", all)
	}
	for _, s := range all {
		if s.State != want[s.Issuer] || s.NextUpdate.IsZero() != (s.State == Unknown) {
			t.Errorf("%+v", s)
		}
	}
	if next := all[0].NextUpdate; store.Standings(next.Add(time.Minute))[0].State != Good || store.Standings(next.Add(time.Minute + time.Second))[0].State != Stale {
		t.Error("the grace of the store does not count")
	}
}
