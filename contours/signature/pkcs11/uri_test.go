package pkcs11

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAddressesSayWhichKeyIsMeant(t *testing.T) {
	a, err := parseAddress("pkcs11:token=Head%20A;serial=0001;manufacturer=Aktiv;model=ECP;slot-id=3;object=%D0%BF%D0%BE%D0%B4%D0%BF%D0%B8%D1%81%D1%8C;id=%01%fF;type=private?module-path=/usr/lib/x.so&pin-source=file:/etc/pin")
	if err != nil {
		t.Fatal(err)
	}
	if a.object != "подпись" || a.id != "\x01\xff" || a.module != "/usr/lib/x.so" || a.pinSource != "/etc/pin" || *a.slot != 3 {
		t.Errorf("%+v", a)
	}
	right := map[string]string{"token": "Head A", "serial": "0001", "manufacturer": "Aktiv", "model": "ECP"}
	if !a.fits(token{3, right}) || a.fits(token{2, right}) {
		t.Error("the slot does not count")
	}
	for name := range right {
		other := map[string]string{"token": "Head A", "serial": "0001", "manufacturer": "Aktiv", "model": "ECP"}
		other[name] += "x"
		if a.fits(token{3, other}) {
			t.Errorf("%s does not count", name)
		}
	}
	for _, source := range []string{"/etc/pin", "file:/etc/pin", "file:///etc/pin", "file%3A%2Fetc%2Fpin"} {
		if a, err := parseAddress("pkcs11:object=x?pin-source=" + source + "&module-path=/x.so"); err != nil || a.pinSource != "/etc/pin" {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestAddressesThatLeaveSomethingOpenAreRefused(t *testing.T) {
	const query = "?module-path=/x.so&pin-source=/pin"
	for uri, want := range map[string]string{
		"":                                                            "want pkcs11:",
		"https://x/":                                                  "want pkcs11:",
		"pkcs11:" + query:                                             "want object or id",
		"pkcs11:token=a" + query:                                      "want object or id",
		"pkcs11:object=a":                                             "want module-path",
		"pkcs11:object=a?pin-source=/p":                               "want module-path",
		"pkcs11:object=a?module-path=/x.so":                           "want pin-source",
		"pkcs11:object=a;object=b" + query:                            "there twice",
		"pkcs11:object=" + query:                                      "empty",
		"pkcs11:object=%zz" + query:                                   "broken",
		"pkcs11:object=a;type=public" + query:                         "not private",
		"pkcs11:object=a;slot-id=x" + query:                           "not a number",
		"pkcs11:object=a;library-version=3" + query:                   "not known",
		"pkcs11:object=a" + query + "&x-more=1":                       "not known",
		"pkcs11:object=a" + query + "&pin-value=1234":                 "everybody",
		"pkcs11:object=a?module-path=x.so&pin-source=/p":              "from the root",
		"pkcs11:object=a?module-path=/x.so&pin-source=file:p":         "from the root",
		"pkcs11:object=a?module-path=/x.so&pin-source=%7C/bin/askpin": "from the root",
	} {
		if _, err := parseAddress(uri); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: %v, want %s", uri, err, want)
		}
	}
}

func TestThePINIsOneLineOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	a := &address{pinSource: path}
	for content, want := range map[string]string{"1234": "1234", "12 34\r\n": "12 34", "\n": "", "": ""} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if pin, err := a.pin(); pin != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", content, pin, err)
		}
	}
	a.pinSource += "x"
	if _, err := a.pin(); err == nil {
		t.Error("a PIN without a file")
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("pkcs11:token=a;object=b;id=%01?module-path=/x.so&pin-source=file:/p")
	f.Fuzz(func(t *testing.T, uri string) {
		a, err := parseAddress(uri)
		if err == nil && (a.object+a.id == "" || !filepath.IsAbs(a.module) || !filepath.IsAbs(a.pinSource)) {
			t.Errorf("%+v", a)
		}
	})
}
