package asic

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/timestamp"
)

// A container whose signature openssl has stamped is good long after the signer's certificate has ended.
func TestStampedContainersOutliveTheirCertificates(t *testing.T) {
	n := newNotary(t)
	dir := t.TempDir()
	write(t, dir, "tsa.cnf", []byte("[tsa]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"+
		"[office]\nserial=serial\ndefault_policy=1.2.3.4.1\ndigests=sha256\nsigner_digest=sha256\ness_cert_id_alg=sha256\n"))
	write(t, dir, "serial", []byte("01\n"))
	write(t, dir, "trust/ca.pem", nil)
	run(t, dir, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "trust/ca.pem", "-subj", "/CN=CA", "-days", "30",
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
	run(t, dir, "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA")
	run(t, dir, "openssl", "x509", "-req", "-in", "tsa.csr", "-CA", "trust/ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20", "-extfile", "tsa.cnf", "-extensions", "tsa", "-out", "tsa.pem")
	hash := signature.Std().Hashes()[0]
	ask := func(value []byte) ([]byte, error) {
		asked := timestamp.NewRequest(signature.ContentOf(value).Digest(hash), hash.OID, timestamp.NewNonce(), nil)
		query, err := asked.Marshal()
		if err != nil {
			return nil, err
		}
		write(t, dir, "query", query)
		run(t, dir, "openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "office", "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply")
		response, err := os.ReadFile(filepath.Join(dir, "reply"))
		if err != nil {
			return nil, err
		}
		return asked.Accept(response)
	}
	data := n.container(t, func(c signature.Content) ([]byte, error) {
		cms, err := n.signer.Sign(c)
		if err != nil {
			return nil, err
		}
		return signature.AddStamps(cms, ask)
	})
	c, err := open(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().AddDate(10, 0, 0)
	if got, err := c.Verify(n.verifier, later); err != nil || got.Status != signature.Invalid {
		t.Errorf("without authorities: verdict %+v, %v", got, err)
	}
	store, err := signature.OpenTrustStore(signature.Folder{Domain: "time stamps", Path: filepath.Join(dir, "trust")})
	if err != nil {
		t.Fatal(err)
	}
	n.verifier.Stamps = timestamp.NewVerifier(store, signature.Std()).Verify
	got, err := c.Verify(n.verifier, later)
	if err != nil || got.Status != signature.Valid {
		t.Fatalf("verdict %+v, %v", got, err)
	}
	if v := got.Signatures[0].Verdict; v.TimeSource != signature.StampTime || time.Since(v.Time) > time.Hour {
		t.Errorf("time %s by %s", v.Time, v.TimeSource)
	}
}
