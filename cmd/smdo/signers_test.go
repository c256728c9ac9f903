package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/pkcs11"
	providers "github.com/smdo-hub/smdo-hub/contours/signature/remote"
)

// TestSigningByTheConfiguration plays testdata/signers on a hub whose configuration names keys: its own in a file, that of a participant at a
// provider, and one at a provider that always fails.
func TestSigningByTheConfiguration(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/signers",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SMDO_TZ", "UTC")
			env.Setenv("SMDO_CONTEXTS", filepath.Join(env.WorkDir, "contexts.yaml"))
			if err := startProvider(env); err != nil {
				return err
			}
			return startSigning(t, env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"as": asHolder, "keep": keepOutput, "code": withCode},
	})
}

// startSigning starts the hub once for its API keys to be there, and again with signers that they may use.
func startSigning(t *testing.T, env *testscript.Env) error {
	dir := filepath.Join(env.WorkDir, "hub")
	_, keys, stop, err := startHub(t, dir)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	text, err := secret(filepath.Join(keys, "sub-a1.key"))
	if err != nil {
		return err
	}
	if err := ownKey(t, env.WorkDir, month); err != nil {
		return err
	}
	name := filepath.Join(env.WorkDir, "smdo.yaml")
	provider := fmt.Sprintf("api_keys: [%s], token_file: %s/token, ca: %[2]s/ca.pem, timeout: ", strings.Split(text, "_")[1], env.WorkDir)
	settings := fmt.Sprintf(`data: %[1]s/hub
http: {listen: 127.0.0.1:0}
bus: {port: %[2]d}
trust:
  emulator: true
  folders: [{domain: own, path: %[1]s/roots}, {domain: state, path: %[1]s/emu/trust}]
signers:
  - {key: %[1]s/own.key, cert: %[1]s/own.pem}
  - {contour: sub-a1, participant: sidorova, key: %[3]s/gost2012-256, %[4]s30s}
  - {contour: sub-a1, key: %[3]s/broken, %[4]s500ms}
  - {contour: sub-a2, key: emulator, algorithm: bign-256, api_keys: [0123456789ab]}
`, env.WorkDir, testPort(t), env.Getenv("PROVIDER"), provider)
	if err := os.WriteFile(name, []byte(settings), 0o600); err != nil {
		return err
	}
	config, err := loadConfig(name)
	if err != nil {
		return err
	}
	config.Timing.Custody = Duration(patience)
	url, keys, stop, err := startConfigured(config)
	env.Defer(func() {
		if err := stop(); err != nil {
			env.T().Fatal("hub: ", err)
		}
	})
	env.Setenv("SMDO_URL", url)
	env.Setenv("KEYS", keys)
	return err
}

// ownKey writes own.key, own.pem and roots/ca.pem: a key, its certificate for some time, and its authority's.
func ownKey(t *testing.T, dir string, left time.Duration) error {
	authority, root := selfSigned(t, "Центр", 12*month, true)
	key, certificate := selfSigned(t, "Хаб СМДО", left, false)
	certificate.KeyUsage, certificate.AuthorityKeyId = x509.KeyUsageDigitalSignature, root.SubjectKeyId
	signed, err := x509.CreateCertificate(rand.Reader, certificate, root, key.Public(), authority)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return errors.Join(err, os.MkdirAll(filepath.Join(dir, "roots"), 0o700),
		os.WriteFile(filepath.Join(dir, "own.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600),
		os.WriteFile(filepath.Join(dir, "own.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600),
		os.WriteFile(filepath.Join(dir, "roots", "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}), 0o600))
}

func TestWhatCannotWorkOfTheSignersIsTold(t *testing.T) {
	name := filepath.Join(t.TempDir(), "smdo.yaml")
	for signers, field := range map[string]string{
		"{key: /own.key, cert: /own.pem}":                                                                             "",
		"{key: 'pkcs11:object=a?module-path=/m.so&pin-source=/pin'}":                                                  "",
		"{contour: sub-a1, participant: sidorova, api_keys: [0123456789ab], key: 'https://signer.example/v1/keys/a'}": "",
		"{key: emulator}":                      "signers[0].key",
		"{}":                                   "signers[0].key",
		"{key: /own.key}":                      "signers[0].cert",
		"{key: 'https://a/b', cert: /own.pem}": "signers[0].cert",
		"{key: /own.key, cert: /own.pem, token_file: /token}":                            "signers[0]",
		"{key: 'https://a/b', client_cert: /a.pem}":                                      "signers[0].client_key",
		"{key: 'https://a/b', algorithm: rot13}":                                         "signers[0].algorithm",
		"{contour: sub-a1, key: 'https://a/b'}":                                          "signers[0].api_keys",
		"{api_keys: [0123456789ab], key: 'https://a/b'}":                                 "signers[0].api_keys",
		"{contour: sub-a1, api_keys: [head-a], key: 'https://a/b'}":                      "signers[0].api_keys",
		"{contour: 'no such', api_keys: [0123456789ab], key: 'https://a/b'}":             "signers[0].contour",
		"{participant: sidorova, key: 'https://a/b'}":                                    "signers[0].contour",
		"{contour: a, participant: 'x y', api_keys: [0123456789ab], key: 'https://a/b'}": "signers[0].participant",
		"{key: 'https://a/b'}, {key: 'https://a/c'}":                                     "signers[1]",
		"{key: 'https://a/b', pin: '1234'}":                                              "pin",
	} {
		if err := os.WriteFile(name, []byte("data: /var/lib/smdo\nsigners: ["+signers+"]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(name)
		if (err != nil) != (field != "") || err != nil && !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v, want %q", signers, err, field)
		}
	}
}

func TestTheSignersOfTheSampleConfigurationAreValid(t *testing.T) {
	text, err := os.ReadFile("../../deploy/smdo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, found := strings.Cut(string(text), "# signers:")
	sample, _, ended := strings.Cut(sample, "\n\n")
	if !found || !ended {
		t.Fatal("the sample has no signers")
	}
	name := filepath.Join(t.TempDir(), "smdo.yaml")
	if err := os.WriteFile(name, []byte("signers:"+strings.ReplaceAll(sample, "\n#", "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if config, err := loadConfig(name); err != nil || len(config.Signers) != 3 {
		t.Errorf("%+v, %v", config.Signers, err)
	}
}

// A certificate is replaced while the hub runs, and its term is that of the new one.
func TestTermsOfKeysAreReadAnewAndNameNoPerson(t *testing.T) {
	dir := t.TempDir()
	if err := ownKey(t, dir, month); err != nil {
		t.Fatal(err)
	}
	own := SignerConfig{Key: filepath.Join(dir, "own.key"), Cert: filepath.Join(dir, "own.pem")}
	contour := own
	contour.Contour, contour.Participant = "sub-a1", "sidorova"
	absent := SignerConfig{Contour: "sub-a2", Key: "/none.key", Cert: own.Cert}
	said := &strings.Builder{}
	h := &hub{config: Config{Data: dir, Signers: []SignerConfig{own, contour, absent}}, log: slog.New(slog.NewTextHandler(said, nil))}
	for _, step := range []func() error{func() error { return h.openTrust(t.Context()) }, func() error { return h.openSigners(t.Context()) }} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	kinds := func() (all []string) {
		for _, x := range h.terms(t.Context(), time.Now()) {
			all = append(all, fmt.Sprintf("%s %s %d", x.Kind, x.Name, signature.DaysLeft(x.Ends, time.Now().Add(-time.Hour))))
		}
		return all
	}
	if got, want := kinds(), []string{"own Хаб СМДО 30", "signer sub-a1 30"}; !slices.Equal(got, want) {
		t.Errorf("terms %q, want %q", got, want)
	}
	if !strings.Contains(said.String(), "contour=sub-a2") {
		t.Errorf("of the key that is absent the log says %q", said)
	}
	if err := ownKey(t, dir, 2*month); err != nil {
		t.Fatal(err)
	}
	if got, want := kinds(), []string{"own Хаб СМДО 60", "signer sub-a1 60"}; !slices.Equal(got, want) {
		t.Errorf("terms %q, want %q", got, want)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheEmulatorSignsReceiptsByEveryAlgorithm(t *testing.T) {
	h := &hub{config: Config{Data: t.TempDir(), Trust: TrustConfig{Emulator: true}}, log: slog.New(slog.DiscardHandler)}
	for _, a := range append(signature.Algorithms(), "") {
		h.config.Signers = append(h.config.Signers, SignerConfig{Key: emulatedKey, Algorithm: string(a)})
	}
	if err := errors.Join(h.openTrust(t.Context()), h.openSigners(t.Context())); err != nil {
		t.Fatal(err)
	}
	receipt := signature.ContentOf([]byte("receipt"))
	for _, k := range h.signers {
		cms, err := k.sign(t.Context(), receipt)
		if err != nil {
			t.Fatal(err)
		}
		if v := h.verifier.Verify(cms, receipt, time.Now()); v.Status != signature.Valid || !v.Emulated {
			t.Errorf("%s: %+v", k.Algorithm, v)
		}
	}
	if terms := h.terms(t.Context(), time.Now()); len(terms) != 0 {
		t.Errorf("terms %+v", terms)
	}
}

// A provider renews its certificate, and signs on.
func TestAKeyIsOpenedAnewWhenTheProviderRenewedItsCertificate(t *testing.T) {
	emulator, err := signature.OpenEmulator(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	fake := providers.NewFake("")
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	k := &keptKey{SignerConfig: SignerConfig{Contour: "sub-a1", Key: server.URL + "/v1/keys/a"}}
	content := signature.ContentOf([]byte("file"))
	if _, err := k.sign(t.Context(), content); err == nil {
		t.Fatal("signed with a key that the provider does not have")
	}
	for _, name := range []string{"first", "second", "second"} {
		signer, err := emulator.Issue(name, signature.SignerOptions{Algorithm: signature.GOST2012256})
		if err != nil {
			t.Fatal(err)
		}
		fake.Hold("a", providers.Data, signer, signature.GOST2012256)
		cms, err := k.sign(t.Context(), content)
		if err != nil {
			t.Fatal(err)
		}
		found, err := signature.Inspect(cms)
		if err != nil || found.Signers[0].Certificate.Subject.CommonName != name {
			t.Errorf("signed by %+v (%v), want %s", found, err, name)
		}
	}
	if n := fake.Signatures(); n != 4 { // one was of a certificate that nobody knew, and was thrown away
		t.Errorf("%d signatures were made", n)
	}
	server.Close()
	soon, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := k.sign(soon, content); err == nil {
		t.Error("signed without a provider")
	}
}

// The same test in both builds: with the tag pkcs11 a token signs, without it that is told.
func TestSigningByAToken(t *testing.T) {
	dir := t.TempDir()
	module := softHSM(t, dir)
	k := &keptKey{SignerConfig: SignerConfig{Key: "pkcs11:token=Hub;object=sign?module-path=" + module + "&pin-source=file:" + filepath.Join(dir, "pin"), Cert: filepath.Join(dir, "own.pem")}}
	content := signature.ContentOf([]byte("receipt"))
	for range 2 {
		cms, err := k.sign(t.Context(), content)
		if errors.Is(err, pkcs11.ErrAbsent) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		trust, err := signature.OpenTrustStore(signature.Folder{Domain: "own", Path: filepath.Join(dir, "roots")})
		if err != nil {
			t.Fatal(err)
		}
		if v := signature.NewVerifier(trust, signature.Std()).Verify(cms, content, time.Now()); v.Status != signature.Valid {
			t.Errorf("%+v", v)
		}
	}
	if err := k.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.sign(t.Context(), content); err != nil { // a key that was given up is opened again
		t.Fatal(err)
	}
}

// softHSM makes a token «Hub» with the key of ownKey in it, and returns the library.
func softHSM(t *testing.T, dir string) (module string) {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	if err != nil || len(found) == 0 {
		t.Fatalf("SoftHSM is not installed: apt-get install softhsm2 (%v)", err)
	}
	conf := filepath.Join(dir, "softhsm2.conf")
	t.Setenv("SOFTHSM2_CONF", conf)
	settings := "directories.tokendir = " + dir + "/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
	err = errors.Join(os.Mkdir(filepath.Join(dir, "tokens"), 0o700), os.WriteFile(conf, []byte(settings), 0o600), os.WriteFile(filepath.Join(dir, "pin"), []byte("1234"), 0o600), ownKey(t, dir, month))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"--init-token --free --label Hub --pin 1234 --so-pin 5678", "--import " + dir + "/own.key --token Hub --label sign --id 01 --pin 1234"} {
		if out, err := exec.Command("softhsm2-util", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("softhsm2-util %s: %v\n%s", args, err, out)
		}
	}
	return found[0]
}

func TestDoctorOpensTheKeys(t *testing.T) {
	for left, want := range map[time.Duration]string{4 * month: healthy, month: warning, -time.Hour: failure} {
		dir := t.TempDir()
		if err := errors.Join(os.Chmod(dir, 0o700), ownKey(t, dir, left)); err != nil {
			t.Fatal(err)
		}
		signers := fmt.Sprintf("data: %s\nsigners: [{key: %[1]s/own.key, cert: %[1]s/own.pem}, {contour: sub-a1, api_keys: [0123456789ab], key: /none.key, cert: /none.pem}]\n", dir)
		_, said := examined(t, signers+fmt.Sprintf("trust: {folders: [{domain: own, path: %s/roots}]}\n", dir))
		if said["signer hub"] != want || said["signer sub-a1"] != failure {
			t.Errorf("%s: %v", left, said)
		}
		if _, said := examined(t, signers); said["signer hub"] != failure {
			t.Errorf("%s, without trust: %v", left, said)
		}
	}
}
