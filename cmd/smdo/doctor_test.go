package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
)

// certificate writes a root that ends after the given time.
func certificate(t *testing.T, name string, left time.Duration) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Корневой"}, NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(left), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
}

// examined runs smdo doctor over a configuration and returns the exit code and what it said of each check.
func examined(t *testing.T, config string) (int, map[string]string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "smdo.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run([]string{"doctor", "-c", file, "-o", "json"}, &out, &errs)
	var findings []finding
	if err := json.Unmarshal(out.Bytes(), &findings); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	said := map[string]string{}
	for _, f := range findings {
		said[f.Check] = f.Status
	}
	return code, said
}

func TestDoctorReadsTheDatesOfCertificates(t *testing.T) {
	for _, c := range []struct {
		left time.Duration
		want string
	}{{365 * 24 * time.Hour, healthy}, {10 * 24 * time.Hour, warning}, {-time.Hour, failure}} {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		roots := filepath.Join(dir, "roots")
		if err := os.Mkdir(roots, 0o755); err != nil {
			t.Fatal(err)
		}
		certificate(t, filepath.Join(roots, "root.pem"), c.left)
		_, said := examined(t, fmt.Sprintf("data: %s\ntrust: {folders: [{domain: state, path: %s}]}\n", dir, roots))
		if said["trust state"] != c.want {
			t.Errorf("%s left: %v, want %s", c.left, said, c.want)
		}
	}
}

func TestDoctorExaminesAPostgresRecord(t *testing.T) {
	url, dir := pgtest.Start(t), t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("data: %s\nrecord: {url: '%s'}\ntrust: {emulator: true}\n", dir, url)
	if _, said := examined(t, config); said["record"] != warning { // not migrated yet
		t.Errorf("an empty database: %v", said)
	}
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if _, said := examined(t, config); said["record"] != healthy || said["keys"] != warning {
		t.Errorf("a new record: %v", said)
	}
	code, said := examined(t, fmt.Sprintf("data: %s\nrecord: {url: 'postgres://127.0.0.1:1/none'}\n", dir))
	if code != exitFailure || said["record"] != failure {
		t.Errorf("without a server: %d, %v", code, said)
	}
}
