package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"testing"
	"time"
)

// Whatever comes, Verify ends with a verdict, and without a root nothing is valid.
func FuzzParse(f *testing.F) {
	root := newCentre(f, "КУЦ", nil)
	cms := root.issue().sign(f, root)
	verifier, content := trusting(f), ContentOf(file)
	f.Add(cms)
	f.Add([]byte(base64.StdEncoding.EncodeToString(cms)))
	f.Add(cms[:len(cms)/2])
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, cms []byte) {
		if v := verifier.Verify(cms, content, moment); v.Status == Valid || v.Reason == "" {
			t.Errorf("verdict %+v", v)
		}
	})
}

func TestOnlyDERIsRead(t *testing.T) {
	cases := map[string]bool{
		"3003020101":           true,
		"300402020001":         false, // padded integer
		"300402020080":         true,
		"30040202ff80":         false,
		"30020200":             false, // empty integer
		"3080020101" + "0000":  false, // indefinite length
		"308103020101":         false, // padded length
		"3003010101":           false, // loose TRUE
		"30030101ff":           true,
		"3005240304" + "0161":  false, // constructed string
		"3003040161":           true,
		"30040302010" + "0":    true,
		"300403020101":         false, // unused bits set
		"300403020800":         false,
		"3002030" + "0":        false,
		"300403" + "0201fe":    true,
		"30040602800" + "1":    false, // padded component
		"30040602" + "0181":    false, // open component
		"30020500":             true,
		"3003050100":           false,
		"3001":                 false,
		"30020500" + "00":      false, // something behind
		"1003020101":           false, // primitive SEQUENCE
		"3004" + "1f810100":    false, // long tag
		"3003" + "800161":      true,
		"3005" + "a003020101":  true,
		"3005" + "a003020001":  false,
		"3005" + "a00302" + "": false,
	}
	for der, want := range cases {
		data, err := hex.DecodeString(der)
		if err != nil {
			t.Fatal(der, err)
		}
		if got := checkDER(data, 0) == nil; got != want {
			t.Errorf("%s accepted %t, want %t", der, got, want)
		}
	}
}

func TestEveryReasonSpeaksBothLanguages(t *testing.T) {
	for _, r := range []Reason{SignatureInvalid, SignatureMissing, Untrusted, Malformed, AlgorithmRefused, ChainIncomplete} {
		if text := r.Text(); text.RU == "" || text.EN == "" {
			t.Errorf("%s has no words", r)
		}
	}
	if text := (Verdict{Status: Valid}).Text(); text != (Text{}) {
		t.Errorf("valid says %v", text)
	}
}

// What a whole CMS costs: from a signer whose chain is known, and from one never seen, where keys of the chain are read
// and tables for them made anew.
func BenchmarkVerify(b *testing.B) {
	e := openEmulator(b)
	store, content, at := openStore(b, e.Folder()), ContentOf(file), time.Now()
	warm := NewVerifier(store, allFamilies()...)
	for _, algorithm := range Algorithms() {
		cms := signFile(b, issue(b, e, SignerOptions{Algorithm: algorithm}))
		for _, known := range []bool{true, false} {
			b.Run(map[bool]string{true: "known/", false: "new/"}[known]+string(algorithm), func(b *testing.B) {
				b.ReportAllocs()
				for verifier := warm; b.Loop(); {
					if !known {
						verifier = NewVerifier(store, allFamilies()...)
					}
					if verifier.Verify(cms, content, at).Status != Valid {
						b.Fatal("not valid")
					}
				}
			})
		}
	}
}

// What a file of 64 KiB inside a packet costs from the digests to the verdict: one signed by ECDSA does not pay for the
// national digests.
func BenchmarkInlineFile(b *testing.B) {
	e := openEmulator(b)
	verifier := NewVerifier(openStore(b, e.Folder()), allFamilies()...)
	data, at := bytes.Repeat([]byte("0123456789abcdef"), 4096), time.Now()
	for _, algorithm := range Algorithms() {
		cms, err := issue(b, e, SignerOptions{Algorithm: algorithm}).Sign(ContentOf(data))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(algorithm), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if verifier.Verify(cms, ContentOf(data), at).Status != Valid {
					b.Fatal("not valid")
				}
			}
		})
	}
}

// What an upload costs in digests, by the families of the deployment.
func BenchmarkDigester(b *testing.B) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	for _, c := range []struct {
		name     string
		families []Family
	}{{"std", []Family{Std()}}, {"stb", []Family{STB()}}, {"gost", []Family{GOST()}}, {"all", allFamilies()}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				d := NewDigester(c.families...)
				for rest := data; len(rest) > 0; rest = rest[min(32<<10, len(rest)):] {
					d.Write(rest[:min(32<<10, len(rest))])
				}
			}
		})
	}
}
