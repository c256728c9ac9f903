package main

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/pkcs11"
	providers "github.com/smdo-hub/smdo-hub/contours/signature/remote"
)

// TestSigning plays testdata/signing: keys that lie elsewhere. Each script has a provider of its own and a folder for SoftHSM's tokens;
// [pkcs11] holds where this program was built with it.
func TestSigning(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/signing",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SMDO_TZ", "UTC")
			return errors.Join(startProvider(env), prepareTokens(env))
		},
		Condition: func(name string) (bool, error) {
			if name != "pkcs11" {
				return false, fmt.Errorf("no condition %q", name)
			}
			_, err := pkcs11.Open("pkcs11:object=x?module-path=/none.so&pin-source=/none")
			return !errors.Is(err, pkcs11.ErrAbsent), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": withCode, "shape": jsonShape},
	})
}

// startProvider runs a provider with the token "s3cret" and a key of each algorithm of the emulator in emu, and one that always fails.
func startProvider(env *testscript.Env) error {
	emulator, err := signature.OpenEmulator(filepath.Join(env.WorkDir, "emu"))
	if err != nil {
		return err
	}
	fake := providers.NewFake("s3cret")
	for _, a := range signature.Algorithms() {
		signer, err := emulator.Issue(string(a), signature.SignerOptions{Name: "Ключ " + string(a), Algorithm: a})
		if err != nil {
			return err
		}
		fake.Hold(string(a), providers.Data, signer, a)
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/keys/broken" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	env.Defer(server.Close)
	env.Setenv("PROVIDER", server.URL+"/v1/keys")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return errors.Join(os.WriteFile(filepath.Join(env.WorkDir, "ca.pem"), ca, 0o600), os.WriteFile(filepath.Join(env.WorkDir, "token"), []byte("s3cret\n"), 0o600))
}

func prepareTokens(env *testscript.Env) error {
	found, err := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	if err != nil || len(found) == 0 {
		return fmt.Errorf("SoftHSM is not installed: apt-get install softhsm2 (%w)", err)
	}
	env.Setenv("MODULE", found[0])
	dir, conf := filepath.Join(env.WorkDir, "tokens"), filepath.Join(env.WorkDir, "softhsm2.conf")
	env.Setenv("SOFTHSM2_CONF", conf)
	return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600))
}
