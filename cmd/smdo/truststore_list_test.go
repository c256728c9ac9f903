package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/tsl"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

// listing is a place with a configuration, a trust folder, and a supervisor who signs trusted lists.
type listing struct {
	dir, folder, config string
	supervisor          crypto.Signer
	certificate         *x509.Certificate
	centre              *x509.Certificate
	centreKey           crypto.Signer
}

func newListing(t *testing.T) *listing {
	t.Helper()
	l := &listing{dir: t.TempDir()}
	l.folder, l.config = filepath.Join(l.dir, "state"), filepath.Join(l.dir, "smdo.yaml")
	l.supervisor, l.certificate = selfSigned(t, "Регулятор", 365*24*time.Hour, false)
	l.centreKey, l.centre = selfSigned(t, "РУЦ", 365*24*time.Hour, true)
	if err := os.Mkdir(l.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(l.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l.write(t, "supervisor.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.certificate.Raw}))
	l.write(t, "smdo.yaml", fmt.Appendf(nil, "data: %s\ntrust: {folders: [{domain: state, path: %s, list_signers: [%s]}]}\n", l.dir, l.folder, filepath.Join(l.dir, "supervisor.pem")))
	return l
}

func (l *listing) write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func selfSigned(t *testing.T, name string, left time.Duration, authority bool) (crypto.Signer, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().Add(left), IsCA: authority, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature, SubjectKeyId: []byte(name)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, c
}

// list signs a list with a number that names the centre with a status, and is to be followed after some time.
func (l *listing) list(t *testing.T, number int, status string, left time.Duration) []byte {
	t.Helper()
	moment := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	const uri = "http://uri.etsi.org/TrstSvc/"
	text := fmt.Sprintf(`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"><SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier><TSLSequenceNumber>%d</TSLSequenceNumber>`+
		`<TSLType>%sTrustedList/TSLType/EUgeneric</TSLType><SchemeOperatorName><Name>Регулятор</Name></SchemeOperatorName><SchemeTerritory>BY</SchemeTerritory><ListIssueDateTime>%s</ListIssueDateTime>`+
		`<NextUpdate><dateTime>%s</dateTime></NextUpdate></SchemeInformation><TrustServiceProviderList><TrustServiceProvider><TSPServices><TSPService><ServiceInformation><ServiceTypeIdentifier>%sSvctype/CA/QC</ServiceTypeIdentifier>`+
		`<ServiceDigitalIdentity><DigitalId><X509Certificate>%s</X509Certificate></DigitalId></ServiceDigitalIdentity><ServiceStatus>%sTrustedList/Svcstatus/%s</ServiceStatus><StatusStartingTime>%s</StatusStartingTime></ServiceInformation></TSPService></TSPServices></TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>`,
		number, uri, moment(-100*24*time.Hour), moment(left), uri, base64.StdEncoding.EncodeToString(l.centre.Raw), uri, status, moment(-200*24*time.Hour))
	signed, err := xmldsig.Sign([]byte(text), tsl.Profile(), l.supervisor, l.certificate)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// smdo runs the program and returns its exit code and what it printed.
func smdo(args ...string) (code int, out, problems string) {
	var stdout, stderr bytes.Buffer
	code = run(args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

const month = 30 * 24 * time.Hour

func TestATrustedListIsAddedAndReplaced(t *testing.T) {
	l := newListing(t)
	add := func(number int, data []byte) (int, string, string) {
		return smdo("trust-store", "add", l.write(t, fmt.Sprintf("list-%d.xml", number), data), "-c", l.config, "--yes", "-o", "json")
	}
	want := func(code int, problems, words string) {
		t.Helper()
		if code != exitFailure || !strings.Contains(problems, words) {
			t.Errorf("code %d, %q; want %q", code, problems, words)
		}
	}
	code, out, problems := add(7, l.list(t, 7, "granted", 5*month))
	var rows []trustedCertificate
	if err := json.Unmarshal([]byte(out), &rows); code != 0 || err != nil || len(rows) != 1 || rows[0].Kind != "list" || rows[0].Serial != "7" {
		t.Fatalf("code %d, %v\n%s%s", code, err, out, problems)
	}
	code, _, problems = add(6, l.list(t, 6, "withdrawn", 5*month))
	want(code, problems, "не новее")
	code, _, problems = add(8, bytes.Replace(l.list(t, 8, "withdrawn", 5*month), []byte("withdrawn"), []byte("granted"), 1))
	want(code, problems, "список изменён")
	code, _, problems = add(9, l.list(t, 9, "granted", -month))
	want(code, problems, "устарел")
	stranger := *l
	stranger.supervisor, stranger.certificate = selfSigned(t, "Регулятор", 5*month, false)
	code, _, problems = add(10, stranger.list(t, 10, "granted", 5*month))
	want(code, problems, "list_signers")
	if code, _, problems = add(11, l.list(t, 11, "withdrawn", 5*month)); code != 0 {
		t.Fatal(problems)
	}
	files, err := os.ReadDir(l.folder)
	if err != nil || len(files) != 1 {
		t.Errorf("%v in the folder, %v", files, err)
	}
	code, out, _ = smdo("trust-store", "ls", "-c", l.config)
	if code != 0 || !strings.Contains(out, "РУЦ") || !strings.Contains(out, "не имел действующего статуса") || !strings.Contains(out, "BY Регулятор EUgeneric") {
		t.Errorf("ls: %d\n%s", code, out)
	}
	if code, _, _ = smdo("trust-store", "check", l.folder, "--list-signer", filepath.Join(l.dir, "supervisor.pem")); code != exitFailure {
		t.Errorf("check of a folder with a withdrawn centre: %d", code)
	}
	if code, out, _ = smdo("trust-store", "ls", l.folder); code != 0 || strings.Contains(out, "BY") {
		t.Errorf("a list whose signer nobody named: %d\n%s", code, out)
	}
}

func TestDoctorSpeaksOfTrustedLists(t *testing.T) {
	for left, want := range map[time.Duration]string{4 * month: healthy, month: warning, -month: failure} {
		l := newListing(t)
		if err := os.WriteFile(filepath.Join(l.folder, "list.xml"), l.list(t, 1, "granted", left), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(l.config)
		if err != nil {
			t.Fatal(err)
		}
		if _, said := examined(t, string(text)); said["trust state"] != want {
			t.Errorf("%s left: %v, want %s", left, said, want)
		}
		if memories, _ := filepath.Glob(filepath.Join(l.dir, "lists-*.json")); len(memories) > 0 {
			t.Error("the doctor changed something")
		}
		unread := strings.Replace(string(text), "list_signers", "#", 1) // the rest of the line is gone: close what is open
		if _, said := examined(t, strings.Split(unread, ", #")[0]+"}]}\n"); said["trust state"] != warning {
			t.Errorf("a list that is not read: %v", said)
		}
		if err := os.WriteFile(filepath.Join(l.folder, "list.xml"), []byte("<TrustServiceStatusList/>"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, said := examined(t, string(text)); said["trust state"] != failure {
			t.Errorf("a broken list: %v", said)
		}
	}
}

func TestDoctorSpeaksOfRevocationLists(t *testing.T) {
	l := newListing(t)
	if err := os.WriteFile(filepath.Join(l.folder, "root.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.centre.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	lists := filepath.Join(l.dir, "crl")
	if err := os.Mkdir(lists, 0o755); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("data: %s\ntrust: {folders: [{domain: state, path: %s}], revocation: {folders: [%s]}}\n", filepath.Join(l.dir, "data"), l.folder, lists)
	revoked := func(next time.Duration) []byte {
		template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-48 * time.Hour), NextUpdate: time.Now().Add(next)}
		der, err := x509.CreateRevocationList(rand.Reader, template, l.centre, l.centreKey)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{{"missing", nil, warning}, {"good", revoked(time.Hour), healthy}, {"stale", revoked(-time.Hour), failure}, {"broken", []byte("x"), warning}} {
		path := filepath.Join(lists, "root.crl")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if c.data == nil {
			os.Remove(path)
		}
		if _, said := examined(t, config); said["crl"] != c.want {
			t.Errorf("%s: %v, want %s", c.name, said, c.want)
		}
	}
}

// What the hub watches: folders, lists, its own certificate, stampers; the next to end first.
func TestTheHubKnowsWhatEnds(t *testing.T) {
	l := newListing(t)
	_, root := selfSigned(t, "КУЦ", 3*month, true)
	_, own := selfSigned(t, "hub.example", month, false)
	for path, data := range map[string][]byte{
		filepath.Join(l.folder, "list.xml"): l.list(t, 1, "granted", 2*month),
		filepath.Join(l.folder, "root.pem"): pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}),
		filepath.Join(l.dir, "tls.pem"):     pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Raw}),
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := loadConfig(l.config)
	if err != nil {
		t.Fatal(err)
	}
	config.HTTP.Cert = filepath.Join(l.dir, "tls.pem")
	h := &hub{config: config, log: slog.New(slog.DiscardHandler)}
	if err := h.openTrust(t.Context()); err != nil {
		t.Fatal(err)
	}
	var kinds []signature.TermKind
	for _, term := range h.terms(t.Context(), time.Now()) {
		kinds = append(kinds, term.Kind)
	}
	if want := []signature.TermKind{signature.OwnTerm, signature.ListTerm, signature.RootTerm}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %q, want %q", kinds, want)
	}
	if memories, _ := filepath.Glob(filepath.Join(l.dir, "lists-*.json")); len(memories) != 1 {
		t.Errorf("memories of lists: %q", memories)
	}
}

func TestWhatIsNotGoodIsNotAdded(t *testing.T) {
	l := newListing(t)
	_, old := selfSigned(t, "Старый", -time.Hour, true)
	_, good := selfSigned(t, "Новый", month, true)
	both := slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: good.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: old.Raw}))
	code, _, problems := smdo("trust-store", "add", l.write(t, "both.pem", both), "-c", l.config, "--yes")
	if code != exitFailure || !strings.Contains(problems, "«Старый»: Срок действия сертификата истёк") {
		t.Errorf("an expired one: %d, %s", code, problems)
	}
	if files, _ := os.ReadDir(l.folder); len(files) > 0 {
		t.Errorf("all or nothing, but there is %v", files)
	}
	if code, _, problems = smdo("trust-store", "add", l.write(t, "good.der", good.Raw), "-c", l.config, "--yes"); code != 0 {
		t.Fatal(problems)
	}
	files, err := os.ReadDir(l.folder)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the hub, another user, could not read %v, %v", info.Mode(), err)
	}
	if folder, err := os.Stat(l.folder); err != nil || folder.Mode().Perm() != 0o755 {
		t.Errorf("the folder's mode changed: %v", err)
	}
}
