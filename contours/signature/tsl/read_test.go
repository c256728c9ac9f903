package tsl

import (
	"bytes"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func read(s *scene, data []byte) (*signature.TrustList, error) {
	return s.lists.Read(data, s.lists.Signers)
}

// wantRefused checks that a list is refused, in both languages, for a reason that contains some words.
func wantRefused(t *testing.T, name string, err error, words string) {
	t.Helper()
	var refusal *Refusal
	if !errors.Is(err, ErrList) || !errors.As(err, &refusal) || refusal.Text.RU == "" || refusal.Text.EN == "" || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v, want a refusal with %q", name, err, words)
	}
}

func TestAListIsRead(t *testing.T) {
	s := newScene(t)
	data := newList(service(caQC, s.centre.certificate, "", status{"withdrawn", issued}, status{"undersupervision", granted}, status{"granted", granted.AddDate(1, 0, 0)}),
		service(prefix+"Svctype/Certstatus/OCSP", s.centre.certificate, "", status{"granted", granted})).signedBy(t, s.supervisor)
	got, err := read(s, data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Scheme != "BY Регулятор EUgeneric" || got.Sequence != 7 || !got.Issued.Equal(issued) || !got.NextUpdate.Equal(next) || len(got.Services) != 1 {
		t.Fatalf("list %+v", got)
	}
	one := got.Services[0]
	if one.Provider != "РУЦ" || one.Name != "Выпуск сертификатов" || one.Kind != signature.IssuingService || !one.Certificates[0].Equal(s.centre.certificate) {
		t.Errorf("service %+v", one)
	}
	for at, want := range map[time.Time]string{issued: "withdrawn", issued.Add(-time.Second): "granted", granted: "undersupervision"} {
		if status, ok := one.StatusAt(at); !ok || status.Name != want || status.Granted != (want != "withdrawn") {
			t.Errorf("as at %s: %+v", at, status)
		}
	}
	if _, ok := one.StatusAt(granted.Add(-time.Second)); ok {
		t.Error("a status before the first")
	}
}

func TestListsOfTheNationalFamilies(t *testing.T) {
	for name, supervisor := range emulated(t) {
		s := newScene(t)
		data := newList(service(caQC, s.centre.certificate, "", status{"granted", granted})).signedBy(t, supervisor)
		signers := []*x509.Certificate{supervisor.certificate}
		if _, err := Reader(signature.Std(), signature.GOST(), signature.STB())(data, signers); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, err := Reader(signature.Std())(data, signers)
		wantRefused(t, name+" without its family", err, "not allowed")
		_, err = Reader(signature.GOST(), signature.STB())(bytes.Replace(data, []byte("granted"), []byte("Granted"), 1), signers)
		wantRefused(t, name+" altered", err, "altered")
	}
}

// Every octet of a list is under its signature, or is of the signature.
func TestAnAlteredListIsRefused(t *testing.T) {
	s := newScene(t)
	data := newList(service(caQC, s.centre.certificate, "", status{"withdrawn", issued}, status{"granted", granted})).signedBy(t, s.supervisor)
	want, err := read(s, data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 1
		got, err := read(s, changed)
		if err == nil && (got.Sequence != want.Sequence || got.Services[0].Statuses[0] != want.Services[0].Statuses[0]) {
			t.Fatalf("octet %d, %q: a different list", i, data[max(0, i-20):i+1])
		}
	}
	for _, change := range [][2]string{{"withdrawn", "granted"}, {"<TSLSequenceNumber>7", "<TSLSequenceNumber>8"}, {"РУЦ", "УЦ"}, {"</TSPServices>", " </TSPServices>"}} {
		_, err := read(s, bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1))
		wantRefused(t, change[0], err, "altered")
	}
}

func TestOnlyNamedSignersCount(t *testing.T) {
	s := newScene(t)
	l := newList(service(caQC, s.centre.certificate, "", status{"granted", granted}))
	other := newHolder(t, "Регулятор", nil, nil) // the same name, another key
	_, err := read(s, l.signedBy(t, other))
	wantRefused(t, "another signer", err, "does not name")
	_, err = read(s, []byte(l.xml()))
	wantRefused(t, "nobody", err, "not signed")
	under := newHolder(t, "Регулятор", &s.supervisor, nil) // issued by the one who is named
	_, err = read(s, l.signedBy(t, under))
	wantRefused(t, "a chain", err, "does not name")
	l.issued, l.next = s.supervisor.certificate.NotAfter.Add(time.Hour), s.supervisor.certificate.NotAfter.AddDate(1, 0, 0)
	_, err = read(s, l.signedBy(t, s.supervisor))
	wantRefused(t, "an expired signer", err, "not valid on the day")
}

// A signed list that is put inside another document is not that document.
func TestAWrappedSignatureIsRefused(t *testing.T) {
	s := newScene(t)
	evil := newHolder(t, "Чужой", nil, authority)
	signed := string(newList(service(caQC, s.centre.certificate, "", status{"granted", granted})).signedBy(t, s.supervisor))
	forged := newList(service(caQC, evil.certificate, "", status{"granted", granted})).xml()
	bare := signed[strings.Index(signed, "<TrustServiceStatusList"):]
	sign := signed[strings.Index(signed, "<ds:Signature"):strings.Index(signed, "</TrustServiceStatusList>")]
	into := func(more string) []byte {
		return []byte(strings.Replace(forged, "</TrustServiceStatusList>", more+"</TrustServiceStatusList>", 1))
	}
	for name, data := range map[string][]byte{
		"the signature moved":              into(sign),
		"the signed list beside":           into(bare),
		"the signed list and signature":    into(strings.Replace(bare, sign, "", 1) + sign),
		"the signed list in an Object":     into(strings.Replace(sign, "</ds:Signature>", "<ds:Object>"+strings.Replace(bare, sign, "", 1)+"</ds:Object></ds:Signature>", 1)),
		"the forged list in the signature": []byte(strings.Replace(signed, "</ds:Signature>", "<ds:Object>"+forged[strings.Index(forged, "<Trust"):]+"</ds:Object></ds:Signature>", 1)),
		"two signatures":                   []byte(strings.Replace(signed, sign, sign+sign, 1)),
	} {
		if _, err := read(s, data); !errors.Is(err, ErrList) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoListIsRefused(t *testing.T) {
	s := newScene(t)
	one := service(caQC, s.centre.certificate, "", status{"granted", granted})
	for name, change := range map[string][2]string{
		"version": {"<TSLVersionIdentifier>5", "<TSLVersionIdentifier>9"}, "number": {"<TSLSequenceNumber>7", "<TSLSequenceNumber>0"}, "negative": {"<TSLSequenceNumber>7", "<TSLSequenceNumber>-7"},
		"no moment": {"<dateTime>2026", "<dateTime>soon"}, "before": {"<dateTime>2026", "<dateTime>2025"}, "two numbers": {"<TSLSequenceNumber>", "<TSLSequenceNumber>9</TSLSequenceNumber><TSLSequenceNumber>"},
		"no identity": {"ServiceDigitalIdentity", "ServiceIdentity"}, "two statuses": {"<ServiceStatus>", "<ServiceStatus>x</ServiceStatus><ServiceStatus>"}, "no name": {"Регулятор", " "},
		"base64": {"<X509Certificate>\n", "<X509Certificate>\n!"}, "stranger": {"<TSPService>", "<TSPServices/><TSPService>"},
	} {
		text := newList(one).xml()
		changed := signText(t, s.supervisor, strings.ReplaceAll(text, change[0], change[1]))
		_, err := read(s, changed)
		wantRefused(t, name, err, "format")
	}
	_, err := read(s, []byte("<!DOCTYPE x [<!ENTITY a 'b'>]>"+strings.TrimPrefix(string(newList(one).signedBy(t, s.supervisor)), `<?xml version="1.0" encoding="UTF-8"?>`)))
	wantRefused(t, "a document type", err, "document type")
	later := service(caQC, s.centre.certificate, "", status{"granted", granted}, status{"withdrawn", issued})
	_, err = read(s, newList(later).signedBy(t, s.supervisor))
	wantRefused(t, "a history of later", err, "later than")
}

func TestBoundsOfLists(t *testing.T) {
	s := newScene(t)
	one := service(caQC, s.centre.certificate, "", status{"granted", granted})
	large := newList(one).xml()
	large = strings.Replace(large, "<TSPInformation>", "<TSPInformation><!--"+strings.Repeat("x", maxSize)+"-->", 1)
	_, err := read(s, []byte(large))
	wantRefused(t, "10 MiB", err, "longer than")
	// One that is just within the bounds is read.
	comment := "<!--" + strings.Repeat("x", maxSize-8000) + "-->"
	if _, err := read(s, signText(t, s.supervisor, strings.Replace(newList(one).xml(), "<TSPInformation>", "<TSPInformation>"+comment, 1))); err != nil {
		t.Errorf("nearly 10 MiB: %v", err)
	}
	deep := strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200)
	_, err = read(s, []byte(strings.Replace(string(newList(one).signedBy(t, s.supervisor)), "<TSPInformation>", "<TSPInformation>"+deep, 1)))
	wantRefused(t, "depth", err, "format")
	history := []status{{"granted", granted}}
	for i := range maxStatuses {
		history = append(history, status{"granted", granted.Add(-time.Duration(i+1) * time.Hour)})
	}
	_, err = read(s, newList(service(caQC, s.centre.certificate, "", history...)).signedBy(t, s.supervisor))
	wantRefused(t, "statuses", err, "statuses")
	short := "<TSPService><ServiceInformation><ServiceTypeIdentifier>" + caQC + "</ServiceTypeIdentifier><ServiceDigitalIdentity/><ServiceStatus>x</ServiceStatus><StatusStartingTime>2020-01-01T00:00:00Z</StatusStartingTime></ServiceInformation></TSPService>"
	_, err = read(s, newList(strings.Repeat(short, maxServices+1)).signedBy(t, s.supervisor))
	wantRefused(t, "services", err, "services")
}

// What a service is for and what it asks to be understood decide whether its status counts.
func TestExtensionsOfServices(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct {
		name, extensions string
		want             bool
	}{
		{"none", "", true}, {"signatures", extension(true, additional("ForeSignatures")), true}, {"seals", extension(false, additional("ForeSeals")), true},
		{"web sites", extension(false, additional("ForWebSiteAuthentication")), false}, {"root", extension(false, additional("RootCA-QC")), true},
		{"unknown", extension(false, "<x/>"), true}, {"unknown and critical", extension(true, "<x/>"), false},
	} {
		got, err := read(s, newList(service(caQC, s.centre.certificate, c.extensions, status{"granted", granted})).signedBy(t, s.supervisor))
		if err != nil || got.Services[0].Statuses[0].Granted != c.want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}
