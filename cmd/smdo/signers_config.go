package main

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	providers "github.com/smdo-hub/smdo-hub/contours/signature/remote"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// SignerConfig is a key that the hub has sign: its own for receipts, or for tasks that of an organisation whose contour
// it hosts.
type SignerConfig struct {
	Contour     document.ContourCode     `yaml:"contour" json:"contour" doc:"whose tasks the key signs; empty: the hub's own key, for receipts"`
	Participant document.ParticipantCode `yaml:"participant" json:"participant" doc:"the executor whose key it is; empty: the contour's, for executors without one of their own"`
	APIKeys     []string                 `yaml:"api_keys" json:"api_keys" doc:"ids of the contour's API keys that may have it sign (smdo key ls); needed with contour"`

	Key       string `yaml:"key" json:"key" doc:"where the private key is: a file (PKCS #8, PEM), pkcs11:… of a token (RFC 7512; a build with the tag pkcs11), https://… at a provider, or emulator"`
	Cert      string `yaml:"cert" json:"cert" doc:"file of its certificate, followed by those of authorities; needed with a file, for a token instead of its own"`
	Algorithm string `yaml:"algorithm" json:"algorithm" doc:"ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-2048, rsa-pss, ed25519, gost2012-256, gost2012-512 or bign-256; that of the key"`

	Token      string   `yaml:"token_file" json:"token_file" doc:"file that holds the provider's bearer token"`
	CA         string   `yaml:"ca" json:"ca" doc:"authorities of the provider's certificate, PEM; the system's"`
	ClientCert string   `yaml:"client_cert" json:"client_cert" doc:"certificate file for mutual TLS with the provider"`
	ClientKey  string   `yaml:"client_key" json:"client_key" doc:"key file of that certificate"`
	Timeout    Duration `yaml:"timeout" json:"timeout" doc:"how long to wait for the provider, repetitions included; 30s"`
}

func (c *SignerConfig) source() keySource {
	return keySource{c.Key, c.Cert, signature.Algorithm(c.Algorithm), providers.Config{TokenFile: c.Token, CA: c.CA, Certificate: c.ClientCert, PrivateKey: c.ClientKey, Timeout: time.Duration(c.Timeout)}}
}

// name is how operators tell signers apart.
func (c *SignerConfig) name() string {
	switch {
	case c.Contour == "":
		return "hub"
	case c.Participant == "":
		return string(c.Contour)
	}
	return string(c.Contour) + "/" + string(c.Participant)
}

// emulatedKey in place of a key is one of the hub's emulator.
const emulatedKey = "emulator"

// keyID is the public part of an API key.
var keyID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// checkSigners tells wrong what cannot work of the signers. Files and outside systems are left to doctor.
func (c *Config) checkSigners(wrong func(bad bool, field, what string)) {
	for i := range c.Signers {
		s, field := &c.Signers[i], fmt.Sprintf("signers[%d]", i)
		source := s.source()
		wrong(s.Key == "", field+".key", "want a file, pkcs11:…, https://… or emulator")
		wrong(s.Key == emulatedKey && !c.Trust.Emulator, field+".key", "the emulator is off: trust.emulator")
		wrong(s.Key == emulatedKey && s.Cert != "", field+".cert", "the emulator gives the certificate")
		wrong(source.atProvider() && s.Cert != "", field+".cert", "the provider gives the certificate")
		wrong(!source.atProvider() && !source.inToken() && s.Key != "" && s.Key != emulatedKey && s.Cert == "", field+".cert", "a key in a file needs its certificate")
		wrong(!source.atProvider() && s.Token+s.CA+s.ClientCert+s.ClientKey != "", field, "token_file, ca, client_cert and client_key are for a provider")
		wrong((s.ClientCert == "") != (s.ClientKey == ""), field+".client_key", "certificate and key go together")
		wrong(s.Algorithm != "" && !slices.Contains(signature.Algorithms(), source.algorithm), field+".algorithm", fmt.Sprintf("want one of %q", signature.Algorithms()))
		wrong(s.Contour != "" && !s.Contour.Valid(), field+".contour", "not the code of a contour")
		wrong(s.Participant != "" && !s.Participant.Valid(), field+".participant", "not the code of a participant")
		wrong(s.Contour == "" && s.Participant != "", field+".contour", "a participant belongs to a contour")
		wrong((s.Contour == "") != (len(s.APIKeys) == 0), field+".api_keys", "needed with a contour, and only there")
		wrong(slices.ContainsFunc(s.APIKeys, func(id string) bool { return !keyID.MatchString(id) }), field+".api_keys", "want ids of API keys: 12 hexadecimal digits, in quotes")
		wrong(slices.ContainsFunc(c.Signers[:i], func(o SignerConfig) bool { return o.Contour == s.Contour && o.Participant == s.Participant }), field, "named twice")
	}
}
