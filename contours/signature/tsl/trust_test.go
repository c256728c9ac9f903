package tsl

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/timestamp"
)

func TestTheStatusOfACentreCountsAsAtTheMoment(t *testing.T) {
	s := newScene(t)
	withdrawn := granted.AddDate(1, 0, 0)
	s.put(t, "list.xml", newList(service(caQC, s.centre.certificate, "", status{"withdrawn", withdrawn}, status{"granted", granted})).signedBy(t, s.supervisor))
	v := signature.NewVerifier(s.open(t), signature.Std())
	for range 2 { // a chain that was found good once is no reason for other moments
		s.wants(t, v, granted.Add(-time.Second), signature.Invalid, "chain.list")
		got := s.wants(t, v, granted, signature.Valid, "")
		if got.Signers[0].Domain != "ГосСУОК" || len(got.Signers[0].Chain) != 2 {
			t.Errorf("verdict %+v", got.Signers[0])
		}
		s.wants(t, v, withdrawn.Add(-time.Second), signature.Valid, "")
		s.wants(t, v, withdrawn, signature.Invalid, "chain.list")
	}
}

// A root beside the list, or a centre above, does not help a centre that was withdrawn.
func TestAListGovernsRootsBesideIt(t *testing.T) {
	s := newScene(t)
	above := newHolder(t, "КУЦ", nil, authority)
	s.centre = newHolder(t, "РУЦ", &above, authority)
	s.signer = newHolder(t, "Иванова", &s.centre, nil)
	s.putRoot(t, "above.pem", above.certificate)
	s.putRoot(t, "centre.pem", s.centre.certificate)
	s.wants(t, signature.NewVerifier(s.open(t), signature.Std()), issued, signature.Valid, "")
	s.put(t, "list.xml", newList(service(caQC, s.centre.certificate, "", status{"withdrawn", issued.AddDate(0, -1, 0)}, status{"granted", granted})).signedBy(t, s.supervisor))
	store := s.open(t)
	v := signature.NewVerifier(store, signature.Std())
	s.wants(t, v, issued, signature.Invalid, "chain.list")
	s.wants(t, v, issued.AddDate(0, -2, 0), signature.Valid, "")
	for _, a := range v.CheckAuthorities(issued) {
		if want := map[string]signature.Status{"КУЦ": signature.Valid, "РУЦ": signature.Invalid}[a.CommonName]; a.Status != want {
			t.Errorf("%s: %s %s", a.CommonName, a.Status, a.Field)
		}
	}
}

// A centre need not be a root of its own to be one here: the list vouches for it.
func TestAListedCentreEndsAChain(t *testing.T) {
	s := newScene(t)
	above := newHolder(t, "КУЦ", nil, authority)
	s.centre = newHolder(t, "РУЦ", &above, authority)
	s.signer = newHolder(t, "Иванова", &s.centre, nil)
	s.put(t, "list.xml", newList(service(caQC, s.centre.certificate, "", status{"granted", granted})).signedBy(t, s.supervisor))
	v := signature.NewVerifier(s.open(t), signature.Std())
	got := s.wants(t, v, issued, signature.Valid, "")
	if len(got.Signers[0].Chain) != 2 {
		t.Errorf("chain of %d", len(got.Signers[0].Chain))
	}
	if all := v.CheckAuthorities(issued); len(all) != 1 || !all[0].Listed || all[0].Status != signature.Valid {
		t.Errorf("authorities %+v", all)
	}
}

func TestAListThatHasRunOut(t *testing.T) {
	for rule, want := range map[signature.RevocationRule]struct {
		status signature.Status
		field  string
	}{signature.AcceptMarked: {signature.Valid, ""}, signature.Hold: {signature.Undeterminable, "chain.list.stale"}, signature.Refuse: {signature.Invalid, "chain.list.stale"}} {
		s := newScene(t)
		s.lists.Stale = rule
		s.put(t, "list.xml", newList(service(caQC, s.centre.certificate, "", status{"granted", granted})).signedBy(t, s.supervisor))
		v := signature.NewVerifier(s.open(t), signature.Std())
		if got := s.wants(t, v, next, signature.Valid, ""); got.Signers[0].ListStale {
			t.Errorf("%q: marked while the list is good", rule)
		}
		if got := s.wants(t, v, next.Add(time.Second), want.status, want.field); !got.Signers[0].ListStale {
			t.Errorf("%q: not marked", rule)
		}
	}
}

func TestAClosedListSpeaksOfThePastAlone(t *testing.T) {
	s := newScene(t)
	s.lists.Stale = signature.Hold
	l := newList(service(caQC, s.centre.certificate, "", status{"granted", granted}))
	l.next = time.Time{}
	s.put(t, "list.xml", l.signedBy(t, s.supervisor))
	v := signature.NewVerifier(s.open(t), signature.Std())
	s.wants(t, v, issued, signature.Valid, "")
	s.wants(t, v, issued.Add(time.Hour), signature.Undeterminable, "chain.list.stale")
}

func TestAnOlderListNeverReplacesANewerOne(t *testing.T) {
	s := newScene(t)
	s.lists.Memory = filepath.Join(t.TempDir(), "lists.json")
	good := newList(service(caQC, s.centre.certificate, "", status{"granted", granted}))
	bad := newList(service(caQC, s.centre.certificate, "", status{"withdrawn", granted.AddDate(1, 0, 0)}, status{"granted", granted}))
	bad.number++
	s.put(t, "list.xml", bad.signedBy(t, s.supervisor))
	store := s.open(t)
	v := signature.NewVerifier(store, signature.Std())
	s.wants(t, v, issued, signature.Invalid, "chain.list")

	old := good.signedBy(t, s.supervisor)
	s.put(t, "list.xml", old) // rolled back
	if err := store.Reload(); !errors.Is(err, signature.ErrOlderList) {
		t.Fatalf("reload: %v", err)
	}
	s.wants(t, v, issued, signature.Invalid, "chain.list")
	if _, err := signature.OpenTrustStore(s.folder()); !errors.Is(err, signature.ErrOlderList) {
		t.Fatalf("after a restart: %v", err)
	}
	good.number = bad.number // another list with the same number
	s.put(t, "list.xml", good.signedBy(t, s.supervisor))
	if err := store.Reload(); !errors.Is(err, signature.ErrOlderList) {
		t.Fatalf("the same number: %v", err)
	}

	good.number++
	s.put(t, "new.xml", good.signedBy(t, s.supervisor))
	s.put(t, "list.xml", old) // old files lie about, and do no harm
	if err := store.Reload(); err != nil {
		t.Fatal(err)
	}
	s.wants(t, v, issued, signature.Valid, "")
	if held := store.Lists(); len(held) != 1 || held[0].Sequence != good.number || held[0].File != "new.xml" {
		t.Errorf("held %+v", held)
	}
}

// A list that does not verify changes nothing in a store that runs, and keeps a new one from opening.
func TestABadListLeavesTheStoreAsItWas(t *testing.T) {
	s := newScene(t)
	l := newList(service(caQC, s.centre.certificate, "", status{"granted", granted}))
	s.put(t, "list.xml", l.signedBy(t, s.supervisor))
	store := s.open(t)
	v := signature.NewVerifier(store, signature.Std())
	l.number++
	s.put(t, "list.xml", l.signedBy(t, newHolder(t, "Чужой", nil, nil)))
	if err := store.Reload(); !errors.Is(err, ErrList) {
		t.Fatalf("reload: %v", err)
	}
	s.wants(t, v, issued, signature.Valid, "")
	if _, err := signature.OpenTrustStore(s.folder()); !errors.Is(err, ErrList) {
		t.Fatalf("open: %v", err)
	}
	s.lists = signature.Lists{}
	if store := s.open(t); len(store.Lists()) != 0 {
		t.Error("lists were read that nobody asked to read")
	}
}

func TestAListComesWithoutARestart(t *testing.T) {
	s := newScene(t)
	data := newList(service(caQC, s.centre.certificate, "", status{"granted", granted})).signedBy(t, s.supervisor)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(issued.AddDate(0, 1, 0))) // the bubble's clock: the list is not of the future
		store := s.open(t)
		v := signature.NewVerifier(store, signature.Std())
		at := issued
		if got := v.VerifyCertificate(s.signer.certificate.Raw, nil, at); got.Status != signature.Undeterminable {
			t.Fatalf("before: %s", got.Status)
		}
		var log strings.Builder
		running := make(chan error, 1)
		ctx := t.Context()
		go func() { running <- store.Run(ctx, slog.New(slog.NewTextHandler(&log, nil))) }()
		s.put(t, "list.xml", data)
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if got := v.VerifyCertificate(s.signer.certificate.Raw, nil, at); got.Status != signature.Valid {
			t.Fatalf("after: %s %s\n%s", got.Status, got.Detail, log.String())
		}
		s.put(t, "list.xml", []byte("<broken/>"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := strings.Count(log.String(), "not reloaded"); n != 1 {
			t.Errorf("a broken list was logged %d times\n%s", n, log.String())
		}
		if got := v.VerifyCertificate(s.signer.certificate.Raw, nil, at); got.Status != signature.Valid {
			t.Errorf("after a broken list: %s", got.Status)
		}
	})
}

// Services that stamp the time are no centres, and centres do not stamp.
func TestKindsOfServicesAreNotMixed(t *testing.T) {
	s := newScene(t)
	unit := newHolder(t, "Служба времени", &s.centre, stamper)
	verdict := func(at time.Time, services ...string) (document, stamp signature.SignerVerdict) {
		s.put(t, "list.xml", newList(services...).signedBy(t, s.supervisor))
		store := s.open(t)
		stamps := timestamp.NewVerifier(store, signature.Std())
		return signature.NewVerifier(store, signature.Std()).VerifyCertificate(s.signer.certificate.Raw, nil, at), stamps.Authorities.VerifyCertificate(unit.certificate.Raw, nil, at)
	}
	now := status{"granted", granted}
	for name, c := range map[string]struct {
		services        []string
		document, stamp signature.Status
	}{
		"a centre":             {[]string{service(caQC, s.centre.certificate, "", now)}, signature.Valid, signature.Invalid},
		"a centre for stamps":  {[]string{service(tsa, s.centre.certificate, "", now)}, signature.Invalid, signature.Valid},
		"both":                 {[]string{service(caQC, s.centre.certificate, "", now), service(tsa, s.centre.certificate, "", now)}, signature.Valid, signature.Valid},
		"a unit":               {[]string{service(tsa, unit.certificate, "", now)}, signature.Undeterminable, signature.Valid},
		"a withdrawn unit":     {[]string{service(tsa, unit.certificate, "", status{"withdrawn", granted})}, signature.Undeterminable, signature.Invalid},
		"a unit not yet there": {[]string{service(tsa, unit.certificate, "", status{"granted", issued.Add(time.Hour)})}, signature.Undeterminable, signature.Invalid},
		"a signer as a unit":   {[]string{service(tsa, s.signer.certificate, "", now)}, signature.Undeterminable, signature.Undeterminable},
	} {
		document, stamp := verdict(issued, c.services...)
		if document.Status != c.document || stamp.Status != c.stamp {
			t.Errorf("%s: document %s (%s), stamp %s (%s)", name, document.Status, document.Detail, stamp.Status, stamp.Detail)
		}
	}
}

func TestAFileThatIsTooLongIsNotRead(t *testing.T) {
	s := newScene(t)
	f, err := os.Create(filepath.Join(s.dir, "list.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(maxSize + 1); err != nil { // of holes: it costs nothing
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := signature.OpenTrustStore(s.folder()); err == nil || !strings.Contains(err.Error(), "longer than 10 MiB") {
		t.Errorf("open: %v", err)
	}
}
