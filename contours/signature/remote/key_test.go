package remote

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func TestAProviderSignsInAllFamilies(t *testing.T) {
	p := newProvider(t)
	for _, a := range signature.Algorithms() {
		for _, input := range []Input{Data, Digest} {
			t.Run(string(a)+" by "+string(input), func(t *testing.T) {
				p.Hold("head-a", input, p.signer(a), a)
				s := p.keySigner()
				cms, err := s.Sign(signature.ContentOf(file))
				if a == signature.Ed25519 && input == Digest {
					if err == nil || !strings.Contains(err.Error(), "does not sign digests") {
						t.Fatalf("got %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := p.verify(cms); got.Status != signature.Valid || got.Signers[0].Signer.CommonName != "Иванова А. П." {
					t.Errorf("verdict %s %s", got.Reason, got.Detail)
				}
			})
		}
	}
}

func TestOpensslVerifiesWhatAProviderSigned(t *testing.T) {
	p := newProvider(t)
	for _, a := range []signature.Algorithm{signature.ECDSAP256, signature.RSAPSS, signature.RSA2048} {
		p.Hold("head-a", Data, p.signer(a), a)
		cms, err := p.keySigner().Sign(signature.ContentOf(file))
		if err != nil {
			t.Fatal(err)
		}
		root := filepath.Join(p.emulator.Folder().Path, "root.pem")
		out, err := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", write(t, "p7s", cms),
			"-content", write(t, "doc", file), "-CAfile", root, "-purpose", "any", "-out", os.DevNull).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", a, err, out)
		}
	}
}

func TestTheAlgorithmIsTheProvidersOrTheCallers(t *testing.T) {
	p := newProvider(t)
	p.Hold("head-a", Data, p.signer(signature.RSA2048), signature.GOST2012256, signature.RSAPSS, signature.RSA2048)
	k := p.open()
	for asked, want := range map[signature.Algorithm]signature.Algorithm{"": signature.RSAPSS, signature.RSA2048: signature.RSA2048} {
		s, err := k.Signer(asked)
		if err != nil || s.Algorithm() != want {
			t.Errorf("%q: %v", asked, err)
		}
	}
	for _, asked := range []signature.Algorithm{signature.GOST2012256, signature.ECDSAP256, "des"} {
		if _, err := k.Signer(asked); err == nil {
			t.Errorf("%s: signs", asked)
		}
	}
}

func TestTheProviderAndWeKnowEachOther(t *testing.T) {
	refused := func(t *testing.T, p *provider, status int, words string) {
		t.Helper()
		_, err := Open(t.Context(), p.config)
		var problem *Problem
		if err == nil || errors.As(err, &problem) != (status != 0) || problem != nil && problem.Status != status || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %d %s", err, status, words)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Error("the token is in the error")
		}
	}
	t.Run("token", func(t *testing.T) {
		p := newProvider(t)
		p.Hold("head-a", Data, p.signer(signature.ECDSAP256), signature.ECDSAP256)
		p.open()
		p.config.TokenFile = write(t, "token", []byte("another"))
		refused(t, p, 401, "token missing or wrong")
		p.config.TokenFile = ""
		refused(t, p, 401, "token missing or wrong")
		p.config.TokenFile = write(t, "token", nil)
		refused(t, p, 0, "does not hold one")
		p.config.TokenFile += "x"
		refused(t, p, 0, "no such file")
	})
	t.Run("a token renewed in its file is used", func(t *testing.T) {
		p := newProvider(t)
		p.Hold("head-a", Data, p.signer(signature.ECDSAP256), signature.ECDSAP256)
		s := p.keySigner()
		os.WriteFile(p.config.TokenFile, []byte("old"), 0o600)
		if _, err := s.Sign(signature.ContentOf(file)); err == nil {
			t.Error("an old token signs")
		}
		os.WriteFile(p.config.TokenFile, []byte(token), 0o600)
		if _, err := s.Sign(signature.ContentOf(file)); err != nil {
			t.Error(err)
		}
	})
	t.Run("certificate of the provider", func(t *testing.T) {
		p := newProvider(t)
		p.config.CA = filepath.Join(p.emulator.Folder().Path, "root.pem")
		refused(t, p, 0, "unknown authority")
		p.config.CA = p.config.TokenFile
		refused(t, p, 0, "no certificate in")
	})
	t.Run("certificate of ours", func(t *testing.T) {
		root := x509.NewCertPool()
		p := newProvider(t, func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, root })
		root.AddCert(p.emulator.Roots()[0])
		p.Hold("head-a", Data, p.signer(signature.ECDSAP256), signature.ECDSAP256)
		refused(t, p, 0, "certificate required")
		p.config.Certificate, p.config.PrivateKey = clientPair(t, p.emulator)
		if _, err := p.keySigner().Sign(signature.ContentOf(file)); err != nil {
			t.Error(err)
		}
	})
	t.Run("no such key", func(t *testing.T) { refused(t, newProvider(t), 404, "no such key") })
}

// clientPair takes an emulated signer's file, which holds key and certificate both, as ours for TLS.
func clientPair(t *testing.T, e *signature.Emulator) (certificate, key string) {
	t.Helper()
	if _, err := e.Issue("client", signature.SignerOptions{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(e.Folder().Path, "..", "signers", "client.pem")
	data, err := os.ReadFile(path)
	if block, rest := pem.Decode(data); err != nil || block == nil || !bytes.Contains(rest, []byte("CERTIFICATE")) {
		t.Fatal("not a pair", err)
	}
	return path, path
}

func TestAddressesThatWouldGiveTheTokenAwayAreRefused(t *testing.T) {
	for _, url := range []string{
		"http://signer.example.org/v1/keys/a", "https://user:secret@signer.example.org/v1/keys/a", "https://signer.example.org/a?token=secret",
		"https://signer.example.org/a#secret", "ftp://localhost/a", "https:///a", "signer", "", "http://%secret",
	} {
		if _, err := Open(t.Context(), Config{URL: url}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
	p := newProvider(t)
	p.disturb = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "https://127.0.0.1:1/elsewhere", http.StatusTemporaryRedirect)
		return true
	}
	var problem *Problem
	if _, err := Open(t.Context(), p.config); !errors.As(err, &problem) || problem.Status != http.StatusTemporaryRedirect {
		t.Errorf("redirect: %v", err)
	}
}

func TestDescriptionsThatMakeNoSenseAreRefused(t *testing.T) {
	p := newProvider(t)
	for name, body := range map[string]string{
		"no algorithm":   `{"key":"head-a","input":"data","certificates":["MAA="]}`,
		"no input":       `{"key":"head-a","algorithms":["ecdsa-p256"],"certificates":["MAA="]}`,
		"no certificate": `{"key":"head-a","algorithms":["ecdsa-p256"],"input":"data"}`,
		"noise inside":   `{"key":"head-a","algorithms":["ecdsa-p256"],"input":"data","certificates":["MAA="]}`,
		"not base64":     `{"key":"head-a","algorithms":["ecdsa-p256"],"input":"data","certificates":["§"]}`,
		"an array":       `[]`, "nothing": ``, "two": `{} {}`,
	} {
		p.disturb = answering(200, "application/json", body)
		if _, err := Open(t.Context(), p.config); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !slices.Contains(signature.Algorithms(), "rsa-pss") {
		t.Error("the protocol's names are not signature's")
	}
}

func answering(status int, kind, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		w.Write([]byte(body))
		return true
	}
}
