package tsl

import (
	"crypto/x509"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

// FuzzReadList: whatever a supervisor signs, reading it ends, keeps within bounds, and gives a list that makes sense. The
// signature is left out: package xmldsig fuzzes it.
func FuzzReadList(f *testing.F) {
	s := newScene(f)
	one := service(caQC, s.centre.certificate, extension(true, additional("ForeSignatures")), status{"withdrawn", issued}, status{"granted", granted})
	seed := newList(one).xml()
	f.Add(seed)
	f.Add(strings.Replace(seed, "<NextUpdate>", "<NextUpdate/><NextUpdate>", 1))
	f.Add(strings.Replace(seed, "TrustServiceProviderList", "List", 2))
	f.Add(`<TrustServiceStatusList xmlns="` + spaceTSL + `"><SchemeInformation/></TrustServiceStatusList>`)
	f.Fuzz(func(t *testing.T, text string) {
		document, err := xmldsig.Parse([]byte(text))
		if err != nil {
			return
		}
		list, err := readList(document.Root)
		if err != nil {
			return
		}
		if list.Scheme == "" || list.Sequence == 0 || list.Issued.IsZero() && !list.NextUpdate.IsZero() && list.NextUpdate.Before(list.Issued) {
			t.Errorf("list %+v", list)
		}
		for i := range list.Services {
			if one := &list.Services[i]; one.Kind == "" || len(one.Statuses) == 0 || len(one.Statuses) > maxStatuses || len(one.Certificates) > maxCertificates {
				t.Errorf("service %+v", one)
			}
		}
	})
}

// FuzzReader: of a supervisor who signed one list no other is taken.
func FuzzReader(f *testing.F) {
	s := newScene(f)
	signed := string(newList(service(caQC, s.centre.certificate, "", status{"withdrawn", issued})).signedBy(f, s.supervisor))
	signers := []*x509.Certificate{s.supervisor.certificate}
	reader := Reader(signature.Std())
	f.Add(0, 0, "")
	f.Add(strings.Index(signed, "withdrawn"), len("withdrawn"), "granted")
	f.Add(strings.Index(signed, "<ds:KeyInfo>"), 0, "<ds:Object/>")
	f.Fuzz(func(t *testing.T, at, drop int, text string) {
		if at < 0 || at > len(signed) || drop < 0 || drop > len(signed)-at {
			return
		}
		list, err := reader([]byte(signed[:at]+text+signed[at+drop:]), signers)
		if err == nil && (list.Sequence != 7 || list.Services[0].Statuses[0].Granted) {
			t.Fatalf("at %d, %d octets replaced by %q: %+v", at, drop, text, list)
		}
	})
}
