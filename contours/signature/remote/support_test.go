package remote

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

const token = "s3cret"

var file = []byte("Приказ № 7 «О порядке обмена документами»\r\n")

// provider is a fake on a port, with the files that a client of it needs.
type provider struct {
	*Fake
	t        testing.TB
	emulator *signature.Emulator
	config   Config
	disturb  func(w http.ResponseWriter, r *http.Request) (done bool) // sees requests before the fake
	server   *httptest.Server
}

// newProvider starts one; change may add to its TLS before it does.
func newProvider(t testing.TB, change ...func(*tls.Config)) *provider {
	t.Helper()
	e, err := signature.OpenEmulator(filepath.Join(t.TempDir(), "emulator"))
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{Fake: NewFake(token), t: t, emulator: e}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.disturb == nil || !p.disturb(w, r) {
			p.ServeHTTP(w, r)
		}
	}))
	p.server.TLS = new(tls.Config)
	for _, f := range change {
		f(p.server.TLS)
	}
	p.server.StartTLS()
	t.Cleanup(p.server.Close)
	p.config = Config{
		URL: p.server.URL + "/v1/keys/head-a", TokenFile: write(t, "token", []byte(token+"\n")), Timeout: 5 * time.Second,
		CA: write(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})),
	}
	return p
}

// signer makes an emulated signer, of a participant of its own.
func (p *provider) signer(a signature.Algorithm) *signature.EmulatedSigner {
	p.t.Helper()
	s, err := p.emulator.Issue("head-a/"+string(a), signature.SignerOptions{Name: "Иванова А. П.", Algorithm: a})
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *provider) open() *Key {
	p.t.Helper()
	k, err := Open(p.t.Context(), p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	return k
}

// keySigner opens the key and signs with it.
func (p *provider) keySigner() *signature.KeySigner {
	p.t.Helper()
	s, err := p.open().Signer("")
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *provider) verify(cms []byte) signature.Verdict {
	p.t.Helper()
	store, err := signature.OpenTrustStore(p.emulator.Folder())
	if err != nil {
		p.t.Fatal(err)
	}
	return signature.NewVerifier(store, signature.Std(), signature.GOST(), signature.STB()).Verify(cms, signature.ContentOf(file), time.Now())
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
