package bign

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature/bash"
	"github.com/smdo-hub/smdo-hub/contours/signature/belt"
)

func unhex(s string) []byte {
	octets, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return octets
}

// hbelt is 1.2.112.0.2.0.34.101.31.81 in DER.
func hbelt() []byte { return unhex("06092A7000020022651F51") }

// beltH is the table H of STB 34.101.31, from whose beginning the standards take their test messages.
func beltH() []byte {
	table := make([]byte, 256)
	table[11] = 0x8E
	step := func(t byte) byte {
		parity := t & 0x63
		parity ^= parity >> 4
		parity ^= parity >> 2
		parity ^= parity >> 1
		return t>>1 | parity<<7
	}
	for i := 12; i < 10+256; i++ {
		t := table[(i-1)%256]
		for range 116 {
			t = step(t)
		}
		table[i%256] = t
	}
	return table
}

// backwards reads big-endian hex into little-endian octets.
func backwards(s string) []byte {
	octets := unhex(s)
	slices.Reverse(octets)
	return octets
}

// Published signatures: of bign-curve256v1 those of STB 34.101.45, tables G.1 to G.3; of the other levels those of the
// libecc project (test cases 5 and 6), which names the nonces too.
func TestPublishedSignatures(t *testing.T) {
	belt256 := func(m []byte) []byte { d := belt.Sum(m); return d[:] }
	bash384 := func(m []byte) []byte { d := bash.Sum384(m); return d[:] }
	bash512 := func(m []byte) []byte { d := bash.Sum512(m); return d[:] }
	for _, c := range []struct {
		name      string
		level     Level
		d, nonce  string
		hash      func([]byte) []byte
		hashOID   string
		octets    int // of the table H
		signature string
	}{
		{
			name: "table G.2", level: Levels()[0], hash: belt256, hashOID: "06092A7000020022651F51", octets: 13,
			d:         "69E273C25F23790C9E423207ED1F283418F2749C32F033456739734BB8B5661F",
			nonce:     "D2B708A37AA7335CE11C463C48ECD63E2C74FAE0E73DF221AD1158CDB2740E4C",
			signature: "E36B7F0377AE4C524027C387FADF1B20CE72F1530B71F2B5FD3A8C584FE2E1AED20082E30C8AF65011F4FB54649DFD3D",
		},
		{
			name: "table G.3", level: Levels()[0], hash: belt256, hashOID: "06092A7000020022651F51", octets: 48,
			d:         "69E273C25F23790C9E423207ED1F283418F2749C32F033456739734BB8B5661F",
			nonce:     "ECE9BC3BD990030F4F28390DDD51225715447F639F40196FE43908BE98824E0A",
			signature: "47A63C8B9C936E94B5FAB3D9CBD78366290F3210E163EEC8DB4E921E8479D4138F112CC23E6DCE65EC5FF21DF4231C28",
		},
		{
			name: "libecc 5", level: Levels()[1], hash: bash384, hashOID: "06092A7000020022654D0C", octets: 95,
			d:     "0EB5932D231AE137614180EC3BBE080F93BA80278F05D82F876AF9F9EA0AF19E6CA16F216C3821DC72233C7BBF1DC284",
			nonce: "15F4264CA3519AA60AD8AE147931731980A8E1C3610DA5DDA317EA54CA733AA1E71D1A5B0AC1AE49BCD09002C19D3C19",
			signature: "A7FC9D62B6859EBB0A98AAE36BE47969C362B66695750DDD2CA175321826D4BC8F78EBF555A871213FEC6B50A63D30C5" +
				"89733B0A56F6C0C2BC03A3532969CDF011DC28D4844E79EC",
		},
		{
			name: "libecc 6", level: Levels()[2], hash: bash512, hashOID: "06092A7000020022654D0D", octets: 63,
			d: "B8B94AD2E50502C521E88F1BCF970B1B477802315BFE1F71D85571A2D1C19060BAA2F1E07D73D52F37310B04023ABF3363B5F2952A6217A48A56F43E3596C0BE",
			nonce: "62645D68CA6FB35210F6DB92E2E786EE3465DDC962BE9970FE1C12E6E7CA95E91AE07B659A8B7C03F9B72E641FEFDC5B" +
				"7AB6CD8C0395E380B92C2FFD19E7832C",
			signature: "F922D70148C55AD547EB0A1930E52CC552D928DC76E4030C9EE57DE8DED1B5F95D4E33F47CD361DACB1F26B20132E45D" +
				"4988FB86AF1B54658FE2FE97116177F5D3117CE0632DDFAA8EDE10DA7DF835D2725E2B834CA96C8C061BC831DFA5B316",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := NewPrivateKey(c.level.OID, backwards(c.d))
			if err != nil {
				t.Fatal(err)
			}
			digest, hashOID, want := c.hash(beltH()[:c.octets]), unhex(c.hashOID), unhex(c.signature)
			if err := Verify(key.Public(), hashOID, digest, want); err != nil {
				t.Error(err)
			}
			signature, err := key.Sign(bytes.NewReader(backwards(c.nonce)), hashOID, digest)
			if err != nil || !bytes.Equal(signature, want) {
				t.Errorf("signature %X, %v", signature, err)
			}
			digest[0] ^= 1
			if err := Verify(key.Public(), hashOID, digest, want); !errors.Is(err, ErrSignature) {
				t.Errorf("another digest: %v", err)
			}
		})
	}
}

// STB 34.101.45, table G.1.
func TestThePublicKeyOfTheStandard(t *testing.T) {
	key, err := NewPrivateKey(Levels()[0].OID, unhex("1F66B5B84B7339674533F0329C74F21834281FED0732429E0C79235FC273E269"))
	if err != nil {
		t.Fatal(err)
	}
	want := unhex("BD1A5650179D79E03FCEE49D4C2BD5DDF54CE46D0CF11E4FF87BF7A890857FD07AC6A60361E8C8173491686D461B2826190C2EDA5909054A9AB84D2AB9D99A90")
	if got := key.Public().Octets(); !bytes.Equal(got, want) {
		t.Errorf("got %X", got)
	}
}

// A certificate that bee2evp, the implementation of the standard's authors, made and signed with its own key.
func TestACertificateOfBee2evpVerifies(t *testing.T) {
	file, err := os.ReadFile("testdata/bee2evp-server.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(file)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePublicKey(certificate.RawSubjectPublicKeyInfo)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := key.SubjectPublicKeyInfo(); err != nil || !bytes.Equal(back, certificate.RawSubjectPublicKeyInfo) {
		t.Errorf("written again: %x, %v", back, err)
	}
	digest := belt.Sum(certificate.RawTBSCertificate)
	if err := Verify(key, hbelt(), digest[:], certificate.Signature); err != nil {
		t.Error(err)
	}
}
